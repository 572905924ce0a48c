// Pictures of numbers: dark for more, or orange for positive and blue for negative; tile beside tile.
import { paint, rgb } from "./parts.js";

const ALL_BUT = 0.995;  // the share of numbers that a colour scale reaches
const PLUS = rgb("#e69f00"), MINUS = rgb("#0072b2");

export function colours(list) {
  const sizes = Float32Array.from(list, Math.abs).sort(), both = list.some((x) => x < 0);
  const at = (share) => sizes[Math.floor(share * (sizes.length - 1))];  // a few extremes would leave all others alike
  const least = both ? 0 : at(1 - ALL_BUT), most = at(ALL_BUT), reach = most - least || 1;
  const share = (x) => Math.min(1, Math.max(0, (Math.abs(x) - least) / reach));
  const colour = (x) => (both ? (x > 0 ? PLUS : MINUS) : [0, 0, 0]).map((c) => 255 + share(x) * (c - 255));
  return { low: both ? -most : least, high: most, both, colour };
}

// Returns where(pixel): the number behind a pixel; −1: between tiles, −2: after the last.
export function drawn(canvas, { tiles, sizes: [n, height, width] }, columns, colour) {
  const rows = Math.ceil(n / columns), gap = n > 1 ? 1 : 0, wide = columns * (width + gap) - gap, high = rows * (height + gap) - gap;
  Object.assign(canvas, { width: wide, height: high });
  const where = (k) => {
    const x = k % wide, y = Math.floor(k / wide), column = Math.floor(x / (width + gap)), row = Math.floor(y / (height + gap));
    const dx = x % (width + gap), dy = y % (height + gap), tile = row * columns + column;
    return tile >= n ? -2 : dx < width && dy < height ? (tile * height + dy) * width + dx : -1;
  };
  paint(canvas, (k) => { const at = where(k); return at === -2 ? [255, 255, 255] : at < 0 ? [200, 200, 200] : colour(tiles[at]); });
  return where;
}
