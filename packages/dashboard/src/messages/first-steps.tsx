import { Link } from '@tanstack/react-router';
import type { Session } from '@waybill/sdk';
import { buttonClasses } from '../design/button.tsx';
import { CopyLine } from '../design/copy.tsx';
import { Icon } from '../design/icon.tsx';
import { Empty } from '../design/states.tsx';

/** The empty list teaches the three ways to send a first mail. */
export function FirstSteps({ session }: { session: Session }) {
  const { smtp, demo } = session.workspace;
  return (
    <Empty title="No mail has a number yet">
      <p>
        Send one the way you like. Each recipient’s copy gets its own tracking number, and what happens to it
        appears here by itself.
      </p>
      <ol className="flex flex-col gap-6 text-ink">
        <li>
          <h3 className="mb-2 font-medium">Write it here</h3>
          <Link to="/compose" className={buttonClasses('primary')}>
            <Icon name="pen" />
            Compose
          </Link>
        </li>
        <li>
          <h3 className="mb-2 font-medium">Send it from the terminal</h3>
          <CopyLine
            what="the command"
            text={`echo "<p>Hello Ann</p>" | npm run waybill -- send --from ${session.user.email} --to ann@example.org --subject "A first parcel" --html -`}
          />
        </li>
        <li>
          <h3 className="mb-2 font-medium">Point your mail program at Waybill</h3>
          <p className="mb-2 text-soft">
            Outgoing server <span className="font-mono text-meta text-ink">{smtp.host}</span>, port{' '}
            <span className="font-mono text-meta text-ink">{smtp.port}</span>. User name and password, and the
            steps for your program, are in the settings.
          </p>
          <Link to="/settings/programs" className={buttonClasses('plain')}>
            Set up a mail program
          </Link>
        </li>
      </ol>
      {demo && (
        <p>
          No smarthost is set, so mails stay in the demo inbox, where you can open them like their recipients
          would.
        </p>
      )}
    </Empty>
  );
}
