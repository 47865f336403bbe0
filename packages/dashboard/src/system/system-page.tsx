import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { SystemState } from '@waybill/sdk';
import type { ReactNode } from 'react';
import {
  attributionsQuery,
  mailboxesQuery,
  queueSummaryQuery,
  sessionQuery,
  systemQuery,
} from '../api/queries.ts';
import { Moment } from '../design/moment.tsx';
import { useNow } from '../design/now.ts';
import { Section, useTitle } from '../design/page.tsx';
import { StateDot } from '../design/state-dot.tsx';
import { ProblemNote, SkeletonDetail } from '../design/states.tsx';
import { Trouble } from '../design/trouble.tsx';
import { Fact, Facts } from './facts.tsx';
import { LeftOut, Signs } from './signs.tsx';
import { alertsOf, isCatchingUp, sizeWords } from './system-words.ts';

const refreshMs = 5_000;
/** While something is to be watched. */
const busyRefreshMs = 1_000;

/** How this Waybill is. Calm while all is well; what is wrong stands on top. */
export function SystemPage() {
  useTitle('System');
  const system = useQuery({
    ...systemQuery,
    refetchInterval: ({ state: { data } }) =>
      data !== undefined && isCatchingUp(data.hits) ? busyRefreshMs : refreshMs,
  });
  const { data: mailboxes } = useQuery(mailboxesQuery);
  const { data: queue } = useQuery(queueSummaryQuery);
  const now = useNow();
  if (system.isPending) return <SkeletonDetail label="Loading the state of the system" />;
  if (system.isError) return <ProblemNote error={system.error} onRetry={() => void system.refetch()} />;
  const alerts = alertsOf({ system: system.data, mailboxes, queue, now });
  return (
    <>
      <h2 className="text-title font-semibold">
        {alerts.length === 0
          ? 'All is well.'
          : alerts.length === 1
            ? 'One thing needs attention.'
            : `${alerts.length} things need attention.`}
      </h2>
      <p className="mt-1 mb-6 text-soft">
        Running since <Moment at={system.data.startedAt} wording="phrase" />.
        {alerts.length === 0 && ' If something needs you, every page says so on top.'}
      </p>
      <div className="mb-8 flex flex-col empty:hidden">
        {alerts.map(({ code, text, to }) => (
          <Trouble
            key={code}
            text={text}
            {...(to === '/settings/system'
              ? {}
              : {
                  advice: (
                    <Link
                      to={to}
                      className="inline-flex min-h-11 items-center underline underline-offset-2 md:min-h-0"
                    >
                      See what to do
                    </Link>
                  ),
                })}
          />
        ))}
      </div>
      <Signs system={system.data} />
      <Mail system={system.data} />
      <LeftOut edge={system.data.edge} />
      <Room disk={system.data.disk} />
      <Attributions />
    </>
  );
}

const number = (value: number) => value.toLocaleString('en-GB');

function Mail({ system: { wayOut } }: { system: SystemState }) {
  const { data: session } = useQuery(sessionQuery);
  const { data: queue } = useQuery(queueSummaryQuery);
  const { data: mailboxes } = useQuery(mailboxesQuery);
  const watched = mailboxes?.filter(({ folders }) => folders.every(({ state }) => state === 'watched'));
  return (
    <Section title="Mail">
      <Facts>
        <Fact name="Goes out through">
          {wayOut.kind === 'demo' ? (
            'nothing: demo inbox'
          ) : (
            <StateDot isGood={queue?.smarthost?.state !== 'down'}>
              <span className="wrap-anywhere">{wayOut.host}</span>
              {queue?.smarthost?.state === 'down' && ', which takes no mail'}
            </StateDot>
          )}
        </Fact>
        <Fact name="Waiting in the queue">
          <PageLink to="/settings/queue">{queue === undefined ? '…' : number(queue.waiting)}</PageLink>
        </Fact>
        <Fact name="Mailboxes watched">
          <PageLink to="/settings/mailboxes">
            {mailboxes === undefined || watched === undefined
              ? '…'
              : mailboxes.length === 0
                ? 'none set'
                : `${watched.length} of ${mailboxes.length}`}
          </PageLink>
        </Fact>
        <Fact name="Pixels and links begin with">
          <span className="font-mono text-meta break-all">{session?.workspace.publicUrl ?? '…'}</span>
        </Fact>
      </Facts>
    </Section>
  );
}

function PageLink({ to, children }: { to: '/settings/queue' | '/settings/mailboxes'; children: ReactNode }) {
  return (
    <Link
      to={to}
      className="-my-3 inline-flex min-h-11 min-w-11 items-center justify-end underline underline-offset-2 md:min-h-9"
    >
      {children}
    </Link>
  );
}

function Room({ disk }: { disk: SystemState['disk'] }) {
  if (disk === null) return null;
  const used = disk.sizeBytes === 0 ? 0 : 1 - disk.freeBytes / disk.sizeBytes;
  return (
    <Section title="Disk">
      <p>
        {sizeWords(disk.freeBytes)} free <span className="text-soft">of {sizeWords(disk.sizeBytes)}</span>
      </p>
      <div
        aria-hidden="true"
        className="mt-2 h-1.5 max-w-[64ch] overflow-hidden rounded-full bg-machine-wash"
      >
        <div className="h-full bg-machine" style={{ width: `${Math.round(used * 100)}%` }} />
      </div>
    </Section>
  );
}

/** Licences of the place data ask to be named. */
function Attributions() {
  const { data } = useQuery(attributionsQuery);
  if (data === undefined || data.length === 0) return null;
  return (
    <Section title="Place data">
      <ul className="max-w-[72ch] text-soft">
        {data.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </Section>
  );
}
