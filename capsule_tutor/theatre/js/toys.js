// The answers of capsule_tutor/theatre/table.py, for pages without Python: capsule_tutor/data/rendering.py, one picture at
// a time. The room's axes: x towards the cameras, y up, z to the side that the cameras see on their left.
import { bytes } from "./network.js";

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const less = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const unit = (a) => { const size = Math.hypot(...a) || 1; return [a[0] / size, a[1] / size, a[2] / size]; };
const radians = (degrees) => degrees * Math.PI / 180;
const clamp = (x, low, high) => Math.min(high, Math.max(low, x));
const mix = (a, b, share) => a + share * (b - a);

// A mesh as it travels → vertices, faces, and for each corner of a face the mean normal of the faces around it that are
// turned from it by less than 50°.
function mesh({ vertices, faces }) {
  const flat = new Float32Array(bytes(vertices).buffer), corners = new Uint16Array(bytes(faces).buffer), around = [];
  const points = Array.from({ length: flat.length / 3 }, (_, n) => Array.from(flat.subarray(3 * n, 3 * n + 3)));
  const triangles = Array.from({ length: corners.length / 3 }, (_, m) => Array.from(corners.subarray(3 * m, 3 * m + 3)));
  const normals = triangles.map(([a, b, c]) => cross(less(points[b], points[a]), less(points[c], points[a])));  // as long as the face is large
  const units = normals.map(unit), smooth = Math.cos(radians(50));
  triangles.forEach((triangle, m) => triangle.forEach((n) => (around[n] ??= []).push(m)));
  return { points, triangles, normals: triangles.map((triangle, m) => triangle.map((n) => unit(around[n].reduce(
    (sum, k) => (dot(units[m], units[k]) > smooth ? sum.map((x, axis) => x + normals[k][axis]) : sum), [0, 0, 0])))) };
}

// The z-buffer: in each of side² samples the face whose z is largest, or −1, and the weights of its second and third corner.
function rasterise(x, y, z, triangles, side) {
  const face = new Int32Array(side * side).fill(-1), depth = new Float64Array(side * side), two = new Float64Array(side * side), three = new Float64Array(side * side);
  const grid = (list) => list.map((at) => Math.round(64 * at) / 64), first = (at) => clamp(Math.ceil(at - 0.5), 0, side);
  x = grid(x); y = grid(y);
  triangles.forEach((corners, m) => {
    const [x0, x1, x2] = corners.map((n) => x[n]), [y0, y1, y2] = corners.map((n) => y[n]), [z0, z1, z2] = corners.map((n) => z[n]);
    const area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0);
    if (!(area < 0)) return;  // y points down: a face that looks at us is clockwise in these numbers
    const [top, middle, bottom] = [[x0, y0], [x1, y1], [x2, y2]].sort((a, b) => a[1] - b[1]);
    // Sides are measured from above, so that two triangles find the same numbers for a side that they share.
    const cut = ([ax, ay], [bx, by], level) => ax + (level - ay) * (bx - ax) / Math.max(by - ay, 1 / 64);
    for (let row = first(top[1]); row < first(bottom[1]); row++) {
      const level = row + 0.5, long = cut(top, bottom, level), short = row < first(middle[1]) ? cut(top, middle, level) : cut(middle, bottom, level);
      for (let column = first(Math.min(long, short)); column < first(Math.max(long, short)); column++) {
        const right = column + 0.5 - x0, down = level - y0, at = row * side + column;
        const b = (right * (y2 - y0) - down * (x2 - x0)) / area, c = (down * (x1 - x0) - right * (y1 - y0)) / area;
        const near = z0 + b * (z1 - z0) + c * (z2 - z0);
        if (face[at] < 0 || near >= depth[at]) { face[at] = m; depth[at] = near; two[at] = b; three[at] = c; }
      }
    }
  });
  return { face, depth, two, three };
}

// numbers (side, side) between their places: as far in as the outermost samples, or 0 around them
function between(numbers, side, x, y) {
  const column = Math.floor(x), row = Math.floor(y), get = (r, c) => (r < 0 || c < 0 || r >= side || c >= side ? 0 : numbers(r * side + c));
  return mix(mix(get(row, column), get(row, column + 1), x - column), mix(get(row + 1, column), get(row + 1, column + 1), x - column), y - row);
}

// Twice the mean of 5×5, with 0 around.
function blurred(numbers, side) {
  for (const step of [1, side, 1, side]) {
    const wide = numbers;
    numbers = wide.map((_, n) => {
      const at = step === 1 ? n % side : Math.floor(n / side);
      let sum = 0;
      for (let k = Math.max(-2, -at); k <= Math.min(2, side - 1 - at); k++) sum += wide[n + k * step];
      return sum / 5;
    });
  }
  return numbers;
}

