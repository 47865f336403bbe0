import { useNavigate } from '@tanstack/react-router';
import type { CreatedMessage, Delivery } from '@waybill/sdk';
import { CopyButton } from '../design/copy.tsx';
import { Icon } from '../design/icon.tsx';
import { Page, useTitle } from '../design/page.tsx';
import { Note } from '../design/states.tsx';
import { MarkSent } from '../messages/mark-sent.tsx';

/** The mail is numbered but not sent: each recipient's copy to paste into another mail program. */
export function Snippets({
  created,
  subject,
  onBack,
  onSent,
}: {
  created: CreatedMessage;
  subject: string;
  onBack: () => void;
  onSent: () => void;
}) {
  useTitle('Copy the snippet');
  const navigate = useNavigate();
  const finish = () => {
    onSent();
    void navigate({ to: '/messages/$messageId', params: { messageId: created.id } });
  };
  return (
    <Page>
      <button
        type="button"
        onClick={onBack}
        className="-ml-1 inline-flex min-h-11 items-center gap-1 text-soft hover:text-ink md:min-h-9"
      >
        <Icon name="back" />
        Back to the draft
      </button>
      <h1 className="mt-1 text-title font-semibold">{subject === '' ? '(no subject)' : subject}</h1>
      <ol className="mt-6 flex max-w-[72ch] flex-col gap-8">
        <li>
          <h2 className="mb-1 text-field font-semibold">1. Paste each copy into its own mail</h2>
          <p className="mb-3 text-soft">
            Each copy carries its recipient’s number, so send it to that recipient alone. Paste the formatted
            copy into the body; use the source where a program takes HTML.
          </p>
          <ul className="border-t border-line">
            {created.deliveries.map((delivery) => (
              <SnippetRow key={delivery.trackingNumber} delivery={delivery} />
            ))}
          </ul>
        </li>
        <li>
          <h2 className="mb-1 text-field font-semibold">2. Say when it is out</h2>
          <MarkSent messageId={created.id} onSent={finish} />
        </li>
      </ol>
    </Page>
  );
}

function SnippetRow({ delivery }: { delivery: Delivery }) {
  const { html } = delivery;
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-b border-line py-3">
      <div className="min-w-0">
        <p className="truncate font-medium">{delivery.recipient}</p>
        <p className="font-mono text-meta text-faint">{delivery.trackingNumber}</p>
      </div>
      {html === undefined ? (
        <Note>{delivery.untouchedBecause ?? 'This copy has nothing to paste.'}</Note>
      ) : (
        <div className="flex flex-wrap gap-2">
          <CopyButton text={plainText(html)} html={html} label="Copy formatted" />
          <CopyButton text={html} label="Copy source" look="quiet" />
        </div>
      )}
    </li>
  );
}

/** For programs that take no formatted text. Parsed without rendering, so no image is loaded. */
function plainText(html: string): string {
  return new DOMParser().parseFromString(html, 'text/html').body.textContent.trim();
}
