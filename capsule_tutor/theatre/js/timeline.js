// Iterations on a line of time: played, stepped through with keys, or dragged to where the hand wants them.
import { button, calm, fresh, labelled, make, write } from "./parts.js";

const PACE = 900, GLIDE = 350;  // milliseconds from iteration to iteration: playing, and after a key

// moved(t) hears every time, between two iterations too; begun() that it moves, rested() that it does not; chosen() that
// a person has come to one.
export function timeline(last, first, { moved, begun, rested, chosen }) {
  let t = first, moving = 0, waiting = 0, target = null;
  const ticks = fresh("ticks"), slider = make("input", { type: "range", min: 1, max: last, step: "any", value: t, list: ticks });
  const said = make("output", { className: "time" }), player = button("▶ play", () => (moving ? stop() : play()), { className: "play" });
  const within = (at) => Math.min(last, Math.max(1, at));

  function redraw() {
    const k = Math.floor(t), whole = t - k < 1e-6;
    write(said, { text: whole ? `${k} of ${last}` : `${k} → ${k + 1}` });
    write(slider, { "aria-valuetext": whole ? `iteration ${k}` : `between iterations ${k} and ${k + 1}` });
    moved(t);
  }
  function place(at) { t = within(at); slider.value = t; redraw(); }
  function halt() { cancelAnimationFrame(moving); clearTimeout(waiting); }
  function stop() {
    halt();
    moving = 0; target = null;
    player.textContent = "▶ play";
    rested();
  }
  function glide(to, milliseconds, done) {
    halt();
    begun();
    const from = t;
    if (calm()) { moving = 1; waiting = setTimeout(() => { place(to); done(); }, milliseconds === PACE ? PACE : 0); return; }
    let start = null;
    const frame = (at) => {
      start ??= at;
      const share = Math.min(1, (at - start) / milliseconds);
      place(share < 1 ? from + (to - from) * share * share * (3 - 2 * share) : to);
      if (share < 1) moving = requestAnimationFrame(frame); else done();
    };
    moving = requestAnimationFrame(frame);
  }
  function play() {
    if (t >= last) place(1);
    player.textContent = "❚❚ pause";
    const next = () => {
      if (t >= last) { stop(); chosen(); } else glide(Math.floor(t) + 1, PACE, next);
    };
    next();
  }
  function step(to) {
    if (player.textContent !== "▶ play") stop();
    target = within(to);
    glide(target, GLIDE, () => { target = null; stop(); chosen(); });
  }

  slider.addEventListener("input", () => { stop(); t = +slider.value; redraw(); });
  slider.addEventListener("change", () => (Number.isInteger(t) ? (rested(), chosen()) : step(Math.round(t))));  // what was let go between two iterations goes to the nearer one
  slider.addEventListener("keydown", (event) => {
    const at = target ?? t, later = Math.floor(at + 1 + 1e-6), earlier = Math.ceil(at - 1 - 1e-6);
    const to = { ArrowRight: later, ArrowUp: later, ArrowLeft: earlier, ArrowDown: earlier, Home: 1, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault(); event.stopPropagation();
    step(to);
  });
  const marks = Array.from({ length: last }, (_, k) => make("option", { value: k + 1 }));
  const element = make("div", { className: "row timeline" }, player, labelled("iteration", slider, said), make("datalist", { id: ticks }, ...marks));
  return { element, place, redraw, stop, at: () => t, moving: () => Boolean(moving) };
}
