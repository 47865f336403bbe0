import { escapeAttribute } from './escape-attribute.ts';
import type { HtmlOptions, TextEdit } from './html-options.ts';
import type { HtmlSurvey } from './html-survey.ts';
import { affordableLinks, isShort, sourceLength, weighsLike } from './image-weight.ts';
import { planLinks, type EditLimits, type LinkPlan } from './link-edits.ts';
import { pixelMarkup } from './pixel.ts';
import { lengthChange } from './text-length.ts';

/** A document that is to be changed. */
export interface Document {
  survey: HtmlSurvey;
  removals: readonly TextEdit[];
  /** Image elements of its own. */
  images: number;
  /** Characters that are added, without pixel and links. */
  added: number;
}

export interface FittedPlan {
  plan: LinkPlan;
  /** No pixel at all. */
  leavesPixel: boolean;
}

/**
 * All links and the pixel, or, where they would make short mail with images heavier with spam filters, only the first links,
 * and, if `spamCare` says so and that is not enough, no pixel.
 */
export function fitToFilters(document: Document, options: HtmlOptions, limits: EditLimits): FittedPlan {
  const { survey, removals, images, added } = document;
  const { pixelUrl, spamCare } = options;
  const unmeasured = planLinks(survey, removals, options, limits);
  const whole = { plan: unmeasured, leavesPixel: false };
  if (images === 0 || spamCare === 'none') return whole;
  if (unmeasured.growths.length === 0 && spamCare !== 'pixel') return whole;
  const now = sourceLength(survey) + lengthChange(removals);
  // Most documents are long whatever their links were.
  if (!isShort(now - unmeasured.shrinkable)) return whole;
  const plan = planLinks(survey, removals, options, limits, true);
  const length = now + plan.restored;
  if (!isShort(length)) return whole;
  const pixel = pixelUrl === null ? 0 : pixelMarkup(escapeAttribute(pixelUrl), 'image', survey.rules).length;
  const leavesPixel = spamCare === 'pixel' && pixel > 0 && !weighsLike(length + added + pixel, length);
  const most = affordableLinks(length, added + (leavesPixel ? 0 : pixel), plan.growths);
  return {
    plan: most === plan.growths.length ? plan : planLinks(survey, removals, options, limits, true, most),
    leavesPixel,
  };
}
