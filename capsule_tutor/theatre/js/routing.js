// Routing on a stage: children left, parents right, between them lines as wide and as dark as the couplings c_ij.
import { logitsAt } from "./arithmetic.js";
import { chooser } from "./chooser.js";
import { button, calm, check, choice, draw, frame, fresh, grey, labelled, make, newest, paint, picture, sheet, write, two } from "./parts.js";

const WIDTH = 310, CHILD = 58, DIGITS = 214, PLANE = 246, RADIUS = 62, CLOSE = 64, LANE = 6;  // in a panel's own units
const MOST_CHILDREN = 5;  // of a toy: so many colours are told apart
const PACE = 900, GLIDE = 350;  // milliseconds from iteration to iteration: playing, and after a key

const NUMBERS = { "": "hide", logits: "logits b", c: "couplings c", agreement: "agreement û·v" };
const UNSEEN = "A function returns its v and its c. Its logits stay inside, which the stage cannot see.";

// One law for all widths, on the fixed scale from 0 to 1.
export const width = (c) => 0.6 + 8 * Math.abs(c);
export const opacity = (c) => Math.min(1, 0.12 + 0.88 * Math.abs(c));

// A number in at most four characters, for eleven columns: .27, -.27, 1.0, -12
function narrow(x) {
  const size = Math.abs(x), digits = size < 0.995 ? 2 : size < 9.95 ? 1 : 0;
  return x.toFixed(digits).replace(/^(-?)0\.(?=\d\d)/, "$1.").replace(/^-(?=\.?0+$)/, "");  // a true minus sign would be as wide as two digits
}

