// One algorithm on its stage: children left, parents right, between them lines as wide and as dark as the couplings c_ij.
// A toy's votes are arrows in its parents' planes; those of digits are seen closely, for one parent, below.
import { numbersOf } from "./numbers.js";
import { arrow, lanes, opacity, outlined, width } from "./shapes.js";
import { draw, make, two, write } from "./parts.js";

const WIDTH = 310, CHILD = 58, DIGITS = 214, PLANE = 246, RADIUS = 62, RING = 14, CLOSE = 64;  // in a stage's own units
export const COLOURS_OF_CHILDREN = 5;  // of a toy: so many colours are told apart

// ---- what is drawn once

// Where everything is. `ring` is how long 1 is.
function places(sizes) {
  const [I, J, Z] = sizes, toy = Z === 2 && J <= 3, pitch = toy ? 2 * RADIUS + 34 : 36, high = J * pitch + (toy ? -6 : 10);
  return {
    sizes, I, J, Z, toy, high, whole: high + (toy ? 0 : 2 * CLOSE + 30), centre: toy ? PLANE : DIGITS, ring: RING,
    childY: (i) => high * (i + 0.5) / I,
    parentY: (j) => (toy ? 18 + RADIUS + pitch * j : 5 + pitch * (j + 0.5)),
    colour: (i) => (toy ? `var(--child-${i % COLOURS_OF_CHILDREN})` : "var(--link)"),
  };
}

const note = (x, y, anchor) => draw("text", { x, y, "text-anchor": anchor, class: "note" });

function drawLinks({ stage, I, J, toy, centre, childY, parentY, colour }) {
  const links = [], end = centre - (toy ? RADIUS : RING);
  for (let i = 0; i < I; i++) for (let j = 0; j < J; j++)
    links.push(draw("line", { class: "link", x1: CHILD + 11, y1: childY(i), x2: end, y2: parentY(j), stroke: colour(i), "data-i": i, "data-j": j }));
  stage.append(...links);
  return links;
}

// A child or a parent: a hover or the focus shows its lines alone, a click keeps them.
function node({ stage, act }, kind, n, ...inside) {
  const name = `${kind}-${n}`, group = draw("g", { class: `node ${kind}`, role: "button", tabindex: -1, "aria-pressed": "false", "data-node": name }, ...inside);
  group.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse" && !event.buttons) act.look(name); });
  group.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") act.look(""); });
  group.addEventListener("focus", () => act.look(name));
  group.addEventListener("blur", () => act.look(""));
  group.addEventListener("click", () => act.look(name, true));
  stage.append(group);
  return group;
}

function drawChild(scene, i) {
  const { I, toy, childY, colour } = scene, y = childY(i), r = toy || I <= 20 ? 10 : 7, beside = note(CHILD - 14, y + 4, "end");
  const circle = draw("circle", { cx: CHILD, cy: y, r, class: "child", stroke: colour(i) });
  const name = draw("text", { x: CHILD, y: y + 4, "text-anchor": "middle", class: "name" }, i);
  return { group: node(scene, "child", i, circle, ...(r === 10 ? [name] : []), beside), note: beside };
}

function drawParent(scene, j) {
  const { toy, centre, parentY } = scene, y = parentY(j), disc = draw("circle", { cx: centre, cy: y, r: 0, class: "disc" });
  const [title, beside] = toy
    ? [draw("text", { x: centre - RADIUS, y: y - RADIUS - 8, class: "name" }), note(centre + RADIUS - 5, y + RADIUS - 6, "end")]
    : [draw("text", { x: centre + 21, y: y + 4, class: "name" }), note(WIDTH - 2, y + 4, "end")];
  const plane = toy ? [draw("rect", { x: centre - RADIUS, y: y - RADIUS, width: 2 * RADIUS, height: 2 * RADIUS, class: "plane" })] : [];
  const unit = draw("circle", { cx: centre, cy: y, class: toy ? "unit" : "ring" });
  return { group: node(scene, "parent", j, ...plane, disc, unit, title, beside), disc, unit, title, note: beside, y };
}

