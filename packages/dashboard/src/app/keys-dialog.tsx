import { useState } from 'react';
import { Checkbox } from '../design/field.tsx';
import { Dialog } from '../design/dialog.tsx';
import { keysEnabled, setKeysEnabled } from './keyboard.ts';
import { places } from './places.ts';
import { commandKey } from './rail.tsx';

const groups: { title: string; keys: [string, string][] }[] = [
  {
    title: 'Anywhere',
    keys: [
      [`${commandKey()} K`, 'Find a message or a command'],
      ['/', 'Search'],
      ['c', 'Compose'],
      ['?', 'These keys'],
      ['Esc', 'Close what is open'],
    ],
  },
  {
    title: 'In lists',
    keys: [
      ['j', 'Next row'],
      ['k', 'Row before'],
      ['Enter', 'Open the row'],
    ],
  },
  {
    title: 'Go to',
    keys: [...places.map(({ key, label }): [string, string] => [`g ${key}`, label]), ['g i', 'Demo inbox']],
  },
];

export function KeysDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [enabled, setEnabled] = useState(keysEnabled);
  return (
    <Dialog title="Keys" open={open} onClose={onClose}>
      <div className="flex flex-col gap-5">
        {groups.map(({ title, keys }) => (
          <section key={title} aria-label={title}>
            <h3 className="mb-1 text-meta font-medium text-faint">{title}</h3>
            <dl className="grid grid-cols-[6rem_1fr] gap-y-1.5">
              {keys.map(([key, meaning]) => (
                <div key={key} className="contents">
                  <dt>
                    {key.split(' ').map((part) => (
                      <kbd
                        key={part}
                        className="mr-1 inline-block min-w-6 rounded-sm border border-edge/60 px-1.5 text-center font-mono text-meta"
                      >
                        {part}
                      </kbd>
                    ))}
                  </dt>
                  <dd>{meaning}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <Checkbox
          label="Single keys are on"
          hint="Switch them off if they get in the way of speech input. Kept in this browser."
          checked={enabled}
          onChange={(event) => {
            setKeysEnabled(event.target.checked);
            setEnabled(event.target.checked);
          }}
        />
      </div>
    </Dialog>
  );
}
