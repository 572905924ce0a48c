// A capsule network without Python: Efficient-CapsNet's encoder and the decoder, of any size (Mazzia 2021).
import { exponentialSquash, length, selfAttentionRouting } from "./arithmetic.js";

// Numbers travel in base64, weights as float16, what was computed as float32; each list is decoded when first needed.
const HALF = new Float32Array(65536);
for (let h = 0; h < 65536; h++) {
  const exponent = (h >> 10) & 31, fraction = h & 1023, sign = h & 32768 ? -1 : 1;
  HALF[h] = sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}
export function bytes(text) {
  const raw = atob(text), out = new Uint8Array(raw.length);
  for (let n = 0; n < raw.length; n++) out[n] = raw.charCodeAt(n);
  return out;
}
const floats = {
  half(text) {
    const half = new Uint16Array(bytes(text).buffer), out = new Float32Array(half.length);
    for (let n = 0; n < out.length; n++) out[n] = HALF[half[n]];  // Float32Array.from takes twenty times as long
    return out;
  },
  single: (text) => new Float32Array(bytes(text).buffer),
};
export function decoded(value) {
  if (Array.isArray(value)) return value.map(decoded);
  if (value === null || typeof value !== "object") return value;
  const made = {};
  for (const [name, part] of Object.entries(value)) {
    const kind = part && typeof part === "object" && Object.keys(floats).find((k) => k in part);
    if (kind) {
      let list;
      Object.defineProperty(made, name, { get: () => (list ??= floats[kind](part[kind])), enumerable: true });
    } else made[name] = decoded(part);
  }
  return made;
}

export const relu = (x) => (x > 0 ? x : 0), sigmoid = (x) => 1 / (1 + Math.exp(-x));

// Σ a·b over so many numbers from two places on; four sums at a time, for a processor need not wait for one of them.
function dot(a, i, b, k, count) {
  let one = 0, two = 0, three = 0, four = 0, n = 0;
  for (; n + 3 < count; n += 4) {
    one += a[i + n] * b[k + n]; two += a[i + n + 1] * b[k + n + 1];
    three += a[i + n + 2] * b[k + n + 2]; four += a[i + n + 3] * b[k + n + 3];
  }
  for (; n < count; n++) one += a[i + n] * b[k + n];
  return one + two + three + four;
}

// W x + bias, where x holds inputs from number `from` on and all others are 0
function linear(x, from, { weight, bias }, act) {
  const inputs = weight.length / bias.length;
  return bias.map((add, row) => act(add + dot(weight, row * inputs + from, x, 0, x.length)));
}

// → [maps, how many, the side of each]
export function convolve(x, channels, side, { weight, bias, kernel, stride }) {
  const after = Math.floor((side - kernel) / stride) + 1, places = after * after, patch = channels * kernel * kernel;
  const seen = new Float32Array(places * patch), out = new Float32Array(bias.length * places);
  for (let place = 0, to = 0; place < places; place++) {  // all that a filter sees from each place, in one row
    const top = Math.floor(place / after) * stride, left = place % after * stride;
    for (let c = 0; c < channels; c++) for (let p = 0; p < kernel; p++) {
      const from = (c * side + top + p) * side + left;
      for (let q = 0; q < kernel; q++) seen[to++] = x[from + q];
    }
  }
  for (let f = 0; f < bias.length; f++) for (let place = 0; place < places; place++)
    out[f * places + place] = bias[f] + dot(weight, f * patch, seen, place * patch, patch);
  return [out, bias.length, after];
}

