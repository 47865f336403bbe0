const scratch = Buffer.alloc(512 * 1024);

/**
 * A buffer to decode into, at least as long: its content is good until the next is asked for. Making and giving back one
 * for each part is slow.
 */
export function scratchFor(sizeBytes: number): Buffer {
  return sizeBytes <= scratch.length ? scratch : Buffer.allocUnsafe(sizeBytes);
}