export async function routing(el, { ask, state = {}, changed = () => {} }) {
  const [box, close] = frame(el, "routing", "Who listens to whom?",
    "Every child (left) votes for the pose of every parent (right): its arrows û, which stay as they are. It divides one unit of trust among the parents: its lines, as wide as its shares c. "
    + "In an iteration every parent adds up the votes, weighted by the shares, and squashes the sum: v, the outlined arrow, whose length says how sure the parent is. Before the next one, every child gives more to the parents whose v agrees with its vote (û·v).");
  const programme = await ask({ what: "programme" });
  const now = {
    votes: programme.plays.includes(state.votes) ? state.votes : programme.plays[0],
    digit: /^\d+$/.test(state.digit) ? +state.digit : 0,
    t: Math.min(programme.iterations, Math.max(1, +state.t || 1)),
    hidden: new Set(state.hide ? state.hide.split("~") : []),
    look: /^(child|parent)-\d+$/.test(state.look) ? state.look : "",  // "child-3" or "parent-0": whose lines alone are shown
    numbers: Object.hasOwn(NUMBERS, state.numbers) ? state.numbers : "",  // "" or what the tables hold
  };
  let play = null, panels = [], moving = 0, asking = false, hand = null, pinned = now.look;

  // ---- what is asked, and what comes back
  const put = newest(ask, show, (message) => { problem.textContent = message; }, () => { asking = false; settle(); });
  const isToy = () => !programme.real.includes(now.votes);
  function question(votes, sizes) {
    asking = true;
    hand = votes ? Float32Array.from(votes) : null;
    box.dataset.settled = "false";
    problem.textContent = "";
    put({ what: "play", name: now.votes, digit: now.digit, ...(votes && { votes: Array.from(votes), sizes }) });
    tell(votes && { u: Array.from(votes, (x) => +x.toFixed(2)).join(), parents: sizes[1] });
  }
  function tell(own) {
    if (own !== undefined) now.own = own || {};
    const { votes, digit, hidden, look, numbers } = now, real = votes === programme.digits;
    changed({ votes, ...(real && { digit }), t: +now.t.toFixed(2), hide: [...hidden].join("~"), look, numbers, ...now.own });
  }
  function show(found, asked) {
    const same = play && String(play.sizes) === String(found.sizes)
      && play.ways.map((w) => w.name).join() === found.ways.map((w) => w.name).join();
    if (same && asked.votes) found.limit = Math.max(found.limit, play.limit);  // no change of scale under the hand
    play = found;
    if (!same) build();
    if (hand && hand.length === play.votes.length) play.votes = hand;  // an arrow stays where it was put, whatever is still answered
    for (const panel of panels) panel.take(play);
    reach();
    if (play.image) {
      paint(image, (n) => grey(play.image[n]));
      image.setAttribute("aria-label", play.says);
      now.digit = play.place;
      images.mark(play.place);
    }
    seen.hidden = !play.image;
    caption.textContent = play.says || "";
    const dragged = asked.name === now.votes && play.draggable;
    add.hidden = remove.hidden = hint.hidden = !dragged;
    closeUp.hidden = play.draggable;
    add.disabled = play.sizes[0] >= MOST_CHILDREN;
    remove.disabled = play.sizes[0] <= 1;
    redraw();
    box.dataset.shows = +(box.dataset.shows || 0) + 1;
  }

  // ---- controls
  const plays = choice(programme.plays.map((name) => [name, name]), now.votes, (name) => {
    now.votes = name;
    stop(); look("", true); place(1);  // other votes are watched from the beginning
    images.element.hidden = name !== programme.digits;
    tell(null);
    question();
  });
  const images = chooser({ ask, size: sheet(programme.shape), labels: programme.labels, chosen: (digit) => { now.digit = digit; images.mark(digit); question(); } });
  images.element.hidden = now.votes !== programme.digits;
  const add = button("add a child", () => grow(1)), remove = button("remove a child", () => grow(-1));
  const hint = make("span", { className: "hint" }, "Drag the head of a vote, or focus it and press the arrow keys.");
  const closeUp = make("p", { className: "hint" }, "Below each stage: all votes for its longest parent, turned so that v points up.");
  const ticks = fresh("ticks"), time = make("input", { type: "range", min: 1, max: programme.iterations, step: "any", value: now.t, list: ticks });
  const said = make("output", { className: "time" });
  const player = button("▶ play", () => (moving ? stop() : run()), { className: "play" });
  const problem = make("p", { className: "problem", role: "alert" });
  const ways = make("div", { className: "row ways", role: "group", "aria-label": "algorithms on the stage" });
  const numbers = labelled("numbers", choice(
    Object.entries(NUMBERS), now.numbers,
    (value) => { now.numbers = value; panels.forEach((p) => p.table(value)); redraw(); tell(); },
  ));
  const image = picture(sheet(programme.shape), "the image"), caption = make("figcaption", {});
  const seen = make("figure", { className: "seen", hidden: true }, image, caption);
  const boxes = make("div", { className: "panels" });
  const spoken = make("p", { className: "spoken", "aria-live": "polite" });
  box.append(
    make("div", { className: "row source" }, labelled("votes", plays), add, remove, hint, images.element),
    make("div", { className: "row timeline" }, player, labelled("iteration", time, said), make("datalist", { id: ticks }, ...Array.from({ length: programme.iterations }, (_, k) => make("option", { value: k + 1 })))),
    make("div", { className: "row" }, ways, numbers),
    problem, legend(),
    make("div", { className: "hall" }, seen, boxes),
    closeUp, spoken,
  );

  function build() {
    const [kind, n] = now.look.split("-");
    if (now.look && +n >= play.sizes[kind === "child" ? 0 : 1]) now.look = pinned = "";
    ways.replaceChildren(...(play.ways.length > 1 ? play.ways.map((w) => check(w.name, !now.hidden.has(w.name), (on) => {
      now.hidden[on ? "delete" : "add"](w.name);
      panels.forEach((p) => { p.figure.hidden = now.hidden.has(p.name); });
      reach(); redraw(); settle(); tell();
    })) : []));
    panels = play.ways.map((w, n) => panel(play, w, n, programme.rules[w.name] || "", { look, move, nudge }));
    panels.forEach((p) => { p.figure.hidden = now.hidden.has(p.name); p.table(now.numbers); p.isolate(now.look, pinned); });
    boxes.replaceChildren(...panels.map((p) => p.figure));
  }

  // The votes are the same in all panels: the Tab key finds them in the first that shows them.
  function reach() {
    const first = panels.find((p) => !p.figure.hidden && !p.failed());
    panels.forEach((p) => p.reachable(p === first));
  }

  // ---- time
  function place(t) { now.t = Math.min(programme.iterations, Math.max(1, t)); time.value = now.t; redraw(); }
  function redraw() {
    const k = Math.floor(now.t), whole = now.t - k < 1e-6;
    write(said, { text: whole ? `${k} of ${programme.iterations}` : `${k} → ${k + 1}` });
    write(time, { "aria-valuetext": whole ? `iteration ${k}` : `between iterations ${k} and ${k + 1}` });
    box.dataset.t = now.t;
    if (!play) return;
    for (const p of panels) if (!p.figure.hidden) p.draw(now.t);
  }
  function settle() {
    if (moving || asking) return;
    box.dataset.settled = "true";
    if (play) spoken.textContent = panels.filter((p) => !p.figure.hidden).map((p) => p.words(now.t)).join(" ");
  }
  function stop() {
    cancelAnimationFrame(moving); clearTimeout(waiting); moving = 0; target = null;
    player.textContent = "▶ play";
    settle();
  }
  let waiting = 0;
  function glide(to, milliseconds, done) {
    cancelAnimationFrame(moving); clearTimeout(waiting);
    box.dataset.settled = "false";
    const from = now.t;
    if (calm()) { moving = 1; waiting = setTimeout(() => { place(to); done(); }, milliseconds === PACE ? PACE : 0); return; }
    let start = null;
    const step = (at) => {
      start ??= at;
      const share = Math.min(1, (at - start) / milliseconds);
      place(share < 1 ? from + (to - from) * share * share * (3 - 2 * share) : to);
      if (share < 1) moving = requestAnimationFrame(step); else done();
    };
    moving = requestAnimationFrame(step);
  }
  function run() {
    if (now.t >= programme.iterations) place(1);
    player.textContent = "❚❚ pause";
    const next = () => {
      if (now.t >= programme.iterations) { stop(); tell(); } else glide(Math.floor(now.t) + 1, PACE, next);
    };
    next();
  }
  let target = null;
  function step(to) {
    if (player.textContent !== "▶ play") stop();
    target = Math.min(programme.iterations, Math.max(1, to));
    glide(target, GLIDE, () => { target = null; stop(); tell(); });
  }
  time.addEventListener("input", () => { stop(); now.t = +time.value; redraw(); });
  time.addEventListener("change", () => (Number.isInteger(now.t) ? (settle(), tell()) : step(Math.round(now.t))));  // what was let go between two iterations goes to the nearer one
  time.addEventListener("keydown", (event) => {
    const at = target ?? now.t, to = {
      ArrowRight: Math.floor(at + 1 + 1e-6), ArrowUp: Math.floor(at + 1 + 1e-6),
      ArrowLeft: Math.ceil(at - 1 - 1e-6), ArrowDown: Math.ceil(at - 1 - 1e-6), Home: 1, End: programme.iterations,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault(); event.stopPropagation();
    step(to);
  });

  // ---- looking closer: a hover or a focus shows, a click keeps, Escape lets go
  function look(what, keep = false) {
    if (keep) pinned = pinned === what ? "" : what;
    const wanted = what || pinned;
    if (keep) { now.look = pinned; tell(); }
    for (const p of panels) p.isolate(keep ? pinned : wanted, pinned);
    redraw();
  }
  box.addEventListener("keydown", (event) => { if (event.key === "Escape") { pinned = ""; look("", true); } });

  // ---- toys are for hands
  function move(i, j, x, y) {
    const [, J] = play.sizes, votes = Float32Array.from(play.votes), at = (i * J + j) * 2;
    votes[at] = clamp(x); votes[at + 1] = clamp(y);
    play.votes = votes;
    panels.forEach((p) => p.take(play));
    redraw();
    question(votes, play.sizes);
  }
  const clamp = (x) => Math.round(100 * Math.min(play.limit, Math.max(-play.limit, x))) / 100;
  function nudge(i, j, dx, dy) {
    const at = (i * play.sizes[1] + j) * 2;
    move(i, j, play.votes[at] + dx, play.votes[at + 1] + dy);
  }
  function grow(by) {
    const [I, J, Z] = play.sizes, votes = new Float32Array((I + by) * J * Z);
    votes.set(play.votes.subarray(0, Math.min(I, I + by) * J * Z));
    // A newcomer is undecided: of length 2 for everybody, upwards.
    if (by > 0) for (let j = 0; j < J; j++) votes[(I * J + j) * Z + 1] = 2;
    look("", pinned !== "");
    question(votes, [I + by, J, Z]);
  }

  images.list();
  const own = state.u && state.u.split(",").map(Number), J = +state.parents || 2;
  if (own && isToy() && own.every(Number.isFinite) && own.length % (2 * J) === 0 && own.length / (2 * J) <= MOST_CHILDREN)
    question(own, [own.length / (2 * J), J, 2]);
  else question();
  return () => { stop(); close(); };
}

function legend() {
  const scale = draw("svg", { viewBox: "0 0 260 30", class: "scale", role: "img", "aria-label": "A line's width and darkness are the coupling c, from 0 to 1." });
  [0, 0.25, 0.5, 0.75, 1].forEach((c, n) => {
    scale.append(draw("line", { x1: 52 * n + 4, x2: 52 * n + 40, y1: 8, y2: 8, class: "link", "stroke-width": width(c), "stroke-opacity": opacity(c) }));
    scale.append(draw("text", { x: 52 * n + 22, y: 27, "text-anchor": "middle" }, c));
  });
  const key = (says, ...marks) => make("span", { className: "mark" }, draw("svg", { viewBox: "0 0 26 18", "aria-hidden": "true" }, ...marks), says);
  return make("div", { className: "legend" },
    make("span", { className: "mark" }, "coupling c:", scale),
    key("negative", draw("line", { x1: 1, x2: 25, y1: 9, y2: 9, class: "link", "stroke-width": 2.5, "stroke-dasharray": "4 3" })),
    key("length 1", draw("circle", { cx: 13, cy: 9, r: 8, class: "unit" })),
    key("‖v‖, the parent's length", draw("circle", { cx: 13, cy: 9, r: 7, class: "disc" })),
    key("v", draw("polygon", { points: outline(1, 9, 24, 0), class: "v" })),
    make("span", {}, "Σ: what a child gives in all, if it is not 1 · entropy: 0 bits if each child gives all to one parent · "
      + "point at a child or at a parent's title to see its lines alone, click to keep them"));
}

// v as an arrow of which only the outline is drawn: votes that point the same way are seen through it.
function outline(cx, cy, x, y) {
  const size = Math.hypot(x, y), [ux, uy] = size ? [x / size, y / size] : [0, 0], neck = size - 11, wide = Math.min(7.5, 0.6 * size);
  const corners = neck > 4 ? [[0, 4], [neck, 4], [neck, wide], [size, 0], [neck, -wide], [neck, -4], [0, -4]] : [[0, wide], [size, 0], [0, -wide]];
  return corners.map(([along, across]) => `${(cx + along * ux - across * uy).toFixed(1)},${(cy + along * uy + across * ux).toFixed(1)}`).join(" ");
}

// How far votes for the same parent are moved aside where they point the same way, so that none hides another.
function lanes(votes, I, J) {
  const size = (n) => Math.hypot(votes[2 * n], votes[2 * n + 1]) || Infinity;
  const cosine = (n, m) => (votes[2 * n] * votes[2 * m] + votes[2 * n + 1] * votes[2 * m + 1]) / (size(n) * size(m));
  const near = (n, m) => Math.min(1, Math.max(0, (cosine(n, m) - 0.985) / 0.012));  // from 0 at 10° to 1 at 4°
  return Float32Array.from({ length: I * J }, (_, n) => {
    let aside = 0;
    for (let m = n % J; m < I * J; m += J) if (m !== n) aside += LANE / 2 * Math.sign(n - m) * near(n, m);
    return aside;
  });
}

// One algorithm. `act` is what its nodes can do.
function panel(play, way, number, rule, act) {
  const [I, J, Z] = play.sizes, toy = Z === 2 && J <= 3;
  const pitch = toy ? 2 * RADIUS + 34 : 36, high = J * pitch + (toy ? -6 : 10), whole = high + (toy ? 0 : 2 * CLOSE + 30);
  const childY = (i) => high * (i + 0.5) / I, parentY = (j) => (toy ? 18 + RADIUS + pitch * j : 5 + pitch * (j + 0.5));
  let ring = 14;  // of length 1
  const centre = toy ? PLANE : DIGITS;
  const stage = draw("svg", { viewBox: `0 0 ${WIDTH} ${whole}`, class: toy ? "toy" : "digits", role: "group", "aria-label": `${way.name}: children and parents` });
  const table = make("div", { className: "numbers", role: "region", "aria-label": `numbers of ${way.name}` }), words = make("p", { className: "words" });
  const parts = [make("h3", {}, way.name), make("p", { className: "rule" }, rule)];
  // Many numbers are a picture of their own, and come first.
  const figure = make("div", { className: "panel" }, ...parts, ...(toy ? [stage, words, table] : [table, stage, words]));
  let votes = play.votes, aside = [], data = way, looking = "", shows = "";

  // ---- what is drawn once
  const colour = (i) => (toy ? `var(--child-${i % MOST_CHILDREN})` : "var(--link)");
  const links = [], children = [], parents = [], arrows = [];
  for (let i = 0; i < I; i++) for (let j = 0; j < J; j++) {
    const link = draw("line", { class: "link", x1: CHILD + 11, y1: childY(i), x2: toy ? centre - RADIUS : centre - ring, y2: parentY(j), stroke: colour(i), "data-i": i, "data-j": j });
    links.push(link);
    stage.append(link);
  }
  const note = (x, y, anchor) => draw("text", { x, y, "text-anchor": anchor, class: "note" });
  function node(kind, n, ...inside) {
    const group = draw("g", { class: `node ${kind}`, role: "button", tabindex: -1, "aria-pressed": "false", "data-node": `${kind}-${n}` }, ...inside);
    group.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse" && !event.buttons) act.look(`${kind}-${n}`); });
    group.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") act.look(""); });
    group.addEventListener("focus", () => act.look(`${kind}-${n}`));
    group.addEventListener("blur", () => act.look(""));
    group.addEventListener("click", () => act.look(`${kind}-${n}`, true));
    stage.append(group);
    return group;
  }
  for (let i = 0; i < I; i++) {
    const beside = note(CHILD - 14, childY(i) + 4, "end");
    const name = draw("text", { x: CHILD, y: childY(i) + 4, "text-anchor": "middle", class: "name" }, i);
    const size = toy || I <= 20 ? 10 : 7;
    const circle = draw("circle", { cx: CHILD, cy: childY(i), r: size, class: "child", stroke: colour(i) });
    children.push({ group: node("child", i, circle, ...(size === 10 ? [name] : []), beside), note: beside });
  }
  for (let j = 0; j < J; j++) {
    const y = parentY(j), disc = draw("circle", { cx: centre, cy: y, r: 0, class: "disc" });
    const [title, beside] = toy
      ? [draw("text", { x: centre - RADIUS, y: y - RADIUS - 8, class: "name" }), note(centre + RADIUS - 5, y + RADIUS - 6, "end")]
      : [draw("text", { x: centre + 21, y: y + 4, class: "name" }), note(WIDTH - 2, y + 4, "end")];
    const outside = toy ? [draw("rect", { x: centre - RADIUS, y: y - RADIUS, width: 2 * RADIUS, height: 2 * RADIUS, class: "plane" })] : [];
    const unit = draw("circle", { cx: centre, cy: y, class: toy ? "unit" : "ring" });
    parents.push({ group: node("parent", j, ...outside, disc, unit, title, beside), disc, unit, title, note: beside, y });
  }
  // A vote as an arrow; in a toy its head can be moved.
  function arrow(className, stroke) {
    const line = draw("line", { class: className, stroke }), head = draw("polygon", { class: className, fill: stroke });
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
  function pointer() {
    const shape = draw("polygon", { class: "v" });
    stage.append(shape);
    return (cx, cy, x, y) => write(shape, { points: outline(cx, cy, x, y), display: Math.hypot(x, y) < 0.01 ? "none" : "inline" });
  }
  if (toy) {
    for (let i = 0; i < I; i++) for (let j = 0; j < J; j++) arrows.push({ i, j, set: arrow("vote", colour(i)), label: draw("text", { class: "tip", "text-anchor": "middle" }, i) });
    for (const parent of parents) parent.v = pointer();
    for (const one of arrows) { stage.append(one.label); if (play.draggable) one.handle = handle(one.i, one.j); }
  }
  function handle(i, j) {
    const grip = draw("circle", { r: 12, class: "grip", role: "button", tabindex: -1, "aria-roledescription": "movable vote", "data-vote": `${i}-${j}` });
    const at = (event) => {
      const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(stage.getScreenCTM().inverse());
      return [(point.x - centre) / ring, (parents[j].y - point.y) / ring];
    };
    let held = [0, 0];  // from the pointer to the head
    grip.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      const [x, y] = at(event), n = 2 * (i * J + j);
      held = [votes[n] - x, votes[n + 1] - y];
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
  const closer = toy ? null : { y: high + 22 + CLOSE, unit: draw("circle", { cx: 90, cy: high + 22 + CLOSE, class: "unit" }), title: draw("text", { x: 8, y: high + 14, class: "name" }) };
  if (closer) {
    stage.append(draw("circle", { cx: 90, cy: closer.y, r: CLOSE, class: "plane" }), closer.unit, closer.title);
    closer.votes = Array.from({ length: I }, () => arrow("vote", "var(--link)"));
    closer.v = pointer();
  }

  // One tab stop for all nodes: up and down within children or parents, left and right between them.
  const nodes = () => [children, parents].map((side) => side.map((n) => n.group));
  children[0].group.setAttribute("tabindex", 0);
  stage.addEventListener("keydown", (event) => {
    const sides = nodes(), side = sides.findIndex((s) => s.includes(event.target));
    if (side < 0) return;
    const n = sides[side].indexOf(event.target), other = sides[1 - side];
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); event.stopPropagation(); act.look(event.target.dataset.node, true); return; }
    const to = {
      ArrowDown: sides[side][n + 1], ArrowUp: sides[side][n - 1],
      ...(side === 0 ? { ArrowRight: other[Math.min(other.length - 1, Math.round(n * other.length / I))] } : { ArrowLeft: other[Math.min(other.length - 1, Math.round(n * other.length / J))] }),
    }[event.key];
    if (!(event.key.startsWith("Arrow"))) return;
    event.preventDefault(); event.stopPropagation();
    if (!to) return;
    event.target.setAttribute("tabindex", -1);
    to.setAttribute("tabindex", 0);
    to.focus();
  });

  // A vote's number beside its head, or one behind the other where heads meet: "1, 2".
  function label(n, x, y) {
    const j = n % J, size = Math.hypot(x, y) || 1;
    const meets = (m) => Math.hypot(votes[2 * m] - votes[2 * n], votes[2 * m + 1] - votes[2 * n + 1]) * ring < 6;
    const together = Array.from({ length: I }, (_, i) => i * J + j).filter(meets), first = together[0] === n;
    // On the side to which they were moved, outside the outermost.
    const side = together.reduce((sum, m) => sum + aside[m], 0) > 1 ? 1 : -1, across = side * (9 + Math.max(...together.map((m) => side * aside[m])));
    const text = first ? together.map((m) => Math.floor(m / J)).join(", ") : "";
    return { text, x: Math.min(centre + x + (6 * x - across * y) / size, WIDTH - 3.5 * text.length), y: parents[j].y + y + (6 * y + across * x) / size + 4 };
  }

  // ---- what changes with the iteration
  let drawn = "";  // what was drawn last, where it cannot have changed
  function at(t) {
    const k = Math.min(data.steps, Math.floor(t)) - 1, share = k + 1 < data.steps ? t - Math.floor(t) : 0;
    return (list, n, size) => { const a = list[k * size + n]; return share ? a + share * (list[(k + 1) * size + n] - a) : a; };
  }
  function draw_(t) {
    const scene = `${data.steps === 1 ? "one look" : t} ${looking} ${shows}`;
    if (data.problem || scene === drawn) return;
    drawn = scene;
    const [kind, place] = looking.split("-"), chosen = +place;
    figure.classList.toggle("between", t < data.steps && !Number.isInteger(t));
    const value = at(t), sums = new Float32Array(I);
    for (let n = 0; n < I * J; n++) {
      const c = value(data.c, n, I * J), i = Math.floor(n / J);
      sums[i] += c;
      write(links[n], { "stroke-width": width(c), "stroke-opacity": opacity(c), "stroke-dasharray": c < 0 ? "4 3" : "none" });
      if (kind === "child" && chosen === i) write(parents[n % J].note, { text: `c ${two(c)}` });
      if (kind === "parent" && chosen === n % J) write(children[i].note, { text: two(c) });
      if (toy) {
        const x = ring * votes[2 * n], y = -ring * votes[2 * n + 1];
        const dark = kind === "child" && chosen !== i ? 0.12 : Math.max(0.35, opacity(c)), size = Math.hypot(x, y) || 1;
        arrows[n].set(centre - aside[n] * y / size, parents[n % J].y + aside[n] * x / size, x, y, 0.7 * width(c), dark);
        write(arrows[n].label, label(n, x, y));
        if (arrows[n].handle) write(arrows[n].handle, { cx: centre + x, cy: parents[n % J].y + y });
      }
    }
    if (kind !== "parent") sums.forEach((sum, i) => write(children[i].note, { text: Math.abs(sum - 1) > 5e-3 ? `Σ${two(sum)}` : "" }));
    if (kind !== "child") parents.forEach((parent) => write(parent.note, { text: "" }));
    const k = Math.min(data.steps, Math.floor(t)) - 1, lengths = Array.from({ length: J }, (_, j) => value(data.lengths, j, J));
    lengths.forEach((size, j) => {
      write(parents[j].disc, { r: ring * size });
      // A number is an iteration's own, as in the sentence below: between two, only the picture moves.
      const told = two(data.lengths[k * J + j]);
      write(parents[j].title, { text: toy ? `parent ${play.parents[j]}: ‖v‖ ${told}` : `${play.parents[j]}  ${told}` });
      if (toy) parents[j].v(centre, parents[j].y, ring * value(data.v, 2 * j, 2 * J), -ring * value(data.v, 2 * j + 1, 2 * J));
    });
    if (closer) {
      const j = kind === "parent" ? chosen : lengths.indexOf(Math.max(...lengths)), unit = CLOSE / play.limit;
      write(closer.title, { text: `a closer look: parent ${play.parents[j]}` });
      for (let i = 0; i < I; i++) {
        const n = i * J + j, size = Math.hypot(...votes.subarray(n * Z, (n + 1) * Z));
        const cosine = Math.max(-1, Math.min(1, value(data.agreement, n, I * J) / (size * lengths[j] || 1)));
        const side = (i % 2 ? 1 : -1) * Math.sqrt(1 - cosine * cosine), c = value(data.c, n, I * J);
        const shown = kind === "child" && chosen !== i ? 0.1 : opacity(c);
        closer.votes[i](90, closer.y, unit * size * side, -unit * size * cosine, 0.5 * width(c), shown, c < 0);
      }
      closer.v(90, closer.y, 0, -unit * lengths[j]);
    }
    write(words, { text: inWords(k) });
    if (shows && k !== filled) fill(k);
  }
  function inWords(k) {
    const lengths = Array.from(data.lengths.subarray(k * J, (k + 1) * J)), best = lengths.indexOf(Math.max(...lengths));
    const bits = data.entropy[k], after = data.steps > 1 ? `After ${k + 1} iteration${k ? "s" : ""}, ` : "";
    const equals = play.parents.filter((_, j) => lengths[best] - lengths[j] < 5e-3), several = equals.length > 1;
    const who = several ? `arents ${equals.join(" and ")} are equally long` : `arent ${play.parents[best]} is longest`;
    return `${after}${after ? "p" : "P"}${who} (${two(lengths[best])})` + (Number.isNaN(bits) ? "; some couplings do not sum to 1" : `; entropy ${two(bits)} bits`) + ".";
  }

  // ---- numbers on demand
  let cells = [], filled = -1;  // and the iteration that they are of
  function setTable(what) {
    shows = what;
    cells = [];
    filled = -1;
    table.replaceChildren();
    table.tabIndex = what ? 0 : -1;
    figure.classList.toggle("numbered", Boolean(what));
    figure.classList.toggle("wide", Boolean(what) && !toy);
    if (!what || data.problem) return;
    if (what === "logits" && !data.logits) { table.append(make("p", {}, UNSEEN)); return; }
    const sum = what === "c" ? ["Σ"] : [], row = (head, count, foot) => {
      const line = Array.from({ length: count }, () => make("td"));
      cells.push(line);
      return make("tr", { className: foot ? "foot" : "" }, make("th", { scope: "row" }, head), ...line);
    };
    const head = make("tr", {}, make("th", { scope: "col" }, "child"), ...[...play.parents, ...sum].map((name) => make("th", { scope: "col" }, name)));
    const body = make("tbody", {}, ...Array.from({ length: I }, (_, i) => row(i, J + sum.length)), row("‖v‖", J, true));
    table.append(make("table", {}, make("caption", {}, `${NUMBERS[what]}: ${about(what)}`), make("thead", {}, head), body));
  }
  function about(what) {
    if (what === "c") return data.logits ? "the softmax of each child's logits" + (data.prior ? ", plus the prior" : "") : "the shares that made v";
    if (what === "agreement") return data.logits === "sums" && data.steps > 1 ? "this iteration's alone; it is added to the logits for the next one" : "with the v shown";
    if (data.logits === "products") return "each vote times the sum of all votes for its parent, over √z";
    return data.steps > 1 ? "the agreements û·v of all earlier iterations, added up" : "nothing is added up: all are 0";
  }
  function fill(k) {
    if (!cells.length) return;
    filled = k;
    const size = I * J, list = shows === "logits" ? logitsAt(k, data, votes, play.sizes) : data[shows].subarray(k * size, (k + 1) * size);
    for (let i = 0; i < I; i++) {
      const row = Array.from(list.subarray(i * J, (i + 1) * J));
      if (shows === "c") row.push(row.reduce((a, b) => a + b));
      row.forEach((x, n) => {
        write(cells[i][n], { text: told(x) });
        if (!toy && shows === "c" && n < J) write(cells[i][n], { style: `--c: ${Math.round(100 * Math.min(1, Math.abs(x)))}%` });
      });
    }
    for (let j = 0; j < J; j++) write(cells[I][j], { text: told(data.lengths[k * J + j]) });
  }
  const told = toy ? two : narrow;

  return {
    name: way.name,
    figure,
    draw: draw_,
    table: setTable,
    failed: () => Boolean(data.problem),
    reachable(on) { arrows.forEach((one) => one.handle?.setAttribute("tabindex", on ? 0 : -1)); },
    words: (t) => `${data.name}. ${data.problem || inWords(Math.min(data.steps, Math.floor(t)) - 1)}`,
    take(found) {
      play = found;
      votes = found.votes;
      const failed = Boolean(data.problem);
      data = found.ways[number];
      drawn = "";
      filled = -1;
      if (failed !== Boolean(data.problem)) setTable(shows);  // there are no rows of what failed
      if (toy) { ring = RADIUS / play.limit; aside = lanes(votes, I, J); }
      parents.forEach((parent) => parent.unit.setAttribute("r", ring));
      closer?.unit.setAttribute("r", CLOSE / play.limit);
      stage.style.display = data.problem ? "none" : "";
      figure.classList.toggle("failed", Boolean(data.problem));
      if (data.problem) write(words, { text: data.problem });
      arrows.forEach((one) => one.handle?.setAttribute("aria-label", `vote of child ${one.i} for parent ${play.parents[one.j]}: (${two(votes[2 * (one.i * J + one.j)])}, ${two(votes[2 * (one.i * J + one.j) + 1])}); arrow keys move it`));
      children.forEach((child, i) => child.group.setAttribute("aria-label", `child ${i}: show its lines alone`));
      parents.forEach((parent, j) => parent.group.setAttribute("aria-label", `parent ${play.parents[j]}: show its lines alone`));
    },
    isolate(what, kept = "") {
      looking = what;
      const [kind, chosen] = what.split("-"), off = (i, j) => what && +chosen !== (kind === "child" ? i : j);
      links.forEach((link, n) => link.classList.toggle("off", Boolean(off(Math.floor(n / J), n % J))));
      [...children, ...parents].forEach(({ group }) => {
        group.classList.toggle("looked", group.dataset.node === what);
        group.setAttribute("aria-pressed", String(group.dataset.node === kept));
      });
    },
  };
}