// → (2, size, size), the left eye first
function render({ points, triangles, normals }, azimuth, elevation, light, { size, fine, distance, focus, eyes, map, reach, lamps, toy, ground }) {
  const cos = Math.cos(radians(azimuth)), sin = Math.sin(radians(azimuth)), turned = ([x, y, z]) => [x * cos + z * sin, y, z * cos - x * sin];
  const vertices = points.map(turned), floor = vertices.reduce((least, [, y]) => Math.min(least, y), Infinity);
  const [place, strength, ambient] = lamps[light], lamp = unit(place);

  // As the lamp sees the ground: how high above it is the toy that hides each place, or 0.
  const onMap = ([x, y, z]) => [[x, 0], [z, 2]].map(([at, axis]) => ((at - (y - floor) * place[axis] / place[1]) / reach + 1) * (map / 2));
  const falls = vertices.map(onMap), hidden = rasterise(falls.map(([x]) => x), falls.map(([, z]) => z), vertices.map(([, y]) => y - floor + 1e-3), triangles, map);
  const shadow = blurred(Float32Array.from(hidden.face, (m) => +(m >= 0)), map), high = (n) => (hidden.face[n] < 0 ? 0 : hidden.depth[n]);

  const e = radians(elevation), pictures = new Float32Array(2 * size * size), samples = size * fine;
  eyes.forEach((eye, picture) => {
    const a = radians(eye), away = [-Math.cos(e) * Math.cos(a), -Math.sin(e), -Math.cos(e) * Math.sin(a)], right = [Math.sin(a), 0, -Math.cos(a)], down = cross(away, right);
    const camera = away.map((x) => -distance * x), seen = vertices.map((v) => { const rel = less(v, camera); return [dot(rel, right), dot(rel, down), dot(rel, away)]; });
    const screen = (axis) => seen.map((v) => fine * (focus * v[axis] / v[2] + size / 2));
    const hits = rasterise(screen(0), screen(1), seen.map((v) => distance / v[2]), triangles, samples);

    for (let pixel = 0; pixel < size * size; pixel++) {
      const row = Math.floor(pixel / size), column = pixel % size;
      // What comes from the ground, the toy's shadow on it.
      const [sx, sy] = [column, row].map((at) => (at + 0.5 - size / 2) / focus), ray = away.map((x, axis) => x + right[axis] * sx + down[axis] * sy);
      const far = (floor - camera[1]) / Math.min(ray[1], -1e-3), [gx, gz] = [0, 2].map((axis) => (((camera[axis] + far * ray[axis]) / reach + 1) * map - 1) / 2);
      const up = ground * strength * lamp[1];
      let grey = ground * ambient + up - up * between((n) => shadow[n], map, gx, gz);

      // The mean point and normal of the pixel's samples on the toy.
      let count = 0, point = [0, 0, 0], normal = [0, 0, 0];
      for (let n = 0; n < fine * fine; n++) {
        const at = (row * fine + Math.floor(n / fine)) * samples + column * fine + n % fine, m = hits.face[at];
        if (m < 0) continue;
        count++;
        [1 - hits.two[at] - hits.three[at], hits.two[at], hits.three[at]].forEach((w, k) => {
          const corner = vertices[triangles[m][k]], facing = normals[m][k];
          for (let axis = 0; axis < 3; axis++) { point[axis] += w * corner[axis]; normal[axis] += w * facing[axis]; }
        });
      }
      if (count) grey = mix(grey, toyLight(point.map((x) => x / count), unit(turned(normal.map((x) => x / count)))), count / fine ** 2);
      pictures[picture * size * size + pixel] = Math.round(255 * clamp(grey, 0, 1)) / 255;
    }

    function toyLight(at, facing) {
      const eyeward = unit(less(camera, at)), lit = dot(lamp, facing);
      // Blinn 1977: how nearly the normal halves the way between lamp and eye.
      const shine = Math.max(0, (lit + dot(facing, eyeward)) / Math.sqrt(2 + 2 * dot(lamp, eyeward))) ** 24;
      const above = at.map((x, axis) => x + 0.04 * facing[axis]), height = above[1] - floor;  // a surface does not shade itself
      const [x, z] = onMap(above).map((k) => clamp(k - 0.5, 0, map - 1.001)), free = between((n) => +(high(n) <= height + 0.01), map, x, z);
      // Less of the sky is seen from below, and near the ground.
      const sky = (0.75 + 0.25 * facing[1]) * (1 - 0.4 / (1 + 6 * Math.max(0, height)) ** 2);
      return toy * ambient * sky + strength * free * (toy * Math.max(0, lit) + 0.18 * shine);
    }
  });
  return pictures;
}

export function toys(data) {
  const made = new Map();
  const scene = {
    programme: () => data.programme,
    toy({ label, instance, azimuth, elevation, light }) {
      const key = `${label} ${instance}`;
      if (!made.has(key)) made.set(key, mesh(data.meshes[label][instance]));
      return { eyes: render(made.get(key), azimuth, elevation, light, data.room) };
    },
  };
  return () => async (question) => scene[question.what](question);
}
