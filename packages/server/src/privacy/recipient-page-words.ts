import type { Event, Mode } from '@waybill/sdk';

/** Everything that the recipient's page says, in one language: whole sentences, nothing put together from words. */
export interface RecipientWords {
  /** BCP 47, for the page and for times and countries. */
  locale: string;
  title: string;
  notFound: { title: string; text: string; hint: string };
  footer: readonly [string, string];
  heading: string;
  intro: string;
  /** Of a mail that is counted for all its recipients together. */
  introOfCount: string;
  facts: { from: string; to: string; subject: string; sent: string; counted: string };
  counted(opened: number, clicked: number): string;
  choice: {
    heading: string;
    offer(recipient: string): string;
    button: string;
    pending: { lead: string; text: string };
    objected: { lead(time: string): string; text(recipient: string): string };
    /** Why the count of a mail stays as it is. */
    countStays: string;
    /** Of a mail that is counted for all its recipients together. */
    ofCount: string;
  };
  recorded: { heading: string; nothing: string };
  how: { heading: string; of: Readonly<Record<Mode, string>>; keptFor(days: number | null): string };
  events: Readonly<Record<Event['type'], string>>;
  actors: Readonly<Record<NonNullable<Event['actor']>, string>>;
  details: {
    place: string;
    program: string;
    address: string;
    network: string;
    link: string;
    /** Between a detail's name and its value. */
    colon: string;
    ownNetwork: string;
    placeUnknown: string;
    programOn(program: string, system: string): string;
  };
}