// One tab stop for all nodes: up and down within children or parents, left and right between them.
function walk({ stage, I, J, children, parents, act }) {
  const sides = [children, parents].map((side) => side.map((n) => n.group));
  sides[0][0].setAttribute("tabindex", 0);
  stage.addEventListener("keydown", (event) => {
    const side = sides.findIndex((s) => s.includes(event.target));
    if (side < 0) return;
    const enters = event.key === "Enter" || event.key === " ";
    if (!enters && !event.key.startsWith("Arrow")) return;
    event.preventDefault(); event.stopPropagation();
    if (enters) { act.look(event.target.dataset.node, true); return; }
    const n = sides[side].indexOf(event.target), other = sides[1 - side];
    const across = other[Math.min(other.length - 1, Math.round(n * other.length / (side ? J : I)))];
    const to = { ArrowDown: sides[side][n + 1], ArrowUp: sides[side][n - 1], [side ? "ArrowLeft" : "ArrowRight"]: across }[event.key];
    if (!to) return;
    event.target.setAttribute("tabindex", -1);
    to.setAttribute("tabindex", 0);
    to.focus();
  });
}

// A toy's votes, and the v of its parents in front of them; heads that a hand may move lie on top.
function drawVotes(scene) {
  const { stage, I, J, parents, colour, play } = scene, votes = [];
  for (let i = 0; i < I; i++) for (let j = 0; j < J; j++)
    votes.push({ i, j, set: arrow(stage, colour(i)), label: draw("text", { class: "tip", "text-anchor": "middle" }, i) });
  for (const parent of parents) parent.v = outlined(stage);
  for (const one of votes) { stage.append(one.label); if (play.draggable) one.handle = handle(scene, one.i, one.j); }
  return votes;
}

function handle(scene, i, j) {
  const { stage, centre, parents, act } = scene, n = 2 * (i * scene.J + j);
  const grip = draw("circle", { r: 12, class: "grip", role: "button", tabindex: -1, "aria-roledescription": "movable vote", "data-vote": `${i}-${j}` });
  const at = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(stage.getScreenCTM().inverse());
    return [(point.x - centre) / scene.ring, (parents[j].y - point.y) / scene.ring];
  };
  let held = [0, 0];  // from the pointer to the head
  grip.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const [x, y] = at(event);
    held = [scene.votes[n] - x, scene.votes[n + 1] - y];
    grip.setPointerCapture(event.pointerId); event.preventDefault(); grip.focus();
  });
  // Chromium gives a touch on an SVG shape to scrolling, whatever its touch-action.
  grip.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  grip.addEventListener("pointermove", (event) => {
    if (!grip.hasPointerCapture(event.pointerId)) return;
    const [x, y] = at(event);
    act.move(i, j, x + held[0], y + held[1]);
  });
  grip.addEventListener("keydown", (event) => {
    const by = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key], size = event.shiftKey ? 0.5 : 0.1;
    if (!by) return;
    event.preventDefault(); event.stopPropagation();
    act.nudge(i, j, size * by[0], size * by[1]);
  });
  stage.append(grip);
  return grip;
}

// Digits: the votes for one parent seen closely. Sixteen dimensions do not fit on paper, their angles to v do.
function drawCloser({ stage, I, high }) {
  const x = 90, y = high + 22 + CLOSE, unit = draw("circle", { cx: x, cy: y, class: "unit" }), title = draw("text", { x: 8, y: high + 14, class: "name" });
  stage.append(draw("circle", { cx: x, cy: y, r: CLOSE, class: "plane" }), unit, title);
  return { x, y, unit, title, votes: Array.from({ length: I }, () => arrow(stage, "var(--link)")), v: outlined(stage) };
}

// ---- what changes with the iteration

// value(list, n, size): the n-th of the `size` numbers of time t, between two iterations a mean of theirs.
function valueAt(data, t) {
  const k = Math.min(data.steps, Math.floor(t)) - 1, share = k + 1 < data.steps ? t - Math.floor(t) : 0;
  return (list, n, size) => { const a = list[k * size + n]; return share ? a + share * (list[(k + 1) * size + n] - a) : a; };
}

function moveLinks({ I, J, links, children, parents, data, kind, chosen }, value) {
  const sums = new Float32Array(I);
  links.forEach((link, n) => {
    const c = value(data.c, n, I * J), i = Math.floor(n / J);
    sums[i] += c;
    write(link, { "stroke-width": width(c), "stroke-opacity": opacity(c), "stroke-dasharray": c < 0 ? "4 3" : "none" });
    if (kind === "child" && chosen === i) write(parents[n % J].note, { text: `c ${two(c)}` });
    if (kind === "parent" && chosen === n % J) write(children[i].note, { text: two(c) });
  });
  if (kind !== "parent") sums.forEach((sum, i) => write(children[i].note, { text: Math.abs(sum - 1) > 5e-3 ? `Σ${two(sum)}` : "" }));
  if (kind !== "child") parents.forEach((parent) => write(parent.note, { text: "" }));
}

