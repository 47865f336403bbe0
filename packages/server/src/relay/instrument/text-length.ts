import type { TextEdit } from './html-options.ts';

/** How much longer a text gets by some edits. */
export function lengthChange(edits: readonly TextEdit[]): number {
  return edits.reduce((sum, { start, end, text }) => sum + text.length - (end - start), 0);
}
