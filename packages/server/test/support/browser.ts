import { accessSync } from 'node:fs';
import { chromium, type BrowserContext } from 'playwright-core';

const USUAL_PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of a Chromium: the launcher's choice, else a usual place; undefined when there is none. */
export function chromiumPath(): string | undefined {
  const chosen = process.env['WAYBILL_CHROMIUM'];
  return [chosen ?? '', ...USUAL_PATHS].find((path) => {
    try {
      accessSync(path);
      return path !== '';
    } catch {
      return false;
    }
  });
}

/** Chromium with a profile of its own that presents itself as a person's browser does. */
export async function openBrowser(
  profile: string,
  options: { width?: number; height?: number; colorScheme?: 'light' | 'dark' } = {},
): Promise<BrowserContext> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('no Chromium: set WAYBILL_CHROMIUM to its path');
  return chromium.launchPersistentContext(profile, {
    executablePath,
    headless: false,
    viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
    colorScheme: options.colorScheme ?? 'light',
    userAgent:
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36',
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