function moveVotes(scene, value) {
  const { I, J, arrows, aside, centre, data, parents, ring, votes, kind, chosen } = scene;
  arrows.forEach(({ i, j, set, label, handle }, n) => {
    const c = value(data.c, n, I * J), x = ring * votes[2 * n], y = -ring * votes[2 * n + 1], size = Math.hypot(x, y) || 1;
    const dark = kind === "child" && chosen !== i ? 0.12 : Math.max(0.35, opacity(c));
    set(centre - aside[n] * y / size, parents[j].y + aside[n] * x / size, x, y, 0.7 * width(c), dark);
    write(label, labelOf(scene, n, x, y));
    if (handle) write(handle, { cx: centre + x, cy: parents[j].y + y });
  });
}

// A vote's number beside its head, or one behind the other where heads meet: "1, 2".
function labelOf({ I, J, aside, centre, parents, ring, votes }, n, x, y) {
  const j = n % J, size = Math.hypot(x, y) || 1;
  const meets = (m) => Math.hypot(votes[2 * m] - votes[2 * n], votes[2 * m + 1] - votes[2 * n + 1]) * ring < 6;
  const together = Array.from({ length: I }, (_, i) => i * J + j).filter(meets), first = together[0] === n;
  // On the side to which they were moved, outside the outermost.
  const side = together.reduce((sum, m) => sum + aside[m], 0) > 1 ? 1 : -1, across = side * (9 + Math.max(...together.map((m) => side * aside[m])));
  const text = first ? together.map((m) => Math.floor(m / J)).join(", ") : "";
  return { text, x: Math.min(centre + x + (6 * x - across * y) / size, WIDTH - 3.5 * text.length), y: parents[j].y + y + (6 * y + across * x) / size + 4 };
}

function moveParents({ J, centre, data, parents, play, ring, toy }, k, lengths, value) {
  parents.forEach((parent, j) => {
    write(parent.disc, { r: ring * lengths[j] });
    // A number is an iteration's own, as in the sentence below: between two, only the picture moves.
    const told = two(data.lengths[k * J + j]);
    write(parent.title, { text: toy ? `parent ${play.parents[j]}: ‖v‖ ${told}` : `${play.parents[j]}  ${told}` });
    if (toy) parent.v(centre, parent.y, ring * value(data.v, 2 * j, 2 * J), -ring * value(data.v, 2 * j + 1, 2 * J));
  });
}

function moveCloser({ I, J, Z, closer, data, play, votes, kind, chosen }, lengths, value) {
  const j = kind === "parent" ? chosen : lengths.indexOf(Math.max(...lengths)), unit = CLOSE / play.limit;
  write(closer.title, { text: `a closer look: parent ${play.parents[j]}` });
  closer.votes.forEach((set, i) => {
    const n = i * J + j, size = Math.hypot(...votes.subarray(n * Z, (n + 1) * Z)), c = value(data.c, n, I * J);
    const cosine = Math.max(-1, Math.min(1, value(data.agreement, n, I * J) / (size * lengths[j] || 1)));
    const side = (i % 2 ? 1 : -1) * Math.sqrt(1 - cosine * cosine), shown = kind === "child" && chosen !== i ? 0.1 : opacity(c);
    set(closer.x, closer.y, unit * size * side, -unit * size * cosine, 0.5 * width(c), shown, c < 0);
  });
  closer.v(closer.x, closer.y, 0, -unit * lengths[j]);
}

function inWords({ J, data, play }, k) {
  const lengths = Array.from(data.lengths.subarray(k * J, (k + 1) * J)), best = lengths.indexOf(Math.max(...lengths));
  const bits = data.entropy[k], after = data.steps > 1 ? `After ${k + 1} iteration${k ? "s" : ""}, ` : "";
  const equals = play.parents.filter((_, j) => lengths[best] - lengths[j] < 5e-3), several = equals.length > 1;
  const who = several ? `arents ${equals.join(" and ")} are equally long` : `arent ${play.parents[best]} is longest`;
  return `${after}${after ? "p" : "P"}${who} (${two(lengths[best])})` + (Number.isNaN(bits) ? "; some couplings do not sum to 1" : `; entropy ${two(bits)} bits`) + ".";
}

