import type { WorkspaceId } from '../kernel/ids.ts';
import {
  isTrackableDestination,
  linkUrl,
  pageUrl,
  pixelUrl,
  readTrackedUrl,
  trapUrl,
  unsignedLinkUrl,
  type Keyring,
} from '../tracking/tracking.ts';
import type { CopyPlan } from './envelope.ts';
import type { InstrumentOptions, InstrumentResult, PlainText, SpamCare } from './instrument/instrument.ts';

/** What pixels and links are made with. */
export interface TrackingContext {
  keyring: Keyring;
  /** Without a slash at the end. */
  publicUrl: string;
  /** What is done with mail that has no HTML; nothing when it is not given. */
  plainText?: PlainText;
  /** What gives way for the sake of spam filters; links when it is not given. */
  spamCare?: SpamCare;
  /** Copies with tracked links carry one that nobody can see, too; not when it is not given. */
  trapLink?: boolean;
}

export function copyPlan(
  { keyring, publicUrl, plainText, spamCare, trapLink }: TrackingContext,
  workspaceId: WorkspaceId,
  { subject, mode, disclosure }: Pick<CopyPlan, 'subject' | 'mode' | 'disclosure'>,
): CopyPlan {
  const claims = { workspaceId, subject, linkIndex: 0, mode };
  return {
    pixelUrl: pixelUrl(keyring, publicUrl, claims),
    mode,
    subject,
    disclosure,
    // In the other modes nothing is kept that could be judged by it.
    ...(trapLink === true && mode === 'full' ? { trapUrl: trapUrl(keyring, publicUrl, claims) } : {}),
    ...(plainText === undefined ? {} : { plainText }),
    ...(spamCare === undefined ? {} : { spamCare }),
  };
}

/**
 * How a copy is instrumented; the same plan gives the same bytes.
 * @param resigns domains whose signatures may be broken, since the copy is signed anew
 */
export function instrumentOptions(
  context: TrackingContext,
  workspaceId: WorkspaceId,
  plan: CopyPlan,
  resigns?: (domain: string) => boolean,
): InstrumentOptions {
  const { keyring, publicUrl } = context;
  const { subject, mode, disclosure, plainText, spamCare } = plan;
  return {
    pixelUrl: plan.pixelUrl,
    linkUrl: (destination, linkIndex) =>
      isTrackableDestination(destination)
        ? linkUrl(keyring, publicUrl, { workspaceId, subject, linkIndex, mode }, destination)
        : destination,
    isTracked: trackedBy(keyring),
    ...(plan.trapUrl === undefined ? {} : { trapUrl: plan.trapUrl }),
    ...(plainText === undefined ? {} : { plainText }),
    ...(spamCare === undefined ? {} : { spamCare }),
    ...(resigns === undefined ? {} : { resigns }),
    ...(disclosure === 'none'
      ? {}
      : { disclosure: { kind: disclosure, pageUrl: pageUrl(keyring, publicUrl, { workspaceId, subject }) } }),
  };
}

/** The same decisions without a signature for each link: what is done with a mail does not depend on whom it is for. */
export function trialOptions(
  context: TrackingContext,
  workspaceId: WorkspaceId,
  plan: CopyPlan,
  resigns: (domain: string) => boolean,
): InstrumentOptions {
  return {
    ...instrumentOptions(context, workspaceId, plan, resigns),
    linkUrl: (destination) =>
      isTrackableDestination(destination) ? unsignedLinkUrl(context.publicUrl, destination) : destination,
  };
}

/** Our own pixels and links, so that quoted ones are restored. */
export function trackedBy(keyring: Keyring): NonNullable<InstrumentOptions['isTracked']> {
  return (url) => {
    const tracked = readTrackedUrl(keyring, url);
    if (tracked === undefined) return undefined;
    const { kind, destination } = tracked;
    return destination === undefined ? { kind } : { kind, destination };
  };
}

/** Each distinct destination; a link that stays as it is has nothing to record. */
export function trackedLinks({ links }: Pick<InstrumentResult, 'links'>): { index: number; url: string }[] {
  const urls = new Map<number, string>();
  for (const { from, to, index } of links) if (from !== to) urls.set(index, from);
  return [...urls].map(([index, url]) => ({ index, url }));
}
