import type { ReportContent } from './content.ts';
import type { HeaderFields } from './header-fields.ts';
import { splitLines, splitNotice } from './quoted-message.ts';

/** Everything that is read of a message before it is known what it is. */
export interface ReportSource {
  fields: HeaderFields;
  content: ReportContent;
  /** The reporter's own words, without the message that is quoted behind them. */
  own: string[];
  /** All lines of the human-readable parts. */
  lines: string[];
  /** Header of the returned message, from a part or from the text. */
  original: HeaderFields | undefined;
}

export function sourceOf(fields: HeaderFields, content: ReportContent): ReportSource {
  const lines = content.notices.flatMap((notice) => [...splitLines(notice), '']);
  const { own, header } = splitNotice(lines);
  return { fields, content, own, lines, original: content.returned[0] ?? header };
}