// The `number`-th way of `play`. `act` is what a person can do here: look(node, keep), move(i, j, x, y), nudge(i, j, dx, dy).
export function panel(play, way, number, rule, act) {
  const scene = { ...places(play.sizes), play, data: way, votes: play.votes, aside: [], kind: "", chosen: NaN, act }, { I, J, toy } = scene;
  const stage = scene.stage = draw("svg", { viewBox: `0 0 ${WIDTH} ${scene.whole}`, class: toy ? "toy" : "digits", role: "group", "aria-label": `${way.name}: children and parents` });
  const words = make("p", { className: "words" }), numbers = numbersOf(way.name, scene);
  // Many numbers are a picture of their own, and come first.
  const figure = make("div", { className: "panel" }, make("h3", {}, way.name), make("p", { className: "rule" }, rule),
    ...(toy ? [stage, words, numbers.element] : [numbers.element, stage, words]));
  scene.links = drawLinks(scene);
  scene.children = Array.from({ length: I }, (_, i) => drawChild(scene, i));
  scene.parents = Array.from({ length: J }, (_, j) => drawParent(scene, j));
  scene.arrows = toy ? drawVotes(scene) : [];
  scene.closer = toy ? null : drawCloser(scene);
  walk(scene);
  let looking = "", shows = "", drawn = "", filled = -1;  // what was drawn and filled last, where it cannot have changed

  const failed = () => Boolean(scene.data.problem);
  const iteration = (t) => Math.min(scene.data.steps, Math.floor(t)) - 1;
  function move(t) {
    const { data } = scene, sight = `${data.steps === 1 ? "one look" : t} ${looking} ${shows}`;
    if (failed() || sight === drawn) return;
    drawn = sight;
    figure.classList.toggle("between", t < data.steps && !Number.isInteger(t));
    const value = valueAt(data, t), k = iteration(t), lengths = Array.from({ length: J }, (_, j) => value(data.lengths, j, J));
    moveLinks(scene, value);
    moveVotes(scene, value);
    moveParents(scene, k, lengths, value);
    if (scene.closer) moveCloser(scene, lengths, value);
    write(words, { text: inWords(scene, k) });
    if (shows && k !== filled) { filled = k; numbers.fill(k, data, scene.votes); }
  }
  function table(what) {
    shows = what;
    filled = -1;
    figure.classList.toggle("numbered", Boolean(what));
    figure.classList.toggle("wide", Boolean(what) && !toy);
    numbers.show(what, scene.data, scene.play.parents);
  }
  function take(found) {
    const before = failed(), { parents, votes } = found;
    Object.assign(scene, { play: found, votes, data: found.ways[number] });
    drawn = "";
    filled = -1;
    if (before !== failed()) table(shows);  // there are no rows of what failed
    if (toy) { scene.ring = RADIUS / found.limit; scene.aside = lanes(votes, I, J); }
    scene.parents.forEach((parent) => parent.unit.setAttribute("r", scene.ring));
    scene.closer?.unit.setAttribute("r", CLOSE / found.limit);
    stage.style.display = failed() ? "none" : "";
    figure.classList.toggle("failed", failed());
    if (failed()) write(words, { text: scene.data.problem });
    scene.arrows.forEach(({ i, j, handle }, n) => handle?.setAttribute("aria-label",
      `vote of child ${i} for parent ${parents[j]}: (${two(votes[2 * n])}, ${two(votes[2 * n + 1])}); arrow keys move it`));
    scene.children.forEach((child, i) => child.group.setAttribute("aria-label", `child ${i}: show its lines alone`));
    scene.parents.forEach((parent, j) => parent.group.setAttribute("aria-label", `parent ${parents[j]}: show its lines alone`));
  }
  function isolate(what, kept = "") {
    looking = what;
    const [kind, n] = what.split("-");
    Object.assign(scene, { kind, chosen: what ? +n : NaN });
    scene.links.forEach((link, n) => link.classList.toggle("off", what !== "" && scene.chosen !== (kind === "child" ? Math.floor(n / J) : n % J)));
    [...scene.children, ...scene.parents].forEach(({ group }) => {
      group.classList.toggle("looked", group.dataset.node === what);
      group.setAttribute("aria-pressed", String(group.dataset.node === kept));
    });
  }
  return {
    name: way.name, figure, failed, move, table, take, isolate,
    reachable(on) { scene.arrows.forEach((one) => one.handle?.setAttribute("tabindex", on ? 0 : -1)); },
    words: (t) => `${scene.data.name}. ${scene.data.problem || inWords(scene, iteration(t))}`,
  };
}
