// The answers of capsule_tutor/theatre/apart.py, for pages without Python.
import { bytes, network } from "./network.js";

export function pairs(data) {
  const net = network(data.network), [, , side] = net.shape, Z = net.z, from = side - 8, edge = 4;
  const ink = Float32Array.from(bytes(data.digits), (x) => x / 255);  // (class, from, from)

  // A digit in the middle, moved by so many pixels to the right; what leaves on one side comes back on the other.
  function moved(digit, by) {
    const image = new Float32Array(side * side);
    for (let row = 0; row < from; row++) for (let column = 0; column < from; column++)
      image[(edge + row) * side + (edge + column + by + side) % side] = ink[(digit * from + row) * from + column];
    return image;
  }
  const both = (one, other) => { const all = new Float32Array(2 * side * side); all.set(one); all.set(other, side * side); return all; };
  const scene = {
    programme: () => data.programme,
    pair({ digits: [a, b], distance }) {
      const left = Math.floor(distance / 2), parts = [moved(a, -left), moved(b, distance - left)];
      const image = parts[0].map((x, n) => Math.min(1, x + parts[1][n])), { v, lengths } = net.encode(image);
      return { image, lengths, parts: both(...parts), drawn: both(...[a, b].map((j) => net.decode(v.subarray(j * Z, (j + 1) * Z), j))) };
    },
  };
  return () => async (question) => scene[question.what](question);
}
