import { Button } from './button.tsx';

/** The last row of a form in a dialog that adds something, or changes or removes what is there. */
export function FormActions({
  submit,
  busy,
  disabled = false,
  onCancel,
  remove,
}: {
  submit: string;
  busy: boolean;
  disabled?: boolean;
  onCancel: () => void;
  /** Absent for what is new. */
  remove?: { run: () => void; busy: boolean } | undefined;
}) {
  return (
    <div className="mt-1 flex flex-wrap justify-end gap-2">
      {remove !== undefined && (
        <Button look="danger" icon="trash" className="mr-auto" busy={remove.busy} onClick={remove.run}>
          Remove
        </Button>
      )}
      <Button onClick={onCancel}>Cancel</Button>
      <Button type="submit" look="primary" busy={busy} disabled={disabled}>
        {submit}
      </Button>
    </div>
  );
}
