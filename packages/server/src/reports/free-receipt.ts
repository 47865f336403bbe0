import { decodeWords, type HeaderFields } from './header-fields.ts';
import type { Disposition } from './report.ts';

/**
 * Receipts in free text, without the fields of RFC 8098: Outlook and Exchange within one organisation ("Your message …
 * was read on …", in the language of the reader), Lotus Notes ("Your document: … was received by: …"), GroupWise.
 * People write such words as well, so subject and text must both be a program's.
 */
const SUBJECT =
  /^(?:(?:not |un)?read|(?:un)?gelesen|(?:nicht )?gelesen|(?:non )?lue?|(?:no )?leído|(?:non )?letto|(?:niet )?gelezen|(?:ej |o)?läst|(?:ikke |u)?l[æe]st|(?:ei )?luettu|(?:não )?lid[ao]|(?:nie)?przeczytan[oey]|(?:ne)?přečteno|(?:не )?прочитано|(?:okunmadı|okundu)|既読|未読|開封済み|未開封|已读|未读|已讀|未讀|읽음|읽지 않음) ?[:：]|^message status - (?:opened|read|deleted)|^(?:return|read(?:ing)?|delivery|message) ?receipt\b|^(?:lese|empfangs)bestätigung\b|^accusé de (?:lecture|réception)\b|^(?:acuse de recibo|confirmación de lectura|conferma di lettura|ricevuta di ritorno|leesbevestiging|läskvitto|læsekvittering|confirmação de leitura|potwierdzenie przeczytania|уведомление о прочтении|開封確認)/iu;

const DELETED =
  /(?:was|were|has been) deleted without being (?:read|opened)|ungelesen gelöscht|gelöscht, ohne gelesen|supprimée? sans (?:avoir été|être) lue?|elimin[óo]\w* sin (?:ser |haber sido )?le(?:er|ído)|eliminat[oa] senza essere (?:stat[oa] )?lett[oa]|verwijderd zonder (?:te zijn )?gelezen|excluíd[ao] sem ser lid[ao]|togs bort utan att läsas|удалено(?:,| ) (?:но )?не(?: было)? прочитано|開封せずに削除|未读(?:取)?(?:即|便|就)被?删除/iu;

const DISPLAYED =
  /\bwas (?:read|opened|displayed)\b[^.]{0,40}? (?:on|at|by)\b|your .{1,300}? document: was .{1,200}? received by:|your (?:document|message|memo):? .{1,400}? was received by\b|wurde (?:am |von )?.{0,80}?(?:gelesen|geöffnet)|ihr dokument:? .{1,400}? wurde empfangen von|a été (?:lue?|ouverte?)|(?:fue|ha sido|se ha) (?:leíd[oa]|abiert[oa])|se leyó|è stat[oa] (?:lett|apert)[oa]|(?:is|werd) (?:op .{1,60} )?gelezen|foi lid[ao]|lästes|blev læst|ble lest|on luettu|został[ao]? przeczytan|byla? přečten|было прочитано|прочитано .{1,60}\d|開封されました|已(?:被)?(?:阅读|閱讀|读取)|읽었습니다/iu;

/** Programs name the mail: by the fields of its header, each on a line, as "your document", or by what they answer. */
function isForm(fields: HeaderFields, own: readonly string[]): boolean {
  return (
    fields.has('in-reply-to') ||
    own.slice(0, 30).some((line) => /^\s*\p{L}{1,20}\s{0,3}[:：]\s/u.test(line) || YOUR_MAIL.test(line))
  );
}

const YOUR_MAIL =
  /^\s*(?:your|ihr|votre|su|il suo) (?:document|memo|dokument|documento)\b|message that you sent/i;

/** Of a text that is compared: a receipt says it at once. */
const LIMIT = 1500;

export function hasReceiptSubject(fields: HeaderFields): boolean {
  return SUBJECT.test(decodeWords(fields.first('subject') ?? '').trim());
}

/** What the receipt says; undefined when the message is none. */
export function freeReceipt(fields: HeaderFields, own: readonly string[]): Disposition | undefined {
  if (!hasReceiptSubject(fields)) return undefined;
  const text = own.slice(0, 60).join(' ').replaceAll(/\s+/g, ' ').trim().slice(0, LIMIT);
  if (!isForm(fields, own)) return undefined;
  if (DELETED.test(text)) return 'deleted';
  return DISPLAYED.test(text) ? 'displayed' : undefined;
}
