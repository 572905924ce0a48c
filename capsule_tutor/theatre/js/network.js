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
function decoded(value) {
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

const relu = (x) => (x > 0 ? x : 0), sigmoid = (x) => 1 / (1 + Math.exp(-x));

// W x + bias, where x holds inputs from number `from` on and all others are 0
function linear(x, from, { weight, bias }, act) {
  const out = new Float32Array(bias.length), inputs = weight.length / bias.length;
  for (let row = 0; row < out.length; row++) {
    let sum = bias[row];
    const start = row * inputs + from;
    for (let n = 0; n < x.length; n++) sum += weight[start + n] * x[n];
    out[row] = act(sum);
  }
  return out;
}

function convolve(x, channels, side, { weight, bias, kernel, stride }) {
  const filters = bias.length, after = Math.floor((side - kernel) / stride) + 1, out = new Float32Array(filters * after * after);
  for (let f = 0; f < filters; f++) {
    const plane = out.subarray(f * after * after, (f + 1) * after * after).fill(bias[f]);
    for (let c = 0; c < channels; c++) for (let p = 0; p < kernel; p++) for (let q = 0; q < kernel; q++) {
      const w = weight[((f * channels + c) * kernel + p) * kernel + q];
      for (let row = 0; row < after; row++) {
        const start = (c * side + row * stride + p) * side + q, to = row * after;
        for (let column = 0; column < after; column++) plane[to + column] += w * x[start + column * stride];
      }
    }
  }
  return [out, filters, after];
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
        for (let k = 0; k < kernel * kernel; k++) pose[d] += weight[c * kernel * kernel + k] * x[c * side * side + k];
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

// A drawing brought to the format of the training images: the digit in 20 × 20, its mass in the middle. null: no ink
export function prepared(ink, size, side) {
  const inner = side - 8;
  let top = size, left = size, bottom = -1, right = -1;
  for (let n = 0; n < ink.length; n++) if (ink[n] > 127) {
    const y = Math.floor(n / size), x = n % size;
    top = Math.min(top, y); bottom = Math.max(bottom, y); left = Math.min(left, x); right = Math.max(right, x);
  }
  if (bottom < 0) return null;
  const high = bottom - top + 1, wide = right - left + 1, scale = Math.max(high, wide) / inner;
  const small = new Float32Array(side * side), box = new Float32Array(inner * inner);
  const offX = (inner - wide / scale) / 2, offY = (inner - high / scale) / 2;
  let mass = 0, sx = 0, sy = 0;
  for (let r = 0; r < inner; r++) for (let c = 0; c < inner; c++) {  // mean ink of each pixel's own square
    let sum = 0, count = 0;
    for (let y = Math.floor((r - offY) * scale); y < (r + 1 - offY) * scale; y++) for (let x = Math.floor((c - offX) * scale); x < (c + 1 - offX) * scale; x++) {
      count++;
      if (y >= 0 && y < high && x >= 0 && x < wide) sum += ink[(top + y) * size + left + x] / 255;
    }
    box[r * inner + c] = count ? sum / count : 0;
    mass += box[r * inner + c]; sx += c * box[r * inner + c]; sy += r * box[r * inner + c];
  }
  const dx = Math.round(side / 2 - sx / mass), dy = Math.round(side / 2 - sy / mass);
  for (let r = 0; r < inner; r++) for (let c = 0; c < inner; c++) {
    const y = r + dy, x = c + dx;
    if (y >= 0 && y < side && x >= 0 && x < side) small[y * side + x] = box[r * inner + c];
  }
  return small;
}
