import type { RecipientWords } from './recipient-page-words.ts';

const times = (count: number): string => (count === 1 ? 'einmal' : `${count}-mal`);

export const GERMAN: RecipientWords = {
  locale: 'de',
  title: 'Über diese E-Mail',
  notFound: {
    title: 'Hier gibt es nichts zu zeigen',
    text: 'Zu dieser Adresse ist keine E-Mail verzeichnet. Vielleicht hat der Absender sie gelöscht, oder die Adresse wurde nicht vollständig kopiert.',
    hint: 'Wenn Sie über einen Link in einer E-Mail hierhergekommen sind, versuchen Sie es von dort noch einmal.',
  },
  footer: [
    'Diese Seite ist für Sie, die Sie die E-Mail bekommen haben. Sie braucht kein Konto, setzt kein Cookie, und dass Sie sie öffnen, wird nicht aufgezeichnet.',
    'Sie kommt von Waybill, der Software, mit der der Absender seine E-Mails verfolgt.',
  ],
  heading: 'Was über diese E-Mail aufgezeichnet wird',
  intro:
    'Der Absender dieser E-Mail möchte erfahren, wann sie gelesen wird. Hier steht alles, was über Ihr Exemplar bekannt ist. Wenn Sie das nicht möchten, können Sie es hier beenden.',
  introOfCount:
    'Der Absender zählt, wie oft diese E-Mail geöffnet wird. Wer sie geöffnet hat, ist daraus nicht zu erkennen: Alle Exemplare sind gleich.',
  facts: { from: 'Von', to: 'An', subject: 'Betreff', sent: 'Gesendet', counted: 'Gezählt' },
  counted: (opened, clicked) => `${times(opened)} geöffnet, Links ${times(clicked)} aufgerufen`,
  choice: {
    heading: 'Ihre Entscheidung',
    offer: (recipient) =>
      `Wenn Sie widersprechen, wird nichts mehr aufgezeichnet, wenn Sie E-Mails dieses Absenders lesen: weder bei dieser noch bei anderen, die Sie schon haben, noch bei neuen an ${recipient}. Der Absender sieht, dass Sie widersprochen haben. Bilder und Links funktionieren weiter.`,
    button: 'Aufzeichnung beenden',
    pending: {
      lead: 'Ihr Widerspruch ist gespeichert.',
      text: 'Der Server, der das Bild bereithält, war gerade nicht zu erreichen. Bei E-Mails, die Sie schon haben, kann es deshalb noch einige Minuten dauern, bis der Widerspruch gilt. Sie müssen nichts weiter tun.',
    },
    objected: {
      lead: (time) => `Sie haben am ${time} widersprochen.`,
      text: (recipient) =>
        `Seitdem wird nichts mehr aufgezeichnet, wenn Sie E-Mails dieses Absenders lesen, weder bei dieser noch bei anderen, die Sie schon haben. Neue E-Mails an ${recipient} werden nicht mehr verfolgt. Bilder und Links darin funktionieren weiter.`,
    },
    countStays:
      'Die Zählung dieser einen E-Mail ist eine Ausnahme: Weil nicht zu erkennen ist, wer sie geöffnet hat, lässt sich Ihr Öffnen nicht herausnehmen.',
    ofCount:
      'Weil die Zahlen alle Empfänger gemeinsam betreffen, gibt es hier nichts, was nur Sie beträfe oder sich beenden ließe. Wenn Sie nicht mitgezählt werden möchten, schalten Sie in Ihrem Mailprogramm das Laden externer Bilder ab, oder antworten Sie dem Absender.',
  },
  recorded: { heading: 'Was aufgezeichnet ist', nothing: 'Bisher nichts.' },
  how: {
    heading: 'Wie es funktioniert',
    of: {
      off: 'Diese E-Mail enthält kein Zählbild, und ihre Links sind unverändert. Aufgezeichnet wird nur ihr Weg von Mailserver zu Mailserver.',
      aggregate:
        'Diese E-Mail enthält ein kleines Bild und Links, die für alle Empfänger gemeinsam gezählt werden. Wer sie geöffnet hat, ist daraus nicht zu erkennen.',
      day: 'Diese E-Mail enthält ein kleines Bild. Wenn Ihr Mailprogramm es lädt, wird der Tag aufgezeichnet und sonst nichts: keine Uhrzeit, keine Adresse, kein Ort.',
      full: 'Diese E-Mail enthält ein kleines Bild und eigene Links. Wenn Ihr Mailprogramm das Bild lädt oder Sie einem Link folgen, werden die Zeit, die Internetadresse, der Ort, zu dem sie ungefähr gehört, und das Mailprogramm aufgezeichnet.',
    },
    keptFor: (days) =>
      days === null
        ? 'Internetadressen bleiben gespeichert, solange der Absender diese Aufzeichnung behält.'
        : `Nach ${days === 1 ? 'einem Tag' : `${days} Tagen`} werden Internetadressen und Orte so weit vergröbert, dass sie zu keinem Haushalt mehr führen.`,
  },
  events: {
    accepted: 'Vom Absender übergeben',
    relayed: 'Auf den Weg gebracht',
    deferred: 'Ein Mailserver bat, es später noch einmal zu versuchen',
    delivered: 'Bei Ihrem Mailserver angekommen',
    bounced: 'Als unzustellbar zurückgekommen',
    opened: 'Das Bild wurde geladen',
    clicked: 'Ein Link wurde aufgerufen',
    receipt: 'Eine Lesebestätigung kam zurück',
    'auto-replied': 'Eine automatische Antwort kam zurück',
    replied: 'Eine Antwort kam zurück',
    complained: 'Die E-Mail wurde als unerwünscht gemeldet',
    objected: 'Sie haben widersprochen',
  },
  actors: {
    human: 'Wird Ihnen zugerechnet oder einer Person, die Ihre E-Mails liest',
    'human-via-proxy': 'Wird Ihnen zugerechnet, über einen Server, der verbirgt, wo Sie sind',
    prefetch: 'Wird einem Maildienst zugerechnet, der Bilder im Voraus lädt, nicht Ihnen',
    scanner: 'Wird einer Sicherheitsprüfung zugerechnet, nicht Ihnen',
    'preview-bot': 'Wird einem Programm zugerechnet, das Vorschauen von Links macht, nicht Ihnen',
    automation: 'Wird einem Programm zugerechnet, nicht Ihnen',
    self: 'Wird dem Absender zugerechnet',
    unknown: 'Von wem, ist nicht bekannt',
  },
  details: {
    place: 'Ort',
    program: 'Programm',
    address: 'Internetadresse',
    network: 'Netz',
    link: 'Link',
    colon: ': ',
    ownNetwork: 'das eigene Netz des Absenders',
    placeUnknown: 'nicht bekannt',
    programOn: (program, system) => `${program} unter ${system}`,
  },
};
