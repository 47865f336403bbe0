/**
 * What mail systems write above and in notices of non-delivery, by language. Each list is what the systems of that
 * language's providers, and Exchange and Gmail in that language, are known to say; none is enough alone (evidence.ts).
 */
interface Words {
  /** Beginnings of subjects. */
  subject: readonly RegExp[];
  text: readonly RegExp[];
}

const ENGLISH: Words = {
  subject: [
    /undeliver(?:able|ed)/,
    /returned (?:e-?)?mail/,
    /(?:e-?)?mail (?:delivery )?(?:fail|error|system error|could not|not deliver)/,
    /message (?:delivery )?(?:has )?(?:fail|could not|not deliver|undeliver)/,
    /message status - undeliver/,
    /delivery (?:status notification|fail|error|problem|report|delay|notification|has failed|incomplete)/,
    /(?:permanent|failed|failure) (?:to deliver|delivery|mail)|failure (?:notice|to deliver)|fail(?:ed|ure)?:/,
    /(?:could|can) not (?:be )?deliver|unable to deliver|not delivered:|non[- ]?deliver/,
    /warning[:-]+ ?(?:message|could not|e?mail)/,
    /(?:there was an )?error sending (?:your )?(?:message|mail)\b/,
    /delayed mail|e?-?mail (?:could|can) ?not/,
    /rejected:|bounce[d:]|loop alert/,
    /message you sent blocked by/,
  ],
  text: [
    /(?:could|can|was|were|has|have|is) ?(?:not|n't|n’t)(?: yet)?(?: be| been)? (?:delivered|deliver|sent|reach)/,
    /(?:unable|not able|failed|wasn't able|weren't able) to (?:be )?deliver|un(?:able to )?deliver(?:able|ed)/,
    /did not reach|delivery (?:\w+ ){0,6}?(?:has )?fail|failed permanently|permanent(?:ly)? (?:fatal )?(?:error|fail)/,
    /(?:fatal|delivery) (?:error|problem)s|returned to sender|error (?:has )?(?:occurred )?(?:while|when|delivering|sending)|trouble delivering|problem (?:while )?delivering/,
    /rejected by|(?:following|these) (?:recipient|address)|delivery attempts|transcript of session/,
    /non-?deliver|no valid recipients?|undeliver|not deliver|message below could not|duplicated message-id/,
  ],
};

const OTHERS: readonly Words[] = [
  // German
  {
    subject: [
      /unzust|nicht zust|mail(?:zustellung)? (?:unzustellbar|fehlgeschlagen)|zustell(?:ung|fehler|benachr)/,
      /(?:ihre |deine )?(?:e-?mail|nachricht) (?:konnte|kann|wurde|unzust|nicht)|fehler (?:bei|beim) (?:der )?(?:zustell|versand|e-?mail)/,
      /benachricht(?:ig)?ung (?:zum|über den) (?:übermittlungs|zustell)status|rückläufer|übermittlungsfehler|verzögert/,
    ],
    text: [
      /nicht (?:an .{1,120} )?zu(?:gestellt|stellen|zustellen)|unzustellbar|zustell(?:ung|fehler)|nicht erreicht/,
      /fehler bei der (?:nachrichten)?zustellung|(?:übermittlung|zustellung) (?:\S+ ){0,6}fehlgeschlagen/,
    ],
  },
  // French
  {
    subject: [
      /non remis|échec|non distribu|(?:votre )?(?:message|e-?mail|courriel) n.a pas pu|retour (?:du|de) (?:message|courrier)|remise (?:impossible|différée|retardée)|notification d.état de remise/,
    ],
    text: [
      /n.a pas (?:pu être|été) (?:remis|distribué|livré|envoyé|transmis)|échec de (?:la )?(?:remise|distribution|livraison)|impossible de (?:remettre|distribuer|livrer)/,
      /n'a pas pu être/,
    ],
  },
  // Spanish, Catalan
  {
    subject: [
      /no (?:se )?(?:pudo|puede|ha podido|entreg)|no entreg|devuelto|error (?:de|en la) entrega|(?:mensaje|correo) (?:no |devuelto|sin)|fallo (?:en|de) (?:la )?entrega|notificación de (?:estado|error)|aviso de no entrega|entrega retrasada|no s.ha pogut lliurar/,
    ],
    text: [
      /no (?:se )?(?:pudo|ha podido|puede|pudieron|fue posible)(?: ser)? (?:entreg|realizar|envi)|no (?:ha sido|fue) entregad|error (?:de|en la) entrega|imposible (?:la )?entreg/,
      /no se (?:pudo|ha podido) entregar/,
    ],
  },
  // Portuguese
  {
    subject: [
      /não (?:foi possível|pôde|pode|entreg)|notificação d[oe] (?:status|estado)|não entregue|entrega (?:atrasad|adiad)|falha n[ao] (?:entrega|envio)|mensagem (?:não|devolvida)|e-?mail (?:não|devolvido)|devolvid/,
    ],
    text: [
      /não (?:foi possível|pôde(?: ser)?|pode(?: ser)?|foi) entreg|falha n[ao] (?:entrega|envio)|não (?:foi possível )?(?:enviar|entregar)/,
    ],
  },
  // Italian
  {
    subject: [
      /notifica (?:sullo|dello) stato|mancato recapito|consegna|non (?:recapit|consegn)|impossibile (?:recapit|consegn)|messaggio non|avviso di mancat|recapito (?:ritardat|non)|errore di (?:consegna|recapito)/,
    ],
    text: [
      /non è stato (?:possibile )?(?:recapit|consegn)|recapito non riuscito|mancat[oa] (?:recapito|consegna)|impossibile (?:recapit|consegn)|non (?:può|ha potuto) essere (?:recapit|consegn)/,
    ],
  },
  // Dutch
  {
    subject: [
      /bezorgstatus|onbestelbaar|vertraagd|niet (?:bezorgd|afgeleverd|besteld)|(?:bericht|e-?mail) (?:niet|kon|kan)|bezorging|aflever/,
    ],
    text: [
      /(?:kan|kon|is|werd) niet (?:worden )?(?:bezorgd|afgeleverd|besteld)|niet (?:bezorgd|afgeleverd)|bezorging (?:is )?mislukt|onbestelbaar/,
    ],
  },
  // Danish, Norwegian, Swedish
  {
    subject: [
      /kan (?:ikke|inte) leveres?|kunne ikke leveres|ikke leveret|ikke levert|kan inte levereras|kunde inte levereras|olever|uleve|leverans(?:en|fel|en misslyck)|levering(?:sfeil| mislyk|sfejl)|returnerad|retur(?:neret|nert)? (?:mail|post|besked)/,
    ],
    text: [
      /(?:gick|gikk) (?:inte|ikke) att leverera|(?:kan|kunde|kunne) (?:inte|ikke) (?:levereras|leveres)|leveringen? (?:mislykkedes|mislyktes|misslyckades)|kunne ikke levere|kunde inte levereras/,
    ],
  },
  // Finnish, Estonian
  {
    subject: [
      /(?:viestiä )?ei voi(?:tu)? (?:toimittaa|lähettää)|toimitus epäonnistui|ei saanud kohale|kohaletoimetamatu|palautettu/,
    ],
    text: [
      /ei voi(?:tu|nut)? (?:toimittaa|lähettää)|toimit(?:us|taminen) .{0,80}epäonnistui|ei (?:saanud|õnnestunud) (?:kohale )?toimetada/,
    ],
  },
  // Polish
  {
    subject: [
      /nie (?:można|udało się|moż|dostarczon)|niedostarcz|zwrot(?::| (?:wiadomości|poczty))|błąd (?:dostarcz|wysył)|wiadomość (?:nie|niedostarcz)/,
    ],
    text: [
      /nie (?:można|udało się|została?|mogła) (?:była? |zostać |być )?(?:dostarcz|wysłać|być dostarcz)|dostarczenie .{0,80}nie powiodło się|niedostarcz/,
    ],
  },
  // Czech, Slovak
  {
    subject: [/nedoruč|nelze doručit|nedoručiteľn|nie je možné doručiť|(?:zpráv[au]|e-?mail) (?:se )?ne/],
    text: [
      /nelze doručit|neb(?:yla|ylo|yl|ola|olo) (?:možné )?doruč|nepodařilo (?:se )?doručit|nepodarilo (?:sa )?doručiť|doručení .{0,80}se nezdařilo/,
    ],
  },
  // Hungarian, Romanian
  {
    subject: [
      /(?:nem|sikertelen) kézbesít|kézbesíthetetlen|(?:mesaj(?:ul)? )?(?:nelivra|nu a )|imposibil de livrat|netransmis|livrare eșuată/,
    ],
    text: [
      /nem (?:sikerült )?(?:kézbesít|eljuttatni)|sikertelen kézbesítés|kézbesítése .{0,80}(?:sikertelen|nem sikerült)|nu (?:a putut|poate) fi livrat|nu s-a putut livra|livrarea .{0,80}(?:nu a reușit|eșuat)/,
    ],
  },
  // Croatian, Serbian, Slovenian; Lithuanian, Latvian
  {
    subject: [
      /(?:nije|nisu|ni bil[ao]?|ni mogoče|niso bil[ei]) (?:\S+ ){0,2}(?:isporuč|dostav)|neisporuč|nedostav|није (?:\S+ ){0,2}(?:испоруч|достав)|nepristatyt|nepavyko (?:pristatyti|išsiųsti)|n(?:av|etika) piegādāt|nevar piegādāt/,
    ],
    text: [
      /ni(?:je|su) (?:\S+ ){0,3}(?:isporuč|dostav)|ni (?:\S+ ){0,3}(?:dostavit|dostavljen)|није (?:\S+ ){0,3}(?:испоруч|достав)|nepavyko (?:\S+ )?(?:pristatyti|išsiųsti)|nebuvo pristatyt|neizdevās piegādāt|nevar(?:ēja)? piegādāt|n(?:av|etika) piegādāt/,
    ],
  },
  // Persian, Hindi, Bengali, Urdu
  {
    subject: [/تحویل داده نشد|ارسال نشد|वितरित नहीं|डिलीवर नहीं|পাঠানো যায়নি|ترسیل نہیں/],
    text: [
      /تحویل (?:داده )?نشد|قابل تحویل نیست|ارسال نشد|(?:वितरित|डिलीवर|डिलिवर) नहीं|(?:পাঠানো|বিতরণ করা) যায়নি|(?:پہنچایا|ترسیل) نہیں/,
    ],
  },
  // Turkish
  {
    subject: [/teslim edile?me|iletile?me|gönderile?me|iade edilen/],
    text: [/teslim edile?me|iletile?me|gönderile?me(?:di|yen)|teslimat başarısız/],
  },
  // Greek
  {
    subject: [/δεν (?:είναι δυνατή|παραδόθηκε|ήταν δυνατή)|αδύνατη η παράδοση|μη παραδοτέο/],
    text: [/δεν (?:ήταν|είναι) δυνατή η (?:παράδοση|αποστολή)|δεν παραδόθηκε|αποτυχία παράδοσης/],
  },
  // Russian, Ukrainian, Bulgarian
  {
    subject: [
      /недостав|доставка (?:задерж|отлож)|не (?:был[оа]? )?доставл|не удается доставить|не удалось (?:доставить|отправить)|(?:ваше )?(?:письмо|сообщение) не|ошибка (?:доставки|отправки)|возврат (?:письма|почты)|не (?:може|вдалося) (?:бути )?(?:доставл|достав)|неможливо доставити|не може да бъде доставен/,
    ],
    text: [
      /не (?:может|могло|было|был|была) (?:быть )?(?:доставлен|отправлен)|не удалось (?:доставить|отправить|выполнить доставку)|не доставлен|ошибка (?:доставки|отправки)|невозможно доставить|не (?:може |вдалося |було )?(?:бути )?(?:доставл|доставити)|не може да бъде доставен/,
    ],
  },
  // Arabic, Hebrew
  {
    subject: [
      /لم يتم (?:التسليم|تسليم)|تعذر (?:التسليم|تسليم)|غير قابل للتسليم|לא ניתן למסירה|לא נמסר|הודעה שלא/,
    ],
    text: [/لم يتم تسليم|تعذر تسليم|فشل (?:تسليم|التسليم)|לא ניתן (?:היה )?למסור|מסירת ההודעה .{0,80}נכשלה/],
  },
  // Japanese
  {
    subject: [
      /投稿|配信|配達|送信(?:エラー|できません|失敗|不能)|(?:メール|メッセージ).{0,20}(?:エラー|できません|送信|返送|不達|届)|不達|未配信|エラーメール/,
    ],
    text: [
      /(?:送信|配信|配達|お届け|転送|伝送)(?:が|を|は)?(?:でき|出来)ません|送信に失敗|配信(?:に|は)?失敗|届け(?:る|ること).{0,20}(?:でき|出来)ません|届きません|返送/,
    ],
  },
  // Chinese
  {
    subject: [
      /退信|系[统統]退信|[无無]法(?:投|送|傳|传|发|發)|[无無]法|未送[达達]|[传傳][递遞][状狀][态態]|传递延迟|傳遞延遲|未能(?:送|发|發|投)|投[递遞]失[败敗]|[发發]送失[败敗]|[邮郵]件(?:投|退|[发發]送|未|[无無])/,
    ],
    text: [
      /[无無]法(?:投[递遞]|送[达達]|[发發]送|[传傳][送递遞]|寄送)|退信|退回|未能(?:向|将|將|送|发|發|投)|投[递遞]失[败敗]|[发發]送失[败敗]|[传傳][递遞]失[败敗]/,
    ],
  },
  // Korean
  {
    subject: [
      /배달(?:되지| 못| 실패|할 수 없)|(?:메일|이메일).{0,12}(?:발송|전송|배달|전달).{0,8}(?:실패|못|오류|불가)|반송|전송 ?(?:실패|오류)|발송 ?(?:실패|오류)|배달 못함/,
    ],
    text: [/(?:전송|발송|배달|전달)(?:하지|되지|을|이|에)? ?(?:못|실패|않았|할 수 없|오류)|반송/],
  },
  // Thai, Vietnamese, Indonesian
  {
    subject: [
      /ส่งไม่|ไม่สามารถส่ง|không (?:thể )?(?:gửi|chuyển)|thư (?:bị )?trả lại|tidak (?:dapat )?terkirim|gagal (?:terkirim|dikirim)/,
    ],
    text: [
      /ไม่สามารถส่ง|ส่งไม่สำเร็จ|không (?:thể )?(?:gửi|chuyển|được gửi)|gửi .{0,60}không thành công|tidak (?:dapat )?(?:dikirim|terkirim)|gagal (?:dikirim|terkirim)/,
    ],
  },
];

const LANGUAGES = [ENGLISH, ...OTHERS];

const one = (patterns: readonly RegExp[]): string => patterns.map(({ source }) => source).join('|');

/**
 * At the beginning of a subject, behind marks of forwarding and the like: `[Postmaster]`, `**`, `WARNING:`. Other
 * languages put "your message" first: their words for "not delivered" count anywhere.
 */
export const BOUNCE_SUBJECT = new RegExp(
  String.raw`^(?:(?:fwd?|wg|tr|rv|i): ?)?(?:(?:\*+|\[)[^\]]{0,20}\]? ?|\p{L}{1,20} (?:e-?mail |mail )(?=deliver))?(?:${one(LANGUAGES.flatMap(({ subject }) => subject))})|${one(OTHERS.flatMap(({ text }) => text))}`,
  'iu',
);

export const BOUNCE_WORDS = new RegExp(one(LANGUAGES.flatMap(({ text }) => text)), 'iu');
