/** Subjects of answers by machines, by language: those of Exchange, Gmail, Notes and providers. People write such as well. */
const BEGINNINGS: readonly RegExp[] = [
  // English
  /\[?auto(?:matic|mated)?[ -]?(?:re(?:ply|sponse|sponder)|answer|notification of absence)\b/,
  /(?:i am |i'm |currently )?out of (?:the )?(?:office|town)|ooo\b|away from|(?:i am|i'm) (?:away|out|on)|on (?:vacation|holiday|leave)|vacation|absence\b/,
  // German
  /automatische (?:antwort|rückantwort|nachricht|e-?mail)|auto(?:matisierte)?[ -]?antwort|abwesen|nicht im (?:büro|haus)|außer haus|(?:im |auf )urlaub/,
  // French
  /réponse automatique|message automatique|absence\b|absente?\b|en congés?\b|hors du bureau/,
  // Spanish, Catalan, Portuguese, Italian, Romanian
  /respuesta automática|fuera de (?:la )?oficina|ausencia|ausente|resposta automàtica|fora de l'oficina/,
  /resposta automática|fora do escritório|ausência|de férias/,
  /risposta automatica|fuori (?:sede|ufficio)|assen(?:te|za)|in ferie/,
  /răspuns automat|absență|plecat din birou/,
  // Dutch, Scandinavian, Finnish, Baltic
  /automatische? (?:antwoord|reactie|reply)|automatisch antwoord|afwezig|niet (?:aanwezig|op kantoor)/,
  /automatisk[t]? svar|autosvar|auto ?svar|frånvaro|fravær|fraværende|ikke til stede|inte på kontoret|ikke på kontoret|sjálfvirkt svar/,
  /automaattinen (?:vastaus|poissaoloilmoitus)|poissa(?:olo)?|automaatvastus|automaatne vastus|automātisk[aā] atbilde|automatinis atsakym/,
  // Slavic
  /(?:odpowiedź automatyczna|automatyczna odpowiedź|autoodpowiedź)|poza biurem|nieobecno|urlop/,
  /automatická odpov[eě][dď]|mimo kancel[aá][rř]|nepřítomn|neprítomn|dovolen/,
  /samodejni odgovor|automatski odgovor|odsotn|odsutn/,
  /автоматич(?:еский|на|ний) (?:ответ|відповідь)|автоответ|автовідповід|автоматичен отговор|вне офиса|нет в офисе|(?:я )?в отпуске|аутоматски одговор/,
  // Hungarian, Greek, Turkish
  /automatikus válasz|házon kívül|távollét|szabadság/,
  /αυτόματη απάντηση|εκτός γραφείου|απουσία/,
  /otomatik yanıt|ofis dışında|izinde/,
  // Asian languages, Arabic, Hebrew
  /自動(?:返信|応答|回覆|回复|答覆)|自动(?:回复|答复|回覆)|不在(?:通知|のお知らせ|連絡)?|外出|休暇/,
  /자동 ?(?:회신|응답|답장)|부재/,
  /ตอบกลับอัตโนมัติ|trả lời tự động|balasan otomatis|jawapan automatik|رد تلقائي|الرد التلقائي|תשובה אוטומטית|מענה אוטומטי|स्वचालित उत्तर/,
];

/** What stands at the end: "Ben Reader is out of the office." */
const ENDS: readonly RegExp[] = [
  /is (?:currently )?out of (?:the )?office|(?:out of office|automatic reply|auto-?reply|auto-?response|vacation reply)|is (?:away|on vacation|on leave)/,
  /ist (?:außer haus|nicht (?:im büro|da|im hause|anwesend)|abwesend|im urlaub)|est absente?(?: du bureau)?|está (?:fuera de la oficina|ausente)|está fora do escritório|è (?:fuori ufficio|assente)|is (?:afwezig|niet aanwezig)|är (?:inte på kontoret|frånvarande)|er (?:ikke på kontoret|fraværende)/,
];

const one = (patterns: readonly RegExp[]): string => patterns.map(({ source }) => source).join('|');

export const ABSENCE_SUBJECT = new RegExp(
  String.raw`^(?:(?:re|aw|sv|antw|odp|vs): ?)?(?:${one(BEGINNINGS)})|(?:${one(ENDS)})\b[.!)\s]*$`,
  'iu',
);
