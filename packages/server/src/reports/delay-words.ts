/** "Still trying", in the words of mail systems: first in English, then in the languages of Exchange and of providers. */
const STILL_TRYING: readonly RegExp[] = [
  /(?:has|have) not yet been delivered|(?:will|shall) (?:be retried|continue|keep|retry|try)|still being retried/,
  /warning(?: message)? only|delivery (?:is |has been |will be )?delayed|delivery attempts will|delayed \d/,
  /do not need to resend|will be (?:re)?(?:tried|attempted)|^warning[:-]+ ?(?:could not|message)/,
  /continue to (?:try|attempt)|delivery incomplete|temporary problem/,
  // German, French, Spanish
  /(?:wird|werden) (?:\S+ ){0,4}versucht|noch nicht zugestellt|zustellung (?:\S+ ){0,3}verzögert|verzögerte zustellung/,
  /pas encore (?:pu )?(?:être |été )?(?:remis|distribué|livré)|nouvelles tentatives|remise (?:est )?(?:différée|retardée)/,
  /se seguirá intentando|(?:todavía|aún) no se ha entregado|no se ha entregado (?:todavía|aún)|se ha retrasado|entrega retrasada/,
  // Portuguese, Italian, Dutch
  /ainda não foi entregue|continuará tentando|entrega (?:está |foi )?(?:atrasad|adiad)/,
  /non è (?:stato )?ancora (?:stato )?(?:recapitat|consegnat)|altri tentativi|(?:recapito|consegna) (?:\S+ )?ritardat/,
  /nog niet (?:bezorgd|afgeleverd)|bezorging (?:\S+ )?vertraagd|opnieuw geprobeerd/,
  // Scandinavian, Polish, Czech
  /leverans(?:en)? (?:\S+ )?försenad|levering(?:en)? (?:\S+ )?forsinket|ännu inte levererat|endnu ikke leveret|ennå ikke levert/,
  /nie została jeszcze dostarczon|dostarczenie (?:\S+ ){0,3}opóźnion|doručení (?:\S+ ){0,3}zpožd/,
  // Russian
  /ещ[её] не (?:был[ао]? )?доставлен|попытки (?:\S+ ){0,4}(?:продолж|будут)|доставка (?:\S+ ){0,3}(?:задерж|отложена)/,
  // Japanese, Chinese, Korean
  /まだ配信され|配信(?:が|の)?遅延|配信遅延|再試行|(?:尚未|還未|还未)(?:送达|送達|投递|投遞)|(?:传递|投递|傳遞|投遞|送达).{0,6}(?:延迟|延遲)|(?:继续|繼續).{0,4}(?:尝试|嘗試|重试|重試)/,
  /(?:배달|전송).{0,6}지연|아직 (?:전송|배달)되지|계속 (?:재)?시도/,
];

const GIVEN_UP: readonly RegExp[] = [
  /giv(?:e|en|ing) up|permanent|will be deleted from|no further|returned to|aborted|not going to try/,
  /endgültig|nicht (?:weiter|erneut) versucht|définitive|aucune (?:autre|nouvelle) tentative|no se (?:realizarán|harán) más intentos/,
  /não (?:haverá|serão feitas) (?:mais|novas) tentativas|non verranno effettuati altri|geen verdere|больше не будет|окончательно/,
];

const one = (patterns: readonly RegExp[]): string => patterns.map(({ source }) => source).join('|');
const TRYING = new RegExp(one(STILL_TRYING), 'imu');
const OVER = new RegExp(one(GIVEN_UP), 'iu');
/** What may happen later, in warnings: "eventually the mail delivery software will give up, and when that happens, ...". */
const LATER = /(?:^|[.!?]\s|\n\s*\n)[^.!?]{0,400}\b(?:eventually|if|when|until|notified)\b[^.!?]{0,400}/gi;

/** A line for each paragraph: sentences go on over the ends of lines. */
export function unwrapped(text: string): string {
  return text.replaceAll(/(\S)[ \t]*\n[ \t>]*(?=\S)/g, '$1 ');
}

/** Whether a notice says that delivery is tried on. */
export function saysStillTrying(text: string): boolean {
  const paragraphs = unwrapped(text);
  return (TRYING.test(text) || TRYING.test(paragraphs)) && !OVER.test(paragraphs.replaceAll(LATER, ' '));
}

/** Whether a notice is about a mail that is late. */
export function speaksOfDelay(text: string): boolean {
  return TRYING.test(text) || TRYING.test(unwrapped(text));
}
