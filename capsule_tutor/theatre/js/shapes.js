// What a stage of routing is drawn with: lines as wide and as dark as a coupling, and arrows.
import { draw, write } from "./parts.js";

const LANE = 6;  // between two votes that point the same way

// One law for all widths, on the fixed scale from 0 to 1.
export const width = (c) => 0.6 + 8 * Math.abs(c);
export const opacity = (c) => Math.min(1, 0.12 + 0.88 * Math.abs(c));

// A vote as an arrow with a filled head. Returns what moves it: from (cx, cy), by (x, y).
export function arrow(stage, stroke) {
  const line = draw("line", { class: "vote", stroke }), head = draw("polygon", { class: "vote", fill: stroke });
  stage.append(line, head);
  return (cx, cy, x, y, broad, dark = 1, dashed = false) => {
    const size = Math.hypot(x, y), tip = Math.min(size, 5 + 1.3 * broad), k = size ? (size - tip) / size : 0;
    const [ux, uy] = size ? [x / size, y / size] : [0, 0], wide = 0.5 * tip;
    const at = (...numbers) => numbers.map((n) => n.toFixed(1)).join();
    const points = at(cx + x, cy + y, cx + k * x - wide * uy, cy + k * y + wide * ux, cx + k * x + wide * uy, cy + k * y - wide * ux);
    const display = size < 0.01 ? "none" : "inline";
    write(line, { x1: cx, y1: cy, x2: cx + k * x, y2: cy + k * y, "stroke-width": broad, "stroke-dasharray": dashed ? "4 3" : "none", opacity: dark, display });
    write(head, { points, opacity: dark, display });
  };
}

// v as an arrow of which only the outline is drawn: votes that point the same way are seen through it.
export function outlined(stage) {
  const shape = draw("polygon", { class: "v" });
  stage.append(shape);
  return (cx, cy, x, y) => write(shape, { points: outline(cx, cy, x, y), display: Math.hypot(x, y) < 0.01 ? "none" : "inline" });
}

export function outline(cx, cy, x, y) {
  const size = Math.hypot(x, y), [ux, uy] = size ? [x / size, y / size] : [0, 0], neck = size - 11, wide = Math.min(7.5, 0.6 * size);
  const corners = neck > 4 ? [[0, 4], [neck, 4], [neck, wide], [size, 0], [neck, -wide], [neck, -4], [0, -4]] : [[0, wide], [size, 0], [0, -wide]];
  return corners.map(([along, across]) => `${(cx + along * ux - across * uy).toFixed(1)},${(cy + along * uy + across * ux).toFixed(1)}`).join(" ");
}

// How far votes for the same parent are moved aside where they point the same way, so that none hides another.
export function lanes(votes, I, J) {
  const size = (n) => Math.hypot(votes[2 * n], votes[2 * n + 1]) || Infinity;
  const cosine = (n, m) => (votes[2 * n] * votes[2 * m] + votes[2 * n + 1] * votes[2 * m + 1]) / (size(n) * size(m));
  const near = (n, m) => Math.min(1, Math.max(0, (cosine(n, m) - 0.985) / 0.012));  // from 0 at 10° to 1 at 4°
  return Float32Array.from({ length: I * J }, (_, n) => {
    let aside = 0;
    for (let m = n % J; m < I * J; m += J) if (m !== n) aside += LANE / 2 * Math.sign(n - m) * near(n, m);
    return aside;
  });
}
