import type { RecipientWords } from './recipient-page-words.ts';

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

export const ENGLISH: RecipientWords = {
  locale: 'en-GB',
  title: 'About this e-mail',
  notFound: {
    title: 'Nothing to show',
    text: 'There is no record of an e-mail behind this address. It may have been deleted by its sender, or the address was not copied completely.',
    hint: 'If you came from a link in an e-mail, try it once more from there.',
  },
  footer: [
    'This page is for you, the recipient. It needs no account, sets no cookie, and opening it is not recorded.',
    'It is served by Waybill, the software with which the sender follows their e-mails.',
  ],
  heading: 'What is recorded about this e-mail',
  intro:
    'The sender of this e-mail asked to be told when it is read. Here is everything that is known about your copy. If you would rather not have it, you can stop it here.',
  introOfCount:
    'The sender counts how often this e-mail is opened. Nothing says who opened it: every copy of it is the same.',
  facts: { from: 'From', to: 'To', subject: 'Subject', sent: 'Sent', counted: 'Counted' },
  counted: (opened, clicked) => `opened ${times(opened)}, links followed ${times(clicked)}`,
  choice: {
    heading: 'Your choice',
    offer: (recipient) =>
      `If you object, nothing more is recorded when you read e-mails from this sender: not this one, not others you already have, and not new ones to ${recipient}. The sender sees that you objected. Images and links go on working.`,
    button: 'Stop recording',
    pending: {
      lead: 'Your objection is stored.',
      text: 'The server that holds the image could not be reached just now, so it may take a few minutes until it applies to e-mails you already have. You need not do anything more.',
    },
    objected: {
      lead: (time) => `You objected on ${time}.`,
      text: (recipient) =>
        `Since then nothing more is recorded when you read e-mails from this sender, neither this one nor others you already have, and new ones to ${recipient} carry no tracking. Images and links in them go on working.`,
    },
    countStays:
      'The count of this one e-mail is an exception: since nothing says who opened it, your opening cannot be left out.',
    ofCount:
      'Since the counts belong to all recipients together, there is nothing about you to show or to stop here. If you do not want to be counted, block remote images in your mail program, or reply to the sender.',
  },
  recorded: { heading: 'What is recorded', nothing: 'Nothing so far.' },
  how: {
    heading: 'How it works',
    of: {
      off: 'This e-mail carries no tracking image and its links are plain. Only its way through the mail system is recorded.',
      aggregate:
        'This e-mail holds a small image and links that are counted for all recipients together. Nothing says who opened it.',
      day: 'This e-mail holds a small image. When your mail program loads it, the day is recorded, and nothing else: no time, no address, no place.',
      full: 'This e-mail holds a small image and links of its own. When your mail program loads the image or you follow a link, the time, the internet address, the place it roughly belongs to, and the mail program are recorded.',
    },
    keptFor: (days) =>
      days === null
        ? 'Internet addresses are kept for as long as the sender keeps this record.'
        : `After ${days === 1 ? 'one day' : `${days} days`}, internet addresses and places are made so coarse that they point to no household.`,
  },
  events: {
    accepted: 'Handed over by the sender',
    relayed: 'Sent on its way',
    deferred: 'A mail server asked to try again later',
    delivered: 'Arrived at your mail server',
    bounced: 'Came back as undeliverable',
    opened: 'The image was loaded',
    clicked: 'A link was followed',
    receipt: 'A reading receipt came back',
    'auto-replied': 'An automatic reply came back',
    replied: 'A reply came back',
    complained: 'It was reported as unwanted',
    objected: 'You objected',
  },
  actors: {
    human: 'Taken for you, or whoever reads your mail',
    'human-via-proxy': 'Taken for you, through a server that hides where you are',
    prefetch: 'Taken for a mail service that loads images in advance, not for you',
    scanner: 'Taken for a security check, not for you',
    'preview-bot': 'Taken for a program that makes link previews, not for you',
    automation: 'Taken for a program, not for you',
    self: 'Taken for the sender',
    unknown: 'By whom is not known',
  },
  details: {
    place: 'Place',
    program: 'Program',
    address: 'Internet address',
    network: 'Network',
    link: 'Link',
    colon: ': ',
    ownNetwork: 'the sender’s own network',
    placeUnknown: 'not known',
    programOn: (program, system) => `${program} on ${system}`,
  },
};
