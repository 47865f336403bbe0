import { decodeHTMLAttribute } from 'entities/decode';
import {
  AMPERSAND,
  CONTROL,
  decodeAmpersands,
  isHttpAddress,
  judgeAddress,
  NOT_ASCII,
  plainHost,
  signsOf,
  SPACE,
  type JudgedAddress,
} from './address-signs.ts';
import type { AttributePlace, Attributes } from './html-attributes.ts';
import { findCssAddress } from './css-address.ts';
import { behindContent, behindWords, isBlank, markLength } from './html-ends.ts';
import { PlaceFinder, type Places } from './html-places.ts';
import { HtmlScanner, type HtmlHandler } from './html-scan.ts';
import type { ImageSite, LinkSite, OtherLink } from './html-sites.ts';
import { isMarked } from './link-marks.ts';
import { LinkTexts, LONGEST_TEXT, type ReadText } from './link-texts.ts';
import type { Tag } from './html-tags.ts';
import { toEnd, type Steps } from './steps.ts';
import { StyleRules } from './style-rules.ts';

/** What one pass over a document finds for all its copies. Offsets are into the scanned text. */
export interface HtmlSurvey {
  length: number;
  /** Of the text, when they are asked for; only counted in short ones. */
  carriageReturns: () => number;
  links: LinkSite[];
  /** What they show: with the texts that stand in for images, and the one shown when the pointer rests on a link. */
  texts: LinkTexts;
  /** Where an `a href` without such an address stands, and the address. */
  otherLinks: OtherLink[];
  images: ImageSite[];
  /** Image elements of any kind, also without an address. */
  imageCount: number;
  /** An anchor is still open where the document ends. */
  openAnchor: boolean;
  /** The same where the document or its body begins or ends: another anchor there would end it. */
  anchorAtEdge: boolean;
  /** What the document's own style rules may do to an added element. */
  rules: StyleRules;
  /** Our own disclosure lines, from start to end tag. */
  disclosures: { start: number; end: number }[];
  places: Places;
}

/** Images inside the address (`data:`) and hostile input are not worth decoding. */
const LONGEST_ADDRESS = 16_384;

/** Far more than filters take for short. */
const SHORT_TEXT = 20_000;

/** No shorter tag holds an address with a token. */
const SHORTEST_BACKGROUND = 80;

/** What has to be read or stripped with more care than most addresses. */
const UNUSUAL = NOT_ASCII | CONTROL | SPACE;

/** Characters that are read in one step. */
const STEP = 64 * 1024;

/**
 * Reads a document once.
 *
 * @param read defaults to the text itself
 * @param appendable whether ASCII can follow the text
 */
export function* surveySteps(
  text: string,
  read: ReadText = (start, end) => text.slice(start, end),
  appendable = true,
): Steps<HtmlSurvey> {
  const surveyor = new Surveyor(text, read);
  const scanner = new HtmlScanner(text, surveyor);
  for (let limit = STEP; !scanner.advance(limit); limit += STEP) yield;
  return surveyor.finish(scanner.endsOpen && appendable);
}

/** {@link surveySteps} at once. */
export function surveyHtml(...given: Parameters<typeof surveySteps>): HtmlSurvey {
  return toEnd(surveySteps(...given));
}

interface BackgroundSite extends JudgedAddress {
  start: number;
  urlStart: number;
  urlEnd: number;
}

class Surveyor implements HtmlHandler {
  readonly #text: string;
  readonly #read: ReadText;
  readonly #finder = new PlaceFinder();
  readonly #links: LinkSite[] = [];
  readonly #otherLinks: OtherLink[] = [];
  readonly #images: ImageSite[] = [];
  readonly #disclosures: { start: number; end: number }[] = [];
  readonly #texts: LinkTexts;
  #link: LinkSite | undefined;
  #disclosureStart: number | undefined;
  #imageCount = 0;
  #anchors = 0;
  #anchorAtEdge = false;
  #background: BackgroundSite | undefined;
  readonly #rules = new StyleRules();
  #styleStart: number | undefined;

