import agents from '../../data/agents.json' with { type: 'json' };

const NAMES = new Map(agents.mailPackages.map((row) => [row.package, row.name]));

/** @param app in lower case */
export function knownMailPackage(app: string): string | undefined {
  return NAMES.get(app);
}

/**
 * The mail app that a package name of Android or iOS is. Android puts it into X-Requested-With of an app's WebView; a
 * mail app that is in no table says by its words that it is one.
 *
 * @param app in lower case
 */
export function mailPackage(app: string): string | undefined {
  const name = NAMES.get(app);
  if (name !== undefined) return name;
  if (!/^[a-z][\w-]*(?:\.[\w-]+)+$/.test(app) || !/mail|outlook|inbox|poczta|pošta/.test(app))
    return undefined;
  return `Mail app (${app})`;
}