export function network(packed) {
  const net = decoded(packed), { classes: J, d: D, z: Z, children: I, shape } = net;

  // One capsule's pose → its drawing. Only the Z inputs of capsule j are not zero.
  function decode(pose, j) {
    return net.decoder.reduce((x, layer, n) => linear(x, n ? 0 : j * Z, layer, n < net.decoder.length - 1 ? relu : sigmoid), pose);
  }

  // Everything between the image and its capsules.
  function encode(image) {
    let x = image, [channels, side] = shape;
    const maps = [];
    for (const layer of net.front) {  // convolution, ReLU, and a normalisation that is a·x + b once trained
      [x, channels, side] = convolve(x, channels, side, layer);
      for (let c = 0; c < channels; c++) for (let k = c * side * side; k < (c + 1) * side * side; k++)
        x[k] = layer.scale[c] * relu(x[k]) + layer.shift[c];
      maps.push({ map: x, channels, side });
    }
    const u = new Float32Array(I * D), { weight, bias, kernel } = net.primary;
    for (let i = 0; i < I; i++) {
      const pose = new Float32Array(D);
      for (let d = 0; d < D; d++) {
        const c = i * D + d;
        pose[d] = bias[c];
        for (let p = 0; p < kernel; p++) for (let q = 0; q < kernel; q++)
          pose[d] += weight[(c * kernel + p) * kernel + q] * x[(c * side + p) * side + q];
      }
      u.set(exponentialSquash(pose), i * D);
    }
    // û_{j|i} = u_i W_ij
    const votes = new Float32Array(I * J * Z), w = net.routing.weight;  // (i, j, d, z)
    for (let ij = 0; ij < I * J; ij++) for (let d = 0; d < D; d++) {
      const x = u[Math.floor(ij / J) * D + d];
      for (let z = 0; z < Z; z++) votes[ij * Z + z] += x * w[(ij * D + d) * Z + z];
    }
    const [{ c, v }] = selfAttentionRouting(votes, [I, J, Z], net.routing.prior);
    const lengths = Float32Array.from({ length: J }, (_, j) => length(v.subarray(j * Z, (j + 1) * Z)));
    return { maps, u, votes, c, v, lengths };
  }
  return { ...packed, net, sizes: [I, J, Z], prior: () => net.routing.prior, decode, encode };
}

// Ink as data.place puts it: the digit in side − 8 pixels, full ink again, its mass in the middle. null: blank paper
export function placed(ink, size, side) {
  let top = size, left = size, bottom = -1, right = -1;
  for (let n = 0; n < ink.length; n++) if (ink[n] > 127) {
    const y = Math.floor(n / size), x = n % size;
    top = Math.min(top, y); bottom = Math.max(bottom, y); left = Math.min(left, x); right = Math.max(right, x);
  }
  if (bottom < 0) return null;
  const high = bottom - top + 1, wide = right - left + 1, scale = (side - 8) / Math.max(high, wide);
  const [h, w] = [high, wide].map((n) => Math.max(1, Math.round(n * scale)));
  const rows = triangles(high, h), columns = triangles(wide, w), small = new Float32Array(h * w);
  let most = 0, mass = 0, sx = 0, sy = 0;
  for (let r = 0; r < h; r++) for (let c = 0; c < w; c++) {
    let sum = 0;
    rows[r].shares.forEach((a, y) => columns[c].shares.forEach((b, x) => {
      sum += a * b * ink[(top + rows[r].first + y) * size + left + columns[c].first + x] / 255;
    }));
    small[r * w + c] = sum;
    most = Math.max(most, sum); mass += sum; sx += c * sum; sy += r * sum;
  }
  // 1e-4 decides a tie, as in Python
  const at = (a, n) => Math.floor(Math.min(Math.max(side / 2 - a + 0.4999, 0), side - n)), image = new Float32Array(side * side);
  const y = at(sy / mass, h), x = at(sx / mass, w);
  for (let r = 0; r < h; r++) for (let c = 0; c < w; c++) image[(y + r) * side + x + c] = small[r * w + c] / most;
  return image;
}

// For each new pixel of a side that is made smaller: the first old one that it sees, and the share of it and of the next.
function triangles(before, after) {
  const scale = before / after, reach = Math.max(1, scale);
  return Array.from({ length: after }, (_, n) => {
    const centre = scale * (n + 0.5), first = Math.max(0, Math.floor(centre - reach + 0.5));
    const end = Math.min(before, Math.floor(centre + reach + 0.5));
    const heights = Array.from({ length: end - first }, (_, k) => Math.max(0, 1 - Math.abs(first + k + 0.5 - centre) / reach));
    const sum = heights.reduce((a, b) => a + b, 0);
    return { first, shares: heights.map((x) => x / sum) };
  });
}
