import type { DeliveryDetail } from '@waybill/sdk';
import { Icon } from '../design/icon.tsx';
import { Moment } from '../design/moment.tsx';
import { Note } from '../design/states.tsx';
import { modeSentences } from '../messages/message-facts.tsx';

/** Links with their clicks, what is recorded, and the page the recipient sees. */
export function DeliveryFacts({ delivery }: { delivery: DeliveryDetail }) {
  return (
    <>
      {delivery.untouchedBecause !== undefined && (
        <Note icon="shield">
          <p className="font-medium text-ink">This copy was left as it was</p>
          <p>{delivery.untouchedBecause}</p>
        </Note>
      )}
      {delivery.links.length > 0 && <Links links={delivery.links} />}
      <section aria-labelledby="facts">
        <h2 id="facts" className="mb-3 font-semibold">
          This delivery
        </h2>
        <dl className="grid grid-cols-[5.5rem_minmax(0,1fr)] gap-y-2 text-soft">
          <dt className="text-faint">From</dt>
          <dd className="break-words">{delivery.from}</dd>
          <dt className="text-faint">Accepted</dt>
          <dd>
            <Moment at={delivery.createdAt} wording="phrase" />
          </dd>
          <dt className="text-faint">Sent</dt>
          <dd>{delivery.sentAt === null ? 'not yet' : <Moment at={delivery.sentAt} wording="phrase" />}</dd>
          <dt className="text-faint">Recorded</dt>
          <dd>
            {delivery.pixelUrl === null && delivery.mode !== 'off'
              ? 'Without an image; answers and bounces only.'
              : modeSentences[delivery.mode]}
          </dd>
        </dl>
        {delivery.recipientPageUrl !== null && (
          <p className="mt-3">
            <a
              href={delivery.recipientPageUrl}
              target="_blank"
              rel="noopener noreferrer"
              className="inline-flex min-h-11 items-center gap-1.5 underline underline-offset-2 md:min-h-0"
            >
              The recipient’s page
              <Icon name="out" size={14} />
              <span className="sr-only">, opens in a new tab</span>
            </a>
            <span className="block text-meta text-faint">
              Shows them what is recorded of this mail, and lets them object.
            </span>
          </p>
        )}
      </section>
    </>
  );
}

function Links({ links }: { links: DeliveryDetail['links'] }) {
  return (
    <section aria-labelledby="links">
      <h2 id="links" className="mb-3 font-semibold">
        Links
      </h2>
      <ul className="flex flex-col gap-1.5">
        {links.map(({ url, clicks }) => (
          <li key={url} className="flex justify-between gap-4">
            <span className="min-w-0 truncate text-soft" title={url}>
              {url.replace(/^https?:\/\/(www\.)?/, '')}
            </span>
            <span className={clicks > 0 ? 'shrink-0 font-medium' : 'shrink-0 text-faint'}>
              {clicks === 1 ? '1 click' : `${clicks} clicks`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
