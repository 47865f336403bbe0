import { Choice } from '../design/choice.tsx';
import { TextField } from '../design/field.tsx';

export interface Senders {
  limit: 'any' | 'some';
  /** As it is typed: addresses and domains, separated by commas or blanks. */
  addresses: string;
}

/** Null: any address. */
export type AllowedFrom = string[] | null;

export function allowedFromOf({ limit, addresses }: Senders): AllowedFrom {
  return limit === 'any' ? null : addresses.split(/[\s,;]+/).filter((entry) => entry !== '');
}

export function sendersOf(allowedFrom: AllowedFrom): Senders {
  return allowedFrom === null
    ? { limit: 'any', addresses: '' }
    : { limit: 'some', addresses: allowedFrom.join(', ') };
}

/** Which addresses mail may be from. */
export function SendersField({
  value,
  onChange,
  error,
}: {
  value: Senders;
  onChange: (value: Senders) => void;
  error?: string | undefined;
}) {
  return (
    <div className="flex flex-col gap-3">
      <Choice<Senders['limit']>
        legend="It may send from"
        value={value.limit}
        onChange={(limit) => onChange({ ...value, limit })}
        options={[
          { value: 'any', label: 'Any address' },
          {
            value: 'some',
            label: 'Only these addresses',
            hint: 'Mail that says it is from another address is refused.',
          },
        ]}
      />
      {value.limit === 'some' && (
        <TextField
          label="Addresses or domains"
          hint="Separated by commas. @example.org means every address of that domain."
          placeholder="ann@example.org, @example.net"
          required
          maxLength={5000}
          autoCapitalize="none"
          spellCheck={false}
          error={error}
          value={value.addresses}
          onChange={(event) => onChange({ ...value, addresses: event.target.value })}
        />
      )}
    </div>
  );
}
