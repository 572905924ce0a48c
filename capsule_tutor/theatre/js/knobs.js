// The knobs of the explorer: which capsule is turned, how far, and a slider for each of its dimensions.
import { alertLine, button, fresh, labelled, make, two } from "./parts.js";
import { sweep } from "./sweep.js";

// limits { range, step, most }; state: what an address says; own() is the pose that the network found, or nothing.
// chosen() hears of another capsule, turned() of every move of a slider.
export function knobs({ limits, state, own, chosen, turned }) {
  const fits = (reach) => reach >= limits.step && reach <= limits.most;
  const capsule = make("select"), rangeProblem = alertLine(), turnProblem = alertLine();
  const range = make("input", { type: "number", min: limits.step, max: limits.most, step: limits.step, value: fits(+state.range) ? state.range : limits.range });
  const group = fresh("mode");
  const mode = (value, text) => {
    const input = make("input", { type: "radio", name: group, value, checked: (value === "set") === (state.mode === "set") });
    input.addEventListener("change", place);
    return make("label", { className: "check" }, input, make("span", {}, make("b", {}, value), ` ${text}`));
  };
  const modes = make("div", { className: "modes", role: "radiogroup", "aria-label": "what a slider does" },
    mode("add", "a slider's value is added to the number that the network found"),
    mode("set", "a slider's value takes its place: every slider starts at its own number"));
  const sliders = make("div", { className: "sliders" }), dimension = make("select", { "aria-label": "dimension to sweep" });
  const swing = sweep(() => (own() ? inputs[dimension.value] : null), move);
  const element = make("div", { className: "knobs" },
    make("div", { className: "row" }, labelled("capsule", capsule), labelled("range ±", range), button("reset", place, { className: "reset" })),
    rangeProblem, turnProblem, modes, sliders, make("div", { className: "row" }, swing.element, labelled("dimension", dimension)));
  const sets = () => modes.querySelector("input:checked").value === "set", start = (z) => (sets() ? own()[z] : 0);
  let inputs = [], reach = limits.range;

  function build({ classes, z }) {
    const before = capsule.value || state.capsule;
    capsule.replaceChildren(new Option("longest", -1), ...classes.map((name, j) => new Option(name, j)));
    capsule.value = before in classes ? before : -1;
    inputs = Array.from({ length: z }, (_, n) => make("input", { type: "range", "data-z": n }));
    inputs.forEach((input) => input.addEventListener("input", move));
    sliders.replaceChildren(...inputs.map((input, n) => labelled(`dimension ${n}`, input, make("output", {}))));
    dimension.replaceChildren(...inputs.map((_, n) => new Option(n, n)));
  }
  // Every slider where the network's own pose is.
  function place() {
    // Off the sliders' grid 0 would be no place to rest on.
    if (+range.value) range.value = +(limits.step * Math.round(+range.value / limits.step)).toFixed(2);
    rangeProblem.textContent = fits(+range.value) ? "" : `The range must be between ${limits.step} and ${limits.most}.`;
    if (fits(+range.value)) reach = +range.value;
    if (!own()) return;
    inputs.forEach((input, z) => {
      Object.assign(input, { min: start(z) - reach, max: start(z) + reach, step: sets() ? "any" : limits.step });
      input.value = start(z);
    });
    const asked = state.d;  // the turned dimensions of an address, once
    delete state.d;
    for (const [z, by] of (asked || "").split(",").map((part) => part.split(":").map(Number)))
      if (inputs[z] && Number.isFinite(by)) inputs[z].value = start(z) + by;
    move();
  }
  function move() {
    for (const input of inputs) {
      const said = two(+input.value);
      if (input.nextElementSibling.value === said) continue;
      input.nextElementSibling.value = said;
      input.setAttribute("aria-valuetext", said);
    }
    turned();
  }
  const pose = () => Float32Array.from(own(), (x, z) => +inputs[z].value + (sets() ? 0 : x));
  capsule.addEventListener("change", chosen);
  range.addEventListener("change", place);
  range.addEventListener("keydown", ({ key }) => { if (key === "Enter" && +range.value !== reach) place(); });  // JupyterLab keeps it from being a change
  return {
    element, build, place, pose,
    capsule: () => +capsule.value,  // −1: the longest
    changes: () => Array.from(pose(), (x, z) => [z, x - own()[z]]).filter(([, by]) => Math.abs(by) > 1e-6),
    state: () => ({ ...(capsule.value !== "-1" && { capsule: capsule.value }), ...(sets() && { mode: "set" }), ...(reach !== limits.range && { range: reach }) }),
    complain(message) { turnProblem.textContent = message; },
    still: swing.still,
  };
}