  constructor(text: string, read: ReadText) {
    this.#text = text;
    this.#read = read;
    this.#texts = new LinkTexts(read);
  }

  startTag(tag: Tag | undefined, start: number, end: number, attributes: Attributes): void {
    this.#finder.startTag(tag, start, end);
    this.#closeBackground();
    if (tag === undefined) return;
    const { name } = tag;
    if (name === 'body') this.#anchorAtEdge ||= this.#anchors > 0;
    if (name === 'span') this.#background = this.#openBackground(start, end, attributes);
    else if (name === 'a') this.#anchor(start, end, attributes);
    else if (name === 'style') this.#styleStart = end;
    else if (name === 'link') this.#rules.addUnknown();
    else if (name === 'img' || name === 'image') this.#image(start, end, attributes);
    else if (name === 'div' && attributes.raw(this.#text, 'data-waybill') === 'disclosure') {
      this.#disclosureStart = start;
    }
  }

  endTag(tag: Tag, start: number, end: number): void {
    this.#finder.endTag(tag, start);
    this.#closeBackground(tag.name === 'span' ? end : undefined);
    if (tag.name === 'body' || tag.name === 'html') this.#anchorAtEdge ||= this.#anchors > 0;
    if (tag.name === 'a') this.#endAnchor(start, end);
    else if (tag.name === 'style' && this.#styleStart !== undefined) {
      this.#rules.add(this.#text.slice(this.#styleStart, start));
      this.#styleStart = undefined;
    } else if (tag.name === 'div' && this.#disclosureStart !== undefined) {
      this.#disclosures.push({ start: this.#disclosureStart, end });
      this.#disclosureStart = undefined;
    }
  }

  text(textStart: number, end: number): void {
    const start = textStart === 0 ? markLength(this.#text) : textStart;
    if ((this.#finder.wantsContent || this.#background !== undefined) && !isBlank(this.#text, start, end)) {
      if (this.#finder.wantsContent) this.#finder.content(start);
      this.#closeBackground();
    }
    if (this.#link !== undefined) this.#texts.add(start, end);
  }

  finish(open: boolean): HtmlSurvey {
    this.#closeLink();
    this.#closeBackground();
    const { length } = this.#text;
    const { bottom, top } = this.#finder.places(open ? length : undefined);
    return {
      length,
      carriageReturns: () => (length < SHORT_TEXT ? count(this.#text, '\r') : 0),
      links: this.#links,
      texts: this.#texts,
      otherLinks: this.#otherLinks,
      images: this.#images,
      imageCount: this.#imageCount,
      openAnchor: this.#anchors > 0,
      anchorAtEdge: this.#anchorAtEdge || this.#anchors > 0,
      rules: this.#rules,
      disclosures: this.#disclosures,
      // Blanks behind a head alone belong to the head.
      places: {
        bottom: this.#finder.wantsContent
          ? bottom
          : behindContent(this.#text, bottom, this.#disclosures.at(-1)?.end),
        top,
        inText: this.#rules.fromEnd && this.#rules.fromStart ? behindWords(this.#text, bottom) : undefined,
      },
    };
  }

  /** An anchor in an anchor ends the outer one, as in a browser. */
  #anchor(start: number, end: number, attributes: Attributes): void {
    this.#anchors += 1;
    this.#closeLink();
    const place = attributes.find(this.#text, 'href');
    if (place === undefined) return;
    const address = this.#address(place.valueStart, place.valueEnd);
    if (address === undefined) {
      const { valueStart, valueEnd } = place;
      this.#otherLinks.push({ start, valueStart, valueEnd: Math.min(valueEnd, valueStart + LONGEST_TEXT) });
      return;
    }
    const { href, signs, host } = address;
    const text = this.#texts.begin();
    const kept = attributes.find(this.#text, 'originalsrc');
    const original = kept !== undefined && href.includes('.safelinks.') ? kept : undefined;
    this.#link = {
      start,
      place,
      tagEnd: end,
      closing: undefined,
      href,
      signs,
      host,
      textFrom: text,
      textTo: text,
      original,
      marked: isMarked(this.#text, attributes),
      refusal: undefined,
    };
    this.#links.push(this.#link);
    this.#describe(attributes.find(this.#text, 'title'));
  }

  #endAnchor(start: number, end: number): void {
    this.#anchors = Math.max(0, this.#anchors - 1);
    if (this.#link !== undefined) this.#link.closing = { start, end };
    this.#closeLink();
  }

  #describe(place: AttributePlace | undefined): void {
    if (place === undefined || place.valueStart === place.valueEnd) return;
    this.#texts.addApart(place.valueStart, place.valueEnd);
  }

  #closeLink(): void {
    if (this.#link === undefined) return;
    this.#link.textTo = this.#texts.end;
    this.#link = undefined;
  }

  #image(start: number, end: number, attributes: Attributes): void {
    this.#imageCount += 1;
    if (this.#link !== undefined) this.#describe(attributes.find(this.#text, 'alt'));
    const place = attributes.find(this.#text, 'src');
    const address = place && this.#address(place.valueStart, place.valueEnd);
    if (address === undefined) return;
    const { href, signs, host } = address;
    this.#images.push({ start, end, href, signs, host, carrier: 'image', instead: '' });
  }

  /** A background as we write them, and as mail programs write them anew when they quote. */
  #openBackground(start: number, end: number, attributes: Attributes): BackgroundSite | undefined {
    if (end - start < SHORTEST_BACKGROUND) return undefined;
    const style = attributes.find(this.#text, 'style');
    if (style === undefined || style.valueEnd - style.valueStart > LONGEST_ADDRESS) return undefined;
    const found = findCssAddress(this.#text.slice(style.valueStart, style.valueEnd));
    if (found === undefined) return undefined;
    const at = style.valueStart;
    const address = this.#address(at + found.valueStart, at + found.valueEnd);
    if (address === undefined) return undefined;
    const { href, signs, host } = address;
    return { start, href, signs, host, urlStart: at + found.start, urlEnd: at + found.end };
  }

  /** @param end of the element, when nothing stands in it: then it is ours alone */
  #closeBackground(end?: number): void {
    if (this.#background === undefined) return;
    const { start, href, signs, host, urlStart, urlEnd } = this.#background;
    this.#background = undefined;
    this.#images.push(
      end === undefined
        ? { start: urlStart, end: urlEnd, href, signs, host, carrier: 'background', instead: 'none' }
        : { start, end, href, signs, host, carrier: 'background', instead: '' },
    );
  }

  /** An attribute's http or https address, undefined for all others. */
  #address(start: number, end: number): JudgedAddress | undefined {
    if (end - start > LONGEST_ADDRESS) return undefined;
    const signs = signsOf(this.#text, start, end);
    if ((signs & UNUSUAL) !== 0) return this.#unusualAddress(start, end);
    const raw = this.#text.slice(start, end);
    const href = (signs & AMPERSAND) === 0 ? raw : decodeAmpersands(raw);
    if (href === undefined) return this.#unusualAddress(start, end);
    return isHttpAddress(raw) ? { href, signs, host: plainHost(this.#text, start, end) } : undefined;
  }

  #unusualAddress(start: number, end: number): JudgedAddress | undefined {
    const raw = this.#read(start, end);
    const href = stripUrl(raw.includes('&') ? decodeHTMLAttribute(raw) : raw);
    return isHttpAddress(href) ? judgeAddress(href) : undefined;
  }
}

/** The URL parser's first steps (WHATWG URL §4.4): controls and blanks around go, tabs and line breaks anywhere. */
function stripUrl(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && value.charCodeAt(start) <= 0x20) start += 1;
  while (end > start && value.charCodeAt(end - 1) <= 0x20) end -= 1;
  const stripped = value.slice(start, end);
  return /[\t\n\r]/.test(stripped) ? stripped.replaceAll(/[\t\n\r]/g, '') : stripped;
}

function count(text: string, character: string): number {
  let found = 0;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) found += 1;
  return found;
}
