import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { instrumentHtml } from '../../src/relay/instrument/instrument.ts';
import { chromiumPath } from '../support/browser.ts';
import { lookAt, openMailViewer, type Looks, type MailViewer } from '../support/mail-viewer.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';
import { LINKED_DOCUMENTS, TRICKY_DOCUMENTS } from './tricky-documents.ts';

/** Real templates; see the corpus test of the relay. */
const DIRECTORY =
  process.env['WAYBILL_CORPUS_DIR'] ?? resolve(import.meta.dirname, '../../../../../shared/data/mail');
const noBrowser =
  chromiumPath() === undefined
    ? (process.env['WAYBILL_TEST_NO_CHROMIUM'] ?? 'no Chromium was found (WAYBILL_CHROMIUM names one)')
    : false;
const noCorpus = existsSync(join(DIRECTORY, 'html', 'index.tsv'))
  ? false
  : `no mail corpus in ${DIRECTORY} (set WAYBILL_CORPUS_DIR)`;

/** Two pages load while the other's picture is made. */
const PAGES = 2;

interface Document {
  name: string;
  html: string;
  /** With a link that nobody can see. */
  trap?: boolean;
}

describe('instrumented mail looks and reads as before, and its pixel is fetched', () => {
  test('documents in which an image could do harm', { skip: noBrowser }, async () => {
    await using directory = await temporaryDirectory();
    await using viewer = await openMailViewer(join(directory.path, 'profile'));
    await assertSame(
      viewer,
      Object.entries(TRICKY_DOCUMENTS).map(([name, html]) => ({ name, html })),
    );
  });

  test('documents with a link that nobody can see', { skip: noBrowser }, async () => {
    await using directory = await temporaryDirectory();
    await using viewer = await openMailViewer(join(directory.path, 'profile'));
    const documents = Object.entries(LINKED_DOCUMENTS).map(([name, html]) => ({ name, html, trap: true }));
    await assertSame(viewer, documents);
    for (const { name, html } of documents) assert.deepEqual(await reached(viewer, html), [], name);
  });

  test('real templates', { skip: noBrowser === false ? noCorpus : noBrowser }, async (t) => {
    await using directory = await temporaryDirectory();
    await using viewer = await openMailViewer(join(directory.path, 'profile'));
    const documents = await templates();
    await assertSame(viewer, documents);
    t.diagnostic(`${documents.length} templates`);
  });
});

async function templates(): Promise<Document[]> {
  const folder = join(DIRECTORY, 'html');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.html'));
  return Promise.all(
    names.map(async (name) => {
      const label = /utf-16be/i.test(name) ? 'utf-16be' : /utf-16/i.test(name) ? 'utf-16le' : 'utf-8';
      return { name, html: new TextDecoder(label).decode(await readFile(join(folder, name))) };
    }),
  );
}

async function assertSame(viewer: MailViewer, documents: readonly Document[]): Promise<void> {
  const waiting = documents.entries();
  const problems: string[] = [];
  const work = async (): Promise<void> => {
    for (const [index, document] of waiting) {
      let found = await problemsOf(viewer, document, index);
      // On a busy machine a picture is now and then taken too early; what is wrong stays wrong.
      for (let retry = 0; found.length > 0 && retry < 3; retry += 1) {
        found = await problemsOf(viewer, document, index);
      }
      problems.push(...found.map((problem) => `${document.name}: ${problem}`));
    }
  };
  await Promise.all(Array.from({ length: PAGES }, work));
  assert.deepEqual(problems, []);
}

async function problemsOf(
  viewer: MailViewer,
  { html, trap = false }: Document,
  index: number,
): Promise<string[]> {
  const pixelUrl = viewer.pixelUrl(index);
  const instrumented = instrumentHtml(html, {
    pixelUrl,
    linkUrl: (to, link) => linkUrl(viewer, to, link),
    ...(trap ? { trapUrl: trapUrl(viewer) } : {}),
  });
  if (instrumented.pixel === null) return ['it carries no pixel'];
  if (trap && !instrumented.html.includes(trapUrl(viewer))) return ['it carries no trap'];
  const before = await lookAt(viewer, html);
  const after = await lookAt(viewer, instrumented.html, before);
  const problems = before.views.flatMap((view, at) => differences(view, after.views[at]));
  if (before.text !== after.text)
    problems.push(`the visible text differs: ${firstDifference(before, after)}`);
  const tree = treeDifference(before.tree, after.tree);
  if (tree !== undefined) problems.push(`the accessibility tree differs: ${tree}`);
  if (viewer.fetches(pixelUrl) === 0) problems.push('the pixel was not fetched');
  return problems;
}

function linkUrl({ url }: MailViewer, to: string, link: number): string {
  return `${url}/l/${link}?to=${encodeURIComponent(to)}`;
}

function trapUrl({ url }: MailViewer): string {
  return `${url}/l/trap?to=nowhere`;
}

/** How the trap can be come by: by the keyboard, by a pointer at any place, by its size. Nothing, if all is well. */
async function reached(viewer: MailViewer, html: string): Promise<string[]> {
  const instrumented = instrumentHtml(html, {
    pixelUrl: viewer.pixelUrl(0),
    linkUrl: (to, link) => linkUrl(viewer, to, link),
    trapUrl: trapUrl(viewer),
  });
  return viewer.show(instrumented.html, async (page) => {
    const trap = page.locator('a[href*="/l/trap"]');
    const stops: string[] = [];
    for (let presses = 0; presses < 6; presses += 1) {
      await page.keyboard.press('Tab');
      stops.push(await page.evaluate<string>('document.activeElement.getAttribute("href") ?? ""'));
    }
    const box = await trap.boundingBox();
    return [
      ...(stops.some((href) => href.includes('/l/1?')) ? [] : ['the keyboard reaches no link at all']),
      ...(stops.some((href) => href.includes('/l/trap')) ? ['the keyboard reaches it'] : []),
      ...(box !== null && box.width * box.height > 0 ? [`it is ${box.width} by ${box.height} px`] : []),
    ];
  });
}

function differences(before: Looks['views'][number], after: Looks['views'][number] | undefined): string[] {
  const at = `at ${before.width} px`;
  if (after === undefined) return [`no picture ${at}`];
  const problems: string[] = [];
  const added = after.height - before.height;
  if (added < 0 || added > 1) problems.push(`${at} it is ${added} px higher`);
  if (!before.picture.equals(after.picture)) problems.push(`${at} it looks different`);
  return problems;
}

function firstDifference({ text: before }: Looks, { text: after }: Looks): string {
  let at = 0;
  while (before[at] === after[at]) at += 1;
  const some = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - 20), at + 40));
  return `${some(before)} became ${some(after)}`;
}

function treeDifference(before: readonly string[], after: readonly string[]): string | undefined {
  const at = before.findIndex((line, index) => line !== after[index]);
  if (at === -1 && before.length === after.length) return undefined;
  const index = at === -1 ? before.length : at;
  return `${before[index]} became ${after[index]}`;
}
