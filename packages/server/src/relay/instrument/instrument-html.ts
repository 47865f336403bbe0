import type { Reason, UntouchedLink } from '@waybill/sdk';
import { planHtml } from './html-edits.ts';
import type { HtmlOptions, TextEdit, TrackedLink } from './html-options.ts';
import { unsubscribeTargets } from './link-rules.ts';
import { pixelReason } from './pixel-reasons.ts';
import { surveyHtml, surveySteps, type HtmlSurvey } from './html-survey.ts';
import type { Steps } from './steps.ts';
import { untouchedLinksOf } from './untouched-links.ts';

export interface InstrumentedHtml {
  html: string;
  pixel: string | null;
  /** Why there is none, although one was asked for. */
  pixelReason: Reason | null;
  links: TrackedLink[];
  untouchedLinks: UntouchedLink[];
}

/** A document that was read once for all its copies. */
export interface PreparedHtml {
  html: string;
  survey: HtmlSurvey;
}

export function* prepareHtml(html: string): Steps<PreparedHtml> {
  return { html, survey: yield* surveySteps(html) };
}

/** Instruments a document that is not in a message. Without a place for a demanded disclosure nothing is tracked. */
export function instrumentHtml(document: string | PreparedHtml, options: HtmlOptions): InstrumentedHtml {
  const { html, survey } =
    typeof document === 'string' ? { html: document, survey: surveyHtml(document) } : document;
  const limits = {
    unicode: true,
    unsubscribe: unsubscribeTargets([]),
    unfoldable: false,
    leavesLinks: false,
  };
  const plan = planHtml(survey, options, limits);
  if (plan === undefined) {
    return {
      html,
      pixel: null,
      pixelReason: pixelReason('no-place'),
      links: [],
      untouchedLinks: [],
    };
  }
  const { edits, pixel, noPixel, links, left } = plan;
  return {
    html: spliceText(html, edits),
    pixel,
    pixelReason: noPixel === undefined ? null : pixelReason(noPixel),
    links,
    untouchedLinks:
      options.linkUrl === null ? [] : untouchedLinksOf(survey, left, (start, end) => html.slice(start, end)),
  };
}

/** A document as its author wrote it: for previews, which must not load pixels or count clicks. */
export function stripTracking(
  html: string | PreparedHtml,
  isTracked: NonNullable<HtmlOptions['isTracked']>,
): string {
  return instrumentHtml(html, { pixelUrl: null, linkUrl: null, isTracked }).html;
}

function spliceText(text: string, edits: readonly TextEdit[]): string {
  const pieces: string[] = [];
  let position = 0;
  for (const edit of edits) {
    pieces.push(text.slice(position, edit.start), edit.text);
    position = edit.end;
  }
  pieces.push(text.slice(position));
  return pieces.join('');
}
