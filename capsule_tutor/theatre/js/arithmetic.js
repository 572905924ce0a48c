// The equations of capsule_tutor/functional.py, for pages without Python. Letters as there: i child, j parent, z pose.
// Every table is one flat list: votes[(i·J + j)·Z + z], c[i·J + j], v[j·Z + z].

export const length = (pose) => Math.hypot(...pose);
export const longest = (lengths) => lengths.indexOf(Math.max(...lengths));

// v = ‖s‖²/(1 + ‖s‖²) · s/‖s‖   (Sabour 2017, eq. 1)
export function squash(s) {
  const n2 = s.reduce((sum, x) => sum + x * x, 0), scale = n2 / (1 + n2) / Math.sqrt(n2 + 1e-8);
  return s.map((x) => scale * x);
}

// v = (1 − e^{−‖s‖}) · s/‖s‖   (Xi 2017; Mazzia 2021, eq. 2)
export function exponentialSquash(s) {
  const n = Math.sqrt(s.reduce((sum, x) => sum + x * x, 1e-8)), scale = -Math.expm1(-n) / n;
  return s.map((x) => scale * x);
}

// c_i: = softmax of logits_i: over the parents j
function softmax(logits, I, J) {
  const c = new Float32Array(I * J);
  for (let i = 0; i < I; i++) {
    const row = logits.subarray(i * J, (i + 1) * J), most = Math.max(...row), e = row.map((x) => Math.exp(x - most));
    const sum = e.reduce((a, b) => a + b);
    for (let j = 0; j < J; j++) c[i * J + j] = e[j] / sum;
  }
  return c;
}

// s_j = Σ_i c_ij û_{j|i}
function weightedSum(c, votes, [I, J, Z]) {
  const s = new Float32Array(J * Z);
  for (let i = 0; i < I; i++) for (let j = 0; j < J; j++) for (let z = 0; z < Z; z++)
    s[j * Z + z] += c[i * J + j] * votes[(i * J + j) * Z + z];
  return s;
}

// agreement_ij = û_{j|i} · v_j
function agreement(votes, v, [I, J, Z]) {
  const a = new Float32Array(I * J);
  for (let i = 0; i < I; i++) for (let j = 0; j < J; j++) for (let z = 0; z < Z; z++)
    a[i * J + j] += votes[(i * J + j) * Z + z] * v[j * Z + z];
  return a;
}

function each(s, [, J, Z], squashing) {
  const v = new Float32Array(J * Z);
  for (let j = 0; j < J; j++) v.set(squashing(s.subarray(j * Z, (j + 1) * Z)), j * Z);
  return v;
}

// Sabour 2017, procedure 1. All iterations: [{c, v}, …], the k-th as if there were no more than k + 1.
export function dynamicRouting(votes, sizes, iterations) {
  const [I, J] = sizes, logits = new Float32Array(I * J), steps = [];
  for (let k = 0; k < iterations; k++) {
    const c = softmax(logits, I, J), v = each(weightedSum(c, votes, sizes), sizes, squash);
    agreement(votes, v, sizes).forEach((a, n) => { logits[n] += a; });
    steps.push({ c, v });
  }
  return steps;
}

// a_ij = ⟨û_{j|i}, Σ_k û_{j|k}⟩ / √z
function products(votes, sizes) {
  const [I, J, Z] = sizes, total = weightedSum(new Float32Array(I * J).fill(1), votes, sizes);
  return agreement(votes, total, sizes).map((a) => a / Math.sqrt(Z));
}

// Mazzia 2021, eqs. 3-5; `prior` (i, j) or null. One step: [{c, v}]
export function selfAttentionRouting(votes, sizes, prior) {
  const [I, J] = sizes, c = softmax(products(votes, sizes), I, J);
  if (prior) prior.forEach((p, n) => { c[n] += p; });
  return [{ c, v: each(weightedSum(c, votes, sizes), sizes, exponentialSquash) }];
}

// What the softmax of step k makes shares of (k = 0 is the first). `logits` says how they come about: "sums" of the
// agreements of all steps before, or "products" of the votes.
export function logitsAt(k, { logits, agreement }, votes, sizes) {
  if (logits === "products") return products(votes, sizes);
  // b_ij = Σ_{l<k} û_{j|i} · v_j^{(l)}
  const size = sizes[0] * sizes[1], b = new Float32Array(size);
  for (let n = 0; n < k * size; n++) b[n % size] += agreement[n];
  return b;
}

// What a stage shows of one algorithm: its steps, one after the other in flat lists.
export function way(name, logits, steps, votes, sizes) {
  const [I, J, Z] = sizes, count = steps.length;
  const all = { name, logits, steps: count, c: new Float32Array(count * I * J), v: new Float32Array(count * J * Z) };
  all.lengths = new Float32Array(count * J); all.agreement = new Float32Array(count * I * J);
  all.entropy = new Float32Array(count);
  steps.forEach(({ c, v }, k) => {
    all.c.set(c, k * I * J); all.v.set(v, k * J * Z); all.agreement.set(agreement(votes, v, sizes), k * I * J);
    for (let j = 0; j < J; j++) all.lengths[k * J + j] = length(v.subarray(j * Z, (j + 1) * Z));
    all.entropy[k] = entropy(c, I, J);
  });
  return all;
}

// In bits, mean over the children; NaN where the couplings are no shares.
function entropy(c, I, J) {
  for (let i = 0; i < I; i++) {
    const row = c.subarray(i * J, (i + 1) * J), sum = row.reduce((a, b) => a + b);
    if (Math.min(...row) < 0 || Math.abs(sum - 1) > 1e-3) return NaN;
  }
  return -c.reduce((sum, x) => sum + (x > 1e-12 ? x * Math.log2(x) : 0), 0) / I;
}
