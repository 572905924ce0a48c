// Routing on a stage: every algorithm has its panel, all see the same votes and the same iteration.
import { chooser } from "./chooser.js";
import { NUMBERS } from "./numbers.js";
import { alertLine, button, check, choice, draw, frame, grey, labelled, make, newest, paint, picture, sheet } from "./parts.js";
import { opacity, outline, width } from "./shapes.js";
import { COLOURS_OF_CHILDREN, panel } from "./stage.js";
import { timeline } from "./timeline.js";

export async function routing(el, { ask, state = {}, changed = () => {} }) {
  const [box, close] = frame(el, "routing", "Who listens to whom?",
    "Every child (left) votes for the pose of every parent (right): its arrows û, which stay as they are. It divides one unit of trust among the parents: its lines, as wide as its shares c. "
    + "In an iteration every parent adds up the votes, weighted by the shares, and squashes the sum: v, the outlined arrow, whose length says how sure the parent is. Before the next one, every child gives more to the parents whose v agrees with its vote (û·v).");
  const programme = await ask({ what: "programme" });
  const now = {
    votes: programme.plays.includes(state.votes) ? state.votes : programme.plays[0],
    digit: /^\d+$/.test(state.digit) ? +state.digit : 0,
    hidden: new Set(state.hide ? state.hide.split("~") : []),
    look: /^(child|parent)-\d+$/.test(state.look) ? state.look : "",  // "child-3" or "parent-0": whose lines alone are shown
    numbers: Object.hasOwn(NUMBERS, state.numbers) ? state.numbers : "",  // "" or what the tables hold
  };
  let play = null, panels = [], asking = false, hand = null, pinned = now.look;

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
    changed({ votes, ...(real && { digit }), t: +clock.at().toFixed(2), hide: [...hidden].join("~"), look, numbers, ...now.own });
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
    add.disabled = play.sizes[0] >= COLOURS_OF_CHILDREN;
    remove.disabled = play.sizes[0] <= 1;
    clock.redraw();
    box.dataset.shows = +(box.dataset.shows || 0) + 1;
  }

  // ---- controls
  const plays = choice(programme.plays.map((name) => [name, name]), now.votes, (name) => {
    now.votes = name;
    clock.stop(); look("", true); clock.place(1);  // other votes are watched from the beginning
    images.element.hidden = name !== programme.digits;
    tell(null);
    question();
  });
  const images = chooser({ ask, size: sheet(programme.shape), labels: programme.labels, chosen: (digit) => { now.digit = digit; images.mark(digit); question(); } });
  images.element.hidden = now.votes !== programme.digits;
  const add = button("add a child", () => grow(1)), remove = button("remove a child", () => grow(-1));
  const hint = make("span", { className: "hint" }, "Drag the head of a vote, or focus it and press the arrow keys.");
  const closeUp = make("p", { className: "hint" }, "Below each stage: all votes for its longest parent, turned so that v points up.");
  const clock = timeline(programme.iterations, Math.min(programme.iterations, Math.max(1, +state.t || 1)), {
    moved: redraw, begun: () => { box.dataset.settled = "false"; }, rested: settle, chosen: tell,
  });
  const problem = alertLine();
  const ways = make("div", { className: "row ways", role: "group", "aria-label": "algorithms on the stage" });
  const numbers = labelled("numbers", choice(
    Object.entries(NUMBERS), now.numbers,
    (value) => { now.numbers = value; panels.forEach((p) => p.table(value)); clock.redraw(); tell(); },
  ));
  const image = picture(sheet(programme.shape), "the image"), caption = make("figcaption", {});
  const seen = make("figure", { className: "seen", hidden: true }, image, caption);
  const boxes = make("div", { className: "panels" });
  const spoken = make("p", { className: "spoken", "aria-live": "polite" });
  box.append(
    make("div", { className: "row source" }, labelled("votes", plays), add, remove, hint, images.element),
    clock.element,
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
      reach(); clock.redraw(); settle(); tell();
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

  function redraw(t) {
    box.dataset.t = t;
    if (play) for (const p of panels) if (!p.figure.hidden) p.move(t);
  }
  function settle() {
    if (clock.moving() || asking) return;
    box.dataset.settled = "true";
    if (play) spoken.textContent = panels.filter((p) => !p.figure.hidden).map((p) => p.words(clock.at())).join(" ");
  }

  // ---- looking closer: a hover or a focus shows, a click keeps, Escape lets go
  function look(what, keep = false) {
    if (keep) pinned = pinned === what ? "" : what;
    const wanted = what || pinned;
    if (keep) { now.look = pinned; tell(); }
    for (const p of panels) p.isolate(keep ? pinned : wanted, pinned);
    clock.redraw();
  }
  box.addEventListener("keydown", (event) => { if (event.key === "Escape") { pinned = ""; look("", true); } });

  // ---- toys are for hands
  function move(i, j, x, y) {
    const [, J] = play.sizes, votes = Float32Array.from(play.votes), at = (i * J + j) * 2;
    votes[at] = clamp(x); votes[at + 1] = clamp(y);
    play.votes = votes;
    panels.forEach((p) => p.take(play));
    clock.redraw();
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
  if (own && isToy() && own.every(Number.isFinite) && own.length % (2 * J) === 0 && own.length / (2 * J) <= COLOURS_OF_CHILDREN)
    question(own, [own.length / (2 * J), J, 2]);
  else question();
  return () => { clock.stop(); close(); };
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
