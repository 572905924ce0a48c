// The turntable: one of fifty toys from any side, in six lightings, as two eyes see it.
import { alertLine, choice, frame, labelled, make, newest, paint, picture } from "./parts.js";

const SIDE = 96;  // pixels of one eye's picture

export async function turntable(el, { ask, state = {}, changed = () => {} }) {
  const [box, close] = frame(el, "turntable", "What does a viewpoint change?",
    "Turn the table, raise the camera, change the lamp. The toy stays the same, and hardly a pixel does.");
  const { classes, names, elevations: [low, high], lights, first } = await ask({ what: "programme" }), now = { ...first };
  const most = { label: classes.length - 1, instance: names[0].length - 1, azimuth: 360, elevation: high, light: lights - 1 };
  for (const name in most) if (/^\d+$/.test(state[name]) && +state[name] <= most[name]) now[name] = Math.max(name === "elevation" ? low : 0, +state[name]);

  const eyes = ["the left eye", "the right eye"].map((name) => picture([SIDE, SIDE], name));
  const said = make("p", { className: "said", "aria-live": "polite" }), problem = alertLine();
  const slider = (name, min, max, step, unit) => {
    const input = make("input", { type: "range", min, max, step, value: now[name] }), tells = make("output", {}, `${now[name]}${unit}`);
    input.addEventListener("input", () => { now[name] = +input.value; tells.value = `${now[name]}${unit}`; put(); });
    return labelled(name, input, tells);
  };
  const chooser = (text, options, name) =>
    labelled(text, choice(options.map((option, n) => [n, option]), now[name], (n) => { now[name] = +n; rename(); put(); }));
  const toy = make("span", {});
  const rename = () => toy.replaceChildren(chooser("toy", names[now.label], "instance"));
  rename();
  box.append(
    make("div", { className: "row" }, chooser("class", classes, "label"), toy),
    make("div", { className: "row" }, slider("azimuth", 0, 360, 10, "°"), slider("elevation", low, high, 5, "°"), slider("light", 0, lights - 1, 1, "")),
    problem, make("div", { className: "eyes" }, ...eyes.map((eye) => make("figure", {}, eye, make("figcaption", {}, eye.getAttribute("aria-label"))))), said,
  );

  const send = newest(ask, ({ eyes: pixels }, asked) => {
    eyes.forEach((eye, n) => paint(eye, (k) => Array(3).fill(255 * pixels[n * SIDE * SIDE + k])));
    said.textContent = `The ${names[asked.label][asked.instance]} (${classes[asked.label]}) at azimuth ${asked.azimuth}°, elevation ${asked.elevation}°, in light ${asked.light}.`;
    problem.textContent = "";
  }, (message) => { problem.textContent = message; }, () => { box.dataset.settled = "true"; });
  function put() {
    box.dataset.settled = "false";
    send({ what: "toy", ...now });
    changed({ ...now });
  }
  put();
  return close;
}
