/** GSM 03.38: a text of these letters fits 160 times into one SMS, any other text 70 times (3GPP TS 23.038 §6.2). */
const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** Behind an escape, so they count twice. */
const EXTENDED = new Set('^{}\\[~]|€');
const GSM_UNITS = 160;
const UCS2_UNITS = 70;
/** A subject is not cut below this to make room for the place and the client. */
const SUBJECT_UNITS = 24;

const LOOKALIKES: Readonly<Record<string, string>> = {
  '“': '"',
  '”': '"',
  '„': '"',
  '«': '"',
  '»': '"',
  '‘': "'",
  '’': "'",
  '–': '-',
  '—': '-',
  '…': '...',
  '\u00a0': ' ',
};

export interface SmsParts {
  /** The sentence around the subject. */
  sentence: (subject: string) => string;
  subject: string;
  /** Told while there is room for them, the dearest first. */
  extras: readonly string[];
  /** Always told, at the end. */
  ending: string;
}

/** One SMS: at most 160 letters of the GSM alphabet, or 70 UTF-16 units where the text needs others. */
export function smsText({ sentence, subject, extras, ending }: SmsParts): string {
  const render = (kept: readonly string[], shown: string): string =>
    toGsm([sentence(shown), ...kept].join(', ') + `. ${ending}`);
  const measure = isGsm(render(extras, subject)) ? GSM : UCS2;
  for (let count = extras.length; count >= 0; count -= 1) {
    const kept = extras.slice(0, count);
    const room = measure.limit - measure.units(render(kept, ''));
    const wanted = measure.units(toGsm(subject));
    if (wanted <= room) return render(kept, subject);
    if (room >= SUBJECT_UNITS || (count === 0 && room > 3))
      return render(kept, cut(toGsm(subject), room, measure));
  }
  const tail = `. ${ending}`;
  return cut(toGsm(sentence('')), measure.limit - measure.units(tail), measure) + tail;
}

interface Measure {
  limit: number;
  units: (text: string) => number;
}

const GSM: Measure = {
  limit: GSM_UNITS,
  units: (text) => [...text].reduce((sum, letter) => sum + (EXTENDED.has(letter) ? 2 : 1), 0),
};
const UCS2: Measure = { limit: UCS2_UNITS, units: (text) => text.length };

function cut(text: string, room: number, { units }: Measure): string {
  if (units(text) <= room) return text;
  const letters = [...text];
  while (letters.length > 0 && units(letters.join('')) > room - 3) letters.pop();
  return `${letters.join('').trimEnd()}...`;
}

function toGsm(text: string): string {
  return [...text].map((letter) => LOOKALIKES[letter] ?? letter).join('');
}

function isGsm(text: string): boolean {
  return [...text].every((letter) => BASIC.has(letter) || EXTENDED.has(letter));
}
