import type { ByteSource } from './byte-source.ts';
import { fieldValue } from './mime-header.ts';
import type { Entity } from './mime-scan.ts';
import type { ReasonCode } from './reasons.ts';

/** Whether to break and renew the signatures of a domain (lower case). */
export type Resigns = (domain: string) => boolean;

/** `X-Waybill: off`. */
export function isSwitchedOff(message: ByteSource, { header }: Entity): boolean {
  return header.fields.some(
    (field) => field.name === 'x-waybill' && fieldValue(message, field).toLowerCase() === 'off',
  );
}

/** RFC 8617 §4.1. */
const ARC = new Set(['arc-seal', 'arc-message-signature', 'arc-authentication-results']);

/** What the message's own header says against a change. */
export function headerRefusal(
  message: ByteSource,
  { header }: Entity,
  resigns: Resigns,
): ReasonCode | undefined {
  for (const field of header.fields) {
    const { name } = field;
    if (ARC.has(name)) return 'arc-sealed';
    if (name === 'dkim-signature' && !isResigned(fieldValue(message, field), resigns)) return 'dkim-signed';
    if (name === 'domainkey-signature') return 'dkim-signed';
    // RFC 3834 §5: anything but "no".
    if (name === 'auto-submitted' && !/^no\s*(?:[;(]|$)/i.test(fieldValue(message, field)))
      return 'auto-submitted';
    if (name === 'return-path' && /^<\s*>/.test(fieldValue(message, field))) return 'null-sender';
  }
  return undefined;
}

function isResigned(signature: string, resigns: Resigns): boolean {
  const domain = /(?:^|;)\s*d\s*=\s*([^\s;]+)/i.exec(signature)?.[1];
  return domain !== undefined && resigns(domain.toLowerCase());
}

/** What its parts say: anywhere, also inside forwarded messages, which are shown as part of this one. */
export function structureRefusal(entity: Entity): ReasonCode | undefined {
  const own = typeRefusal(entity);
  if (own !== undefined) return own;
  for (const child of entity.children) {
    const code = structureRefusal(child);
    if (code !== undefined) return code;
  }
  return undefined;
}

function typeRefusal({ contentType, disposition, embedded }: Entity): ReasonCode | undefined {
  const { value, parameters } = contentType;
  if (value === 'multipart/signed') return 'signed';
  if (value === 'multipart/encrypted') return 'encrypted';
  if (/^application\/(?:x-)?pkcs7-/.test(value)) return 'smime';
  if (value.startsWith('application/pgp')) return 'pgp-mime';
  const names = [disposition?.parameters.get('filename'), parameters.get('name')];
  // Sent as a mere file by programs and gateways that know no S/MIME (RFC 8551 §3.2.1).
  if (names.some((name) => /^smime\.p7[mscz]$/i.test(name?.trim() ?? ''))) return 'smime';
  if (value === 'message/partial' || value === 'message/external-body') return 'partial';
  if (embedded) return undefined;
  if (value === 'multipart/report') return 'report';
  if (value === 'text/calendar') return 'calendar';
  return undefined;
}
