import type { ReadInterval, Verdict } from '@waybill/sdk';
import { classes } from '../design/classes.ts';
import { Icon } from '../design/icon.tsx';
import { countReaders, type ReaderGroup, readerGroups } from './message-verdict.ts';

const fills: Record<ReaderGroup, string> = {
  sure: 'bg-person',
  probable: 'border-y-2 border-person first:border-l-2 last:border-r-2',
  machines: 'border border-machine bg-machine-wash',
  silent: 'border border-dashed border-edge',
  troubled: 'bg-amber',
};

const words: Record<ReaderGroup, string> = {
  sure: 'read',
  probable: 'probably read',
  machines: 'loaded by machines only',
  silent: 'no sign, which proves nothing',
  troubled: 'failed or came back',
};

/** All recipients of a mail as one bar: people solid, machines outlined, silence dotted, each with its number. */
export function ReadersBar({
  verdicts,
  read,
  shown,
  onShow,
}: {
  verdicts: readonly Verdict[];
  read: ReadInterval;
  shown: ReaderGroup | undefined;
  onShow: (group: ReaderGroup | undefined) => void;
}) {
  const counts = countReaders(verdicts);
  const groups = readerGroups.filter((group) => counts[group] > 0);
  return (
    <div className="mb-6">
      <div aria-hidden="true" className="flex h-4 gap-0.5">
        {groups.map((group) => (
          <div
            key={group}
            className={classes('min-w-1.5 rounded-sm', fills[group])}
            style={{ flexGrow: counts[group], flexBasis: 0 }}
          />
        ))}
      </div>
      <ul aria-label="Recipients by what is known" className="-mx-2 mt-2 flex flex-wrap gap-x-1">
        {groups.map((group) => (
          <li key={group}>
            <button
              type="button"
              aria-pressed={shown === group}
              onClick={() => onShow(shown === group ? undefined : group)}
              className={classes(
                'inline-flex min-h-11 items-center gap-2 rounded-md px-2 md:min-h-8',
                shown === group ? 'bg-machine-wash text-ink' : 'text-soft hover:bg-hover hover:text-ink',
              )}
            >
              <span aria-hidden="true" className={classes('size-3 shrink-0 rounded-sm', swatches[group])} />
              <span className="figures font-medium">{counts[group].toLocaleString('en-GB')}</span>
              {words[group]}
            </button>
          </li>
        ))}
      </ul>
      <details className="group">
        <summary className="inline-flex min-h-11 items-center gap-1.5 rounded-sm text-soft hover:text-ink md:min-h-8">
          Why a range?
          <Icon name="down" size={14} className="transition-transform duration-120 group-open:rotate-180" />
        </summary>
        <p className="max-w-[64ch] border-l-2 border-line pl-4 text-soft">
          At least {number(read.atLeast)}: the {number(read.signs)} copies with a person’s sign, each counted
          as surely as it is known, 97.5 % certain in sum. At most {number(read.atMost)}: everyone whom a copy
          reached, since blocked images leave no sign. {number(read.machinesOnly)} were loaded by machines
          only, which says nothing about their readers
          {read.untouched > 0 && `, and ${number(read.untouched)} carried no image`}.
        </p>
      </details>
    </div>
  );
}

const number = (count: number) => count.toLocaleString('en-GB');

const swatches: Record<ReaderGroup, string> = { ...fills, probable: 'border-2 border-person' };
