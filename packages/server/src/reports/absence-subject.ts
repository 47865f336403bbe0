/** What programs call an answer of theirs, by language: Exchange, Gmail, Notes and providers. */
const NAMES: readonly RegExp[] = [
  // English
  /\[?auto(?:matic|mated)?[ -]?(?:re(?:ply|sponse|sponder)|answer|notification of absence)\b\]?/,
  // German
  /automatische (?:antwort|rückantwort|nachricht|e-?mail)|auto(?:matisierte)?[ -]?antwort|abwesenheits(?:notiz|nachricht|meldung|assistent)/,
  // French
  /réponse automatique|message automatique/,
  // Spanish, Catalan, Portuguese, Italian, Romanian
  /respuesta automática|resposta automàtica|resposta automática|risposta automatica|răspuns automat/,
  // Dutch, Scandinavian, Finnish, Baltic
  /automatische? (?:antwoord|reactie|reply)|automatisch antwoord/,
  /automatisk[t]? svar|autosvar|auto ?svar|sjálfvirkt svar/,
  /automaattinen (?:vastaus|poissaoloilmoitus)|automaatvastus|automaatne vastus|automātisk[aā] atbilde|automatinis atsakym(?:as|ai)/,
  // Slavic
  /odpowiedź automatyczna|automatyczna odpowiedź|autoodpowiedź|automatická odpov[eě][dď]/,
  /samodejni odgovor|automatski odgovor|аутоматски одговор|автоматичен отговор/,
  /автоматич(?:еский|на|ний) (?:ответ|відповідь)|автоответ|автовідповідь?/,
  // Hungarian, Greek, Turkish
  /automatikus válasz|αυτόματη απάντηση|otomatik yanıt/,
  // Asian languages, Arabic, Hebrew
  /自動(?:返信|応答|回覆|回复|答覆)|自动(?:回复|答复|回覆)|자동 ?(?:회신|응답|답장)/,
  /ตอบกลับอัตโนมัติ|trả lời tự động|balasan otomatis|jawapan automatik|رد تلقائي|الرد التلقائي|תשובה אוטומטית|מענה אוטומטי|स्वचालित उत्तर|پاسخ خودکار/,
];

/** Of absence. People write such as well. */
const ABSENCES: readonly RegExp[] = [
  // English
  /(?:i am |i'm |currently )?out of (?:the )?(?:office|town)|ooo\b|away from|(?:i am|i'm) (?:away|out|on)|on (?:vacation|holiday|leave)|vacation|absence\b/,
  // German
  /abwesen|nicht im (?:büro|haus)|außer haus|(?:im |auf )urlaub/,
  // French
  /absence\b|absente?\b|en congés?\b|hors du bureau/,
  // Spanish, Catalan, Portuguese, Italian, Romanian
  /fuera de (?:la )?oficina|ausencia|ausente|fora de l'oficina|fora do escritório|ausência|de férias/,
  /fuori (?:sede|ufficio)|assen(?:te|za)|in ferie|absență|plecat din birou/,
  // Dutch, Scandinavian, Finnish
  /afwezig|niet (?:aanwezig|op kantoor)/,
  /frånvaro|fravær|fraværende|ikke til stede|inte på kontoret|ikke på kontoret|poissa(?:olo)?/,
  // Slavic
  /poza biurem|nieobecno|urlop|mimo kancel[aá][rř]|nepřítomn|neprítomn|dovolen|odsotn|odsutn/,
  /вне офиса|нет в офисе|(?:я )?в отпуске/,
  // Hungarian, Greek, Turkish
  /házon kívül|távollét|szabadság|εκτός γραφείου|απουσία|ofis dışında|izinde/,
  // Asian languages
  /不在(?:通知|のお知らせ|連絡)?|外出|休暇|부재/,
];

/** What stands at the end: "Ben Reader is out of the office." */
const ENDS: readonly RegExp[] = [
  /is (?:currently )?out of (?:the )?office|(?:out of office|automatic reply|auto-?reply|auto-?response|vacation reply)|is (?:away|on vacation|on leave)/,
  /ist (?:außer haus|nicht (?:im büro|da|im hause|anwesend)|abwesend|im urlaub)|est absente?(?: du bureau)?|está (?:fuera de la oficina|ausente)|está fora do escritório|è (?:fuori ufficio|assente)|is (?:afwezig|niet aanwezig)|är (?:inte på kontoret|frånvarande)|er (?:ikke på kontoret|fraværende)/,
];

const one = (patterns: readonly RegExp[]): string => patterns.map(({ source }) => source).join('|');

export const ABSENCE_SUBJECT = new RegExp(
  String.raw`^(?:(?:re|aw|sv|antw|odp|vs): ?)?(?:${one([...NAMES, ...ABSENCES])})|(?:${one(ENDS)})\b[.!)\s]*$`,
  'iu',
);

/**
 * "Automatic reply: The parcel": what a program that answers puts before the subject, as it comes from it. Who answers such an
 * answer has a "Re:" before it.
 */
export const NAMED_ANSWER = new RegExp(String.raw`^(?:${one(NAMES)})\s*[:：]\s*\S`, 'iu');
