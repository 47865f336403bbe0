import { styleText } from 'node:util';
import type { CliIo } from './io.ts';

type Style = (text: string) => string;

/** The few colours there are: state only, as on the dashboard. Plain text unless on a terminal that wants colour. */
export interface Paint {
  strong: Style;
  quiet: Style;
  person: Style;
  trouble: Style;
}

export function paintFor({ isTty, env }: Pick<CliIo, 'isTty' | 'env'>): Paint {
  if (!isTty || env.noColor) {
    const plain: Style = (text) => text;
    return { strong: plain, quiet: plain, person: plain, trouble: plain };
  }
  const style =
    (format: Parameters<typeof styleText>[0]): Style =>
    (text) =>
      styleText(format, text, { validateStream: false });
  return { strong: style('bold'), quiet: style('dim'), person: style('cyan'), trouble: style('yellow') };
}
