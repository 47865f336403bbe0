import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { MessageSummary, Page } from '@waybill/sdk';
import { type KeyboardEvent, useDeferredValue, useEffect, useId, useRef, useState } from 'react';
import { queryString, request } from '../api/request.ts';
import { classes } from '../design/classes.ts';
import { Icon, type IconName } from '../design/icon.tsx';
import { VerdictMark } from '../design/verdict-mark.tsx';
import { messageVerdict } from '../messages/message-verdict.ts';
import { settingsSections } from '../settings/sections.ts';
import { places } from './places.ts';
import { setTheme } from './theme.ts';

interface Command {
  id: string;
  label: string;
  detail?: string;
  icon?: IconName;
  message?: MessageSummary;
  run: () => void;
}

interface Props {
  open: boolean;
  onClose: () => void;
  onHelp: () => void;
  demo: boolean;
}

/** Finds messages and commands: type, arrow keys, Enter. */
export function CommandPalette(props: Props) {
  return props.open ? <OpenPalette {...props} /> : null;
}

function useCommands({ onHelp, demo }: Props): Command[] {
  const navigate = useNavigate();
  return [
    { id: 'compose', label: 'Compose', icon: 'pen', run: () => void navigate({ to: '/compose' }) },
    ...places.map(({ to, label, icon }) => ({
      id: to,
      label: `Go to ${label}`,
      icon,
      run: () => void navigate({ to }),
    })),
    ...(demo
      ? [
          {
            id: 'inbox',
            label: 'Go to the demo inbox',
            icon: 'inbox' as const,
            run: () => void navigate({ to: '/inbox' }),
          },
        ]
      : []),
    ...settingsSections.slice(1).map(({ to, label, icon }) => ({
      id: to,
      label: `Settings: ${label}`,
      icon,
      run: () => void navigate({ to }),
    })),
    { id: 'light', label: 'Light colours', icon: 'sun', run: () => setTheme('light') },
    { id: 'dark', label: 'Dark colours', icon: 'moon', run: () => setTheme('dark') },
    { id: 'system', label: 'The system’s colours', icon: 'system', run: () => setTheme('system') },
    { id: 'keys', label: 'Show the keys', icon: 'question', run: onHelp },
  ];
}

function useFoundMessages(query: string): Command[] {
  const navigate = useNavigate();
  const { data } = useQuery({
    queryKey: ['find', query],
    queryFn: ({ signal }) =>
      request<Page<MessageSummary>>('GET', `/messages${queryString({ query, limit: 6 })}`, undefined, {
        signal,
      }),
    enabled: query.length > 1,
  });
  if (query.length < 2) return [];
  return (data?.items ?? []).map((message) => ({
    id: message.id,
    label: message.subject === '' ? '(no subject)' : message.subject,
    detail: message.deliveries.map((delivery) => delivery.recipient).join(', '),
    message,
    run: () => void navigate({ to: '/messages/$messageId', params: { messageId: message.id } }),
  }));
}

function OpenPalette(props: Props) {
  const { onClose } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const listId = useId();
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  const query = useDeferredValue(text.trim());
  const found = useFoundMessages(query);
  const commands = useCommands(props).filter(({ label }) =>
    label.toLowerCase().includes(text.trim().toLowerCase()),
  );
  const all = [...commands, ...found];
  const current = Math.min(chosen, all.length - 1);
  useEffect(() => dialog.current?.showModal(), []);

  const choose = (command: Command | undefined) => {
    if (command === undefined) return;
    onClose();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') choose(all[current]);
    else if (event.key === 'ArrowDown') setChosen(Math.min(current + 1, all.length - 1));
    else if (event.key === 'ArrowUp') setChosen(Math.max(current - 1, 0));
    else return;
    event.preventDefault();
  };
  return (
    <dialog
      ref={dialog}
      aria-label="Find a message or a command"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
      className="mx-auto mt-[12dvh] w-[calc(100vw-2rem)] max-w-xl overflow-hidden rounded-xl bg-sheet p-0 shadow-float"
    >
      <div className="flex items-center gap-3 border-b border-line px-4 text-faint">
        <Icon name="search" />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={all[current] === undefined ? undefined : `${listId}-${current}`}
          aria-label="Find"
          autoFocus
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setChosen(0);
          }}
          onKeyDown={onKeyDown}
          placeholder="Subject, recipient, tracking number or command"
          className="min-h-12 w-full bg-transparent text-field text-ink outline-none placeholder:text-faint"
        />
      </div>
      <ul id={listId} role="listbox" aria-label="Results" className="max-h-[50dvh] overflow-y-auto p-2">
        {all.map((command, index) => (
          <PaletteRow
            key={command.id}
            id={`${listId}-${index}`}
            command={command}
            selected={index === current}
            onPoint={() => setChosen(index)}
            onChoose={() => choose(command)}
          />
        ))}
      </ul>
      {all.length === 0 && (
        <p className="px-4 pb-4 text-soft">
          Nothing found. Part of a subject, an address or a number is enough.
        </p>
      )}
    </dialog>
  );
}

function PaletteRow({
  id,
  command,
  selected,
  onPoint,
  onChoose,
}: {
  id: string;
  command: Command;
  selected: boolean;
  onPoint: () => void;
  onChoose: () => void;
}) {
  const best =
    command.message && messageVerdict(command.message.deliveries.map(({ verdict }) => verdict)).best;
  return (
    <li
      id={id}
      role="option"
      aria-selected={selected}
      onPointerMove={onPoint}
      onClick={onChoose}
      ref={(element) => {
        if (selected) element?.scrollIntoView({ block: 'nearest' });
      }}
      className={classes(
        'flex min-h-11 cursor-pointer items-center gap-3 rounded-md px-3 md:min-h-9',
        selected && 'bg-machine-wash',
      )}
    >
      {best === undefined ? (
        <Icon name={command.icon ?? 'mail'} className="text-soft" />
      ) : (
        <VerdictMark verdict={best} />
      )}
      <span className="truncate">{command.label}</span>
      {command.detail !== undefined && (
        <span className="ml-auto max-w-[45%] truncate text-meta text-faint">{command.detail}</span>
      )}
    </li>
  );
}
