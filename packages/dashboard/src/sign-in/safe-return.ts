/** Where to go after the sign-in: a path of this page, never another site that a crafted link names. */
export function safeReturn(back: string | undefined): string | undefined {
  if (back === undefined || !back.startsWith('/')) return undefined;
  // Browsers read a backslash as a slash, and two slashes as the beginning of a host.
  return /^\/[/\\]/.test(back) ? undefined : back;
}
