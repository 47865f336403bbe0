import { Note } from '../design/states.tsx';

export function DemoBanner() {
  return (
    <Note icon="inbox">
      <p className="font-medium text-ink">Demo inbox: nothing here was really sent, and nothing will be.</p>
      <p>
        No smarthost is set, so Waybill keeps the mails for you to try. Opening one here counts like a
        stranger’s reading. To send for real, set{' '}
        <code className="font-mono text-meta text-ink">WAYBILL_SMARTHOST_URL</code> and start again.
      </p>
    </Note>
  );
}
