import type { Workspace } from '@waybill/sdk';
import { useEffect, useRef, useState } from 'react';
import { Segments } from '../design/choice.tsx';
import { CopyIcon } from '../design/copy.tsx';
import { Note } from '../design/states.tsx';
import { isLoopback, type MailProgram, mailPrograms, programSteps, securityWords } from './mail-programs.ts';

interface Props {
  smtp: Workspace['smtp'];
  username: string | undefined;
  password: string | undefined;
}

/** The four values every program asks for, to copy, and where each program asks for them. */
export function MailProgramGuide({ smtp, username, password }: Props) {
  const [program, setProgram] = useState<MailProgram>('thunderbird');
  const { steps, note } = programSteps(program, smtp);
  const values = useRef<HTMLDivElement>(null);
  // The one chance to copy it must not lie below the fold.
  useEffect(() => {
    if (password !== undefined) values.current?.scrollIntoView({ block: 'nearest' });
  }, [password]);
  return (
    <div className="mt-6 flex flex-col gap-5">
      <div
        ref={values}
        className={password === undefined ? '' : 'rounded-lg border border-ink p-4'}
        role="status"
      >
        {password !== undefined && (
          <p className="mb-3 font-medium">Copy the password now. It is not shown again.</p>
        )}
        <dl className="grid max-w-[64ch] grid-cols-1 gap-x-8 sm:grid-cols-2">
          <Value name="Outgoing server" value={smtp.host} />
          <Value name="Port" value={String(smtp.port)} />
          <Value name="Connection security" value={securityWords(smtp.security)} />
          <Value name="User name" value={username} missing="create a credential above" />
          <Value name="Password" value={password} missing={missingPassword(username)} />
        </dl>
      </div>
      <div>
        <Segments label="Mail program" options={mailPrograms} value={program} onChange={setProgram} />
        <ol className="mt-4 flex max-w-[64ch] list-decimal flex-col gap-2 pl-5 marker:text-faint">
          {steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      </div>
      {note !== undefined && <Note icon="question">{note}</Note>}
      {isLoopback(smtp.host) && smtp.security !== 'none' && (
        <Note icon="question">
          Waybill made its own certificate, which no authority signed, so the program will ask once whether to
          trust it. On this machine that is safe to confirm. For other machines, set WAYBILL_TLS_CERT and
          WAYBILL_TLS_KEY to a certificate of your domain.
        </Note>
      )}
    </div>
  );
}

function missingPassword(username: string | undefined): string {
  if (username === undefined) return 'create a credential above';
  return username === 'demo' ? 'printed when Waybill starts' : 'shown once, when it is made';
}

function Value({ name, value, missing = '' }: { name: string; value: string | undefined; missing?: string }) {
  return (
    <div className="flex min-h-11 items-center justify-between gap-2 border-b border-line last:sm:col-span-2">
      <dt className="text-faint">{name}</dt>
      <dd className="flex min-w-0 items-center">
        {value === undefined ? (
          <span className="text-meta text-faint">{missing}</span>
        ) : (
          <>
            <span className="py-1 text-right font-mono text-meta break-all">{value}</span>
            <CopyIcon text={value} what={name.toLowerCase()} className="-mr-2" />
          </>
        )}
      </dd>
    </div>
  );
}
