import { Link } from '@tanstack/react-router';
import { buttonClasses } from '../design/button.tsx';
import { Page, useTitle } from '../design/page.tsx';
import { Empty } from '../design/states.tsx';

export function NotFound() {
  useTitle('Not here');
  return (
    <Page>
      <h1 className="sr-only">Not here</h1>
      <Empty title="There is no such page">
        <p>
          The address may be mistyped, or what it led to was erased. Your mails and their timelines are where
          they were.
        </p>
        <p>
          <Link to="/" className={buttonClasses('plain')}>
            To your messages
          </Link>
        </p>
      </Empty>
    </Page>
  );
}
