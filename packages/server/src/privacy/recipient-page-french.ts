import type { RecipientWords } from './recipient-page-words.ts';

const times = (count: number): string => (count === 1 ? 'une fois' : `${count} fois`);

/** With the unbreakable blank that French sets before a colon or semicolon. */
export const FRENCH: RecipientWords = {
  locale: 'fr',
  title: 'À propos de cet e-mail',
  notFound: {
    title: 'Rien à afficher',
    text: 'Aucun e-mail n’est enregistré à cette adresse. Son expéditeur l’a peut-être supprimé, ou l’adresse n’a pas été copiée en entier.',
    hint: 'Si vous venez d’un lien dans un e-mail, essayez-le encore une fois.',
  },
  footer: [
    'Cette page est pour vous, à qui cet e-mail est adressé. Elle ne demande aucun compte, ne dépose aucun cookie, et son ouverture n’est pas enregistrée.',
    'Elle est fournie par Waybill, le logiciel avec lequel l’expéditeur suit ses e-mails.',
  ],
  heading: 'Ce qui est enregistré au sujet de cet e-mail',
  intro:
    'L’expéditeur de cet e-mail a demandé à savoir quand il est lu. Voici tout ce que l’on sait de votre exemplaire. Si vous ne le souhaitez pas, vous pouvez y mettre fin ici.',
  introOfCount:
    'L’expéditeur compte combien de fois cet e-mail est ouvert. Rien ne dit qui l’a ouvert\u00a0: tous les exemplaires sont identiques.',
  facts: { from: 'De', to: 'À', subject: 'Objet', sent: 'Envoyé', counted: 'Compté' },
  counted: (opened, clicked) => `ouvert ${times(opened)}, liens suivis ${times(clicked)}`,
  choice: {
    heading: 'Votre choix',
    offer: (recipient) =>
      `Si vous vous y opposez, plus rien ne sera enregistré quand vous lirez des e-mails de cet expéditeur\u00a0: ni celui-ci, ni les autres que vous avez déjà, ni les nouveaux adressés à ${recipient}. L’expéditeur verra votre opposition. Les images et les liens continueront de fonctionner.`,
    button: 'Arrêter l’enregistrement',
    pending: {
      lead: 'Votre opposition est enregistrée.',
      text: 'Le serveur qui fournit l’image n’a pas pu être joint à l’instant\u00a0; il peut donc s’écouler quelques minutes avant qu’elle ne s’applique aux e-mails que vous avez déjà. Vous n’avez rien d’autre à faire.',
    },
    objected: {
      lead: (time) => `Votre opposition date du ${time}.`,
      text: (recipient) =>
        `Depuis, plus rien n’est enregistré quand vous lisez des e-mails de cet expéditeur, ni celui-ci ni les autres que vous avez déjà, et les nouveaux e-mails adressés à ${recipient} ne sont plus suivis. Leurs images et leurs liens fonctionnent toujours.`,
    },
    countStays:
      'Le compte de cet e-mail fait exception\u00a0: comme rien ne dit qui l’a ouvert, votre ouverture ne peut pas en être retirée.',
    ofCount:
      'Comme ces chiffres concernent tous les destinataires ensemble, il n’y a ici rien qui ne concerne que vous, ni rien à arrêter. Si vous ne voulez pas que vos ouvertures soient comptées, bloquez les images distantes dans votre logiciel de messagerie, ou répondez à l’expéditeur.',
  },
  recorded: { heading: 'Ce qui est enregistré', nothing: 'Rien pour l’instant.' },
  how: {
    heading: 'Comment cela fonctionne',
    of: {
      off: 'Cet e-mail ne contient aucune image de suivi et ses liens sont inchangés. Seul son trajet d’un serveur de messagerie à l’autre est enregistré.',
      aggregate:
        'Cet e-mail contient une petite image et des liens, comptés pour tous les destinataires ensemble. Rien ne dit qui l’a ouvert.',
      day: 'Cet e-mail contient une petite image. Quand votre logiciel de messagerie la charge, le jour est enregistré, et rien d’autre\u00a0: ni heure, ni adresse, ni lieu.',
      full: 'Cet e-mail contient une petite image et des liens qui lui sont propres. Quand votre logiciel de messagerie charge l’image ou que vous suivez un lien, l’heure, l’adresse Internet, le lieu auquel elle correspond à peu près et le logiciel de messagerie sont enregistrés.',
    },
    keptFor: (days) =>
      days === null
        ? 'Les adresses Internet sont conservées aussi longtemps que l’expéditeur garde cet enregistrement.'
        : `Au bout ${days === 1 ? 'd’un jour' : `de ${days} jours`}, les adresses Internet et les lieux sont rendus si imprécis qu’ils ne désignent plus aucun foyer.`,
  },
  events: {
    accepted: 'Remis par l’expéditeur',
    relayed: 'Envoyé',
    deferred: 'Un serveur de messagerie a demandé de réessayer plus tard',
    delivered: 'Arrivé à votre serveur de messagerie',
    bounced: 'Revenu, car il n’a pas pu être distribué',
    opened: 'L’image a été chargée',
    clicked: 'Un lien a été suivi',
    receipt: 'Une confirmation de lecture est revenue',
    'auto-replied': 'Une réponse automatique est revenue',
    replied: 'Une réponse est revenue',
    complained: 'Signalé comme indésirable',
    objected: 'Votre opposition',
  },
  actors: {
    human: 'Attribué à vous, ou à la personne qui lit vos e-mails',
    'human-via-proxy': 'Attribué à vous, à travers un serveur qui cache où vous êtes',
    prefetch: 'Attribué à un service de messagerie qui charge les images à l’avance, pas à vous',
    scanner: 'Attribué à un contrôle de sécurité, pas à vous',
    'preview-bot': 'Attribué à un programme qui prépare des aperçus de liens, pas à vous',
    automation: 'Attribué à un programme, pas à vous',
    self: 'Attribué à l’expéditeur',
    unknown: 'On ne sait pas par qui',
  },
  details: {
    place: 'Lieu',
    program: 'Logiciel',
    address: 'Adresse Internet',
    network: 'Réseau',
    link: 'Lien',
    colon: '\u00a0: ',
    ownNetwork: 'le réseau de l’expéditeur lui-même',
    placeUnknown: 'inconnu',
    programOn: (program, system) => `${program} sous ${system}`,
  },
};
