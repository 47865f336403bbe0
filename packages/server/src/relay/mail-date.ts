/** RFC 5322 §3.3, in UTC: `Mon, 23 Nov 2026 12:00:00 +0000`. */
export function mailDate(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000');
}
