import type { Message, UntouchedLink } from '@waybill/sdk';
import { Icon } from '../design/icon.tsx';

interface Left {
  count: number;
  urls: Set<string>;
}

/** Why some links are not recorded: a reason each, with what it holds for. */
export function LinksLeft({
  links,
  counts,
}: {
  links: UntouchedLink[];
  /** Of all links, where `links` are only the first ones. */
  counts?: Message['untouchedLinkCounts'];
}) {
  const byReason = new Map<string, Left>();
  for (const { reason, count } of counts ?? []) byReason.set(reason.text, { count, urls: new Set() });
  for (const { url, reason } of links) {
    const left = byReason.get(reason.text) ?? { count: 0, urls: new Set() };
    if (counts === undefined) left.count += 1;
    left.urls.add(url);
    byReason.set(reason.text, left);
  }
  if (byReason.size === 0) return null;
  const total = [...byReason.values()].reduce((sum, { count }) => sum + count, 0);
  return (
    <details className="group">
      <summary className="inline-flex min-h-11 items-center gap-1 rounded-sm text-soft hover:text-ink md:min-h-6">
        {total === 1 ? 'One link is left as it is' : `${total} links are left as they are`}
        <Icon name="down" size={12} className="transition-transform duration-120 group-open:rotate-180" />
      </summary>
      <ul className="mt-1 flex flex-col gap-2 text-meta text-soft">
        {[...byReason].map(([text, { count, urls }]) => (
          <li key={text}>
            <p>{counts === undefined || count === 1 ? text : `${text} (${count})`}</p>
            {[...urls].map((url) => (
              <p key={url} className="truncate font-mono text-faint">
                {url}
              </p>
            ))}
          </li>
        ))}
      </ul>
    </details>
  );
}
