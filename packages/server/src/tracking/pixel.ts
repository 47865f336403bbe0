/**
 * The transparent image of 1×1 pixel: a GIF89a with a two-colour table, a graphic control extension that makes
 * colour 0 transparent, and one LZW-coded pixel (https://www.w3.org/Graphics/GIF/spec-gif89a.txt). 43 bytes.
 */
export const PIXEL = Buffer.from([
  ...[0x47, 0x49, 0x46, 0x38, 0x39, 0x61], // GIF89a
  ...[1, 0, 1, 0, 0x80, 0, 0], // 1×1, global table of two colours
  ...[0, 0, 0, 0xff, 0xff, 0xff], // black, white
  ...[0x21, 0xf9, 4, 1, 0, 0, 0, 0], // colour 0 is transparent
  ...[0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0], // one image, whole screen
  ...[2, 2, 0x44, 1, 0], // LZW: one pixel of colour 0
  0x3b,
]);
