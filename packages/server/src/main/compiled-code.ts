import { fileURLToPath } from 'node:url';

/**
 * Where compiled code of this and all libraries is kept, so that a start takes half the time. Where it cannot be written,
 * nothing is lost. The launcher knows it, too.
 */
export const COMPILED_CODE = fileURLToPath(
  new URL('../../../../node_modules/.cache/waybill-compiled', import.meta.url),
);
