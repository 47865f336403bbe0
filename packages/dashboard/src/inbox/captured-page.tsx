import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { capturedMailQuery } from '../api/queries.ts';
import { ApiProblem } from '../api/request.ts';
import { buttonClasses } from '../design/button.tsx';
import { Icon } from '../design/icon.tsx';
import { Moment } from '../design/moment.tsx';
import { Page, useTitle } from '../design/page.tsx';
import { Empty, ProblemNote, SkeletonDetail } from '../design/states.tsx';
import { DemoBanner } from './demo-banner.tsx';

const route = getRouteApi('/inside/inbox/$mailId');

/** One captured mail, shown as its recipient would see it, in a frame that knows nothing of this page. */
export function CapturedPage() {
  const { mailId } = route.useParams();
  const captured = useQuery(capturedMailQuery(mailId));
  const mail = captured.data;
  const isGone = captured.error instanceof ApiProblem && captured.error.status === 404;
  useTitle(mail?.subject ?? 'Demo inbox');
  const frame = `/api/v1/inbox/${encodeURIComponent(mailId)}/frame`;
  return (
    <Page>
      <Link
        to="/inbox"
        className="-ml-1 inline-flex min-h-11 items-center gap-1 text-soft hover:text-ink md:min-h-9"
      >
        <Icon name="back" />
        Demo inbox
      </Link>
      <h1 dir="auto" className="mt-1 mb-1 text-left text-title font-semibold">
        {mail === undefined ? 'Captured mail' : mail.subject || '(no subject)'}
      </h1>
      {captured.isPending && <SkeletonDetail label="Loading the mail" />}
      {captured.isError && !isGone && (
        <ProblemNote error={captured.error} onRetry={() => void captured.refetch()} />
      )}
      {isGone && (
        <Empty title="This mail is not here">
          <p>
            The demo inbox forgets mails after some days. The timeline of an older one is still under
            Messages.
          </p>
        </Empty>
      )}
      {mail !== undefined && (
        <>
          <p className="mb-4 text-soft">
            From {mail.from} to {mail.recipient}, <Moment at={mail.capturedAt} wording="phrase" />
          </p>
          <DemoBanner />
          <div className="my-4 flex flex-wrap gap-2">
            {mail.trackingNumber !== null && (
              <Link
                to="/deliveries/$trackingNumber"
                params={{ trackingNumber: mail.trackingNumber }}
                className={buttonClasses('plain')}
              >
                See its timeline
              </Link>
            )}
            <a href={frame} target="_blank" rel="noopener noreferrer" className={buttonClasses('quiet')}>
              <Icon name="out" />
              Open alone
            </a>
          </div>
          <iframe
            title={`The mail “${mail.subject}” as ${mail.recipient} sees it`}
            src={frame}
            // No allow-same-origin: the mail has an origin of its own, without this page's cookies.
            sandbox="allow-popups allow-popups-to-escape-sandbox"
            referrerPolicy="no-referrer"
            className="h-[70dvh] min-h-96 w-full rounded-lg border border-line bg-mail"
          />
        </>
      )}
    </Page>
  );
}
