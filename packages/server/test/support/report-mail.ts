/** A message from its header lines and its body, with CRLF line ends as on the wire. */
export function mail(headers: readonly string[], body: string): Buffer {
  return Buffer.from(`${headers.join('\n')}\n\n${body}`.replaceAll(/\r?\n/g, '\r\n'));
}

export interface ReportPart {
  type: string;
  /** More header lines of the part. */
  headers?: readonly string[];
  text: string;
}

/** A multipart/report (RFC 6522), or another multipart with `type`. */
export function multipart(
  headers: readonly string[],
  parts: readonly ReportPart[],
  type = 'multipart/report; report-type=delivery-status',
): Buffer {
  const bodies = parts.map(({ type: partType, headers: more = [], text }) =>
    [`--=_b0undary`, `Content-Type: ${partType}`, ...more, '', text, ''].join('\n'),
  );
  return mail(
    [...headers, 'MIME-Version: 1.0', `Content-Type: ${type}; boundary="=_b0undary"`],
    `This is a message in MIME format.\n\n${bodies.join('')}--=_b0undary--\n`,
  );
}

/** The mail that all reports here are about. */
export const RETURNED: ReportPart = {
  type: 'message/rfc822',
  text: [
    'Return-Path: <ada@sender.example>',
    'Received: from desk.sender.example by out.sender.example; Mon, 2 Nov 2026 10:00:00 +0000',
    'From: Ada <ada@sender.example>',
    'To: Ben <ben@reader.example>',
    'Subject: The parcel',
    'Date: Mon, 2 Nov 2026 10:00:00 +0000',
    'Message-ID: <parcel-1@sender.example>',
    '',
    'It is on its way.',
  ].join('\n'),
};
