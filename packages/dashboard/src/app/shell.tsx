import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Outlet, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { LiveStream } from '../api/live-stream.ts';
import { sessionQuery } from '../api/queries.ts';
import { Announcer } from './announcer.tsx';
import { CommandPalette } from './command-palette.tsx';
import { type Keys, useKeys } from './keyboard.ts';
import { KeysDialog } from './keys-dialog.tsx';
import { LiveProvider } from './live-context.ts';
import { BottomBar, TopBar } from './phone-bars.tsx';
import { places } from './places.ts';
import { SystemAlert } from '../system/system-alert.tsx';
import { Rail } from './rail.tsx';

/** What surrounds every page behind the sign-in: navigation, keys, palette and the event stream. */
export function Shell() {
  const { data: session } = useQuery(sessionQuery);
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const stream = useStream();
  useShellKeys({ palette: () => setPalette(true), help: () => setHelp(true) });
  if (session === undefined) return null;
  return (
    <LiveProvider value={stream}>
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-20 focus:rounded-md focus:bg-sheet focus:px-4 focus:py-2 focus:shadow-float"
      >
        Skip to content
      </a>
      <div className="flex min-h-dvh flex-col md:flex-row">
        <header className="contents">
          <Rail session={session} onPalette={() => setPalette(true)} />
          <TopBar session={session} onPalette={() => setPalette(true)} />
        </header>
        <main id="content" tabIndex={-1} className="min-w-0 flex-1 outline-none">
          <SystemAlert />
          <Outlet />
        </main>
        <BottomBar />
      </div>
      <CommandPalette
        open={palette}
        onClose={() => setPalette(false)}
        onHelp={() => setHelp(true)}
        demo={session.workspace.demo}
      />
      <KeysDialog open={help} onClose={() => setHelp(false)} />
      <Announcer />
    </LiveProvider>
  );
}

function useStream(): LiveStream {
  const queryClient = useQueryClient();
  const ref = useRef<LiveStream | undefined>(undefined);
  ref.current ??= new LiveStream(queryClient);
  const stream = ref.current;
  useEffect(() => {
    stream.start();
    return () => stream.stop();
  }, [stream]);
  return stream;
}

function useShellKeys({ palette, help }: { palette: () => void; help: () => void }): void {
  const navigate = useNavigate();
  const keys: Keys = {
    'mod+k': palette,
    '?': help,
    c: () => void navigate({ to: '/compose' }),
    'g i': () => void navigate({ to: '/inbox' }),
    '/': () => void focusSearch(() => navigate({ to: '/', search: {} })),
  };
  for (const { to, key } of places) keys[`g ${key}`] = () => void navigate({ to });
  useKeys(keys);
}

/** The page's own search field; from a page without one, the list of messages and its field. */
async function focusSearch(toMessages: () => Promise<void>): Promise<void> {
  const field = () => document.querySelector<HTMLInputElement>('input[type=search]');
  if (field() === null) await toMessages();
  for (let frames = 0; field() === null && frames < 60; frames += 1) await new Promise(requestAnimationFrame);
  field()?.focus();
  field()?.select();
}
