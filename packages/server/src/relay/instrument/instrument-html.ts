import { planHtml } from './html-edits.ts';
import type { HtmlOptions, TextEdit, TrackedLink } from './html-options.ts';
import { unsubscribeTargets } from './link-rules.ts';
import { surveyHtml } from './html-survey.ts';

/** Instruments a document that is not in a message. Without a place for a demanded disclosure nothing is tracked. */
export function instrumentHtml(
  html: string,
  options: HtmlOptions,
): { html: string; pixel: string | null; links: TrackedLink[] } {
  const limits = {
    unicode: true,
    unsubscribe: unsubscribeTargets([]),
    unfoldable: false,
    leavesLinks: false,
  };
  const plan = planHtml(surveyHtml(html), options, limits);
  if (plan === undefined) return { html, pixel: null, links: [] };
  return { html: spliceText(html, plan.edits), pixel: plan.pixel, links: plan.links };
}

/** A document as its author wrote it: for previews, which must not load pixels or count clicks. */
export function stripTracking(html: string, isTracked: NonNullable<HtmlOptions['isTracked']>): string {
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
