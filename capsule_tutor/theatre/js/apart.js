// Pull apart: two digits on top of each other, moved away from each other by hand, and what a network makes of it.
import { alertLine, choice, frame, grey, labelled, lengthRow, make, newest, paint, picture, rgb, two } from "./parts.js";

export async function apart(el, { ask, state = {}, changed = () => {} }) {
  const [box, close] = frame(el, "apart", "When does the network see both?",
    "Two digits, one over the other. Pull them apart, and watch their two lengths, and what their two capsules draw.");
  const { classes, side, most, colours } = await ask({ what: "programme" });
  const whole = (value, usual, highest) => Number.isInteger(+value) && +value >= 0 && +value <= highest ? +value : usual;
  const now = { first: whole(state.first ?? "-", 3, classes - 1), second: whole(state.second ?? "-", 5, classes - 1), distance: whole(state.distance ?? "-", 0, most) };
  const inks = [rgb(colours.first), rgb(colours.second)];

  // ---- the controls
  const digits = Array.from({ length: classes }, (_, digit) => [digit, String(digit)]);
  const chooser = (name) => labelled(`${name} digit`, choice(digits, now[name], (digit) => { now[name] = +digit; put(); }));
  const distance = make("input", { type: "range", min: 0, max: most, step: 1, value: now.distance }), far = make("output", {});
  distance.addEventListener("input", () => { now.distance = +distance.value; put(); });
  const controls = make("div", { className: "row" }, chooser("first"), chooser("second"), labelled("distance", distance, far));

  // ---- the pictures: the image, whose ink it is, and what the two capsules draw
  const canvases = ["image", "whose ink", "drawn by the two capsules"].map((name) => [picture([side, side], name), name]);
  const shown = make("div", { className: "pictures" }, ...canvases.map(([canvas, name]) => make("figure", {}, canvas, make("figcaption", {}, name))));
  shown.style.maxWidth = "36rem";
  const inTwoColours = (pair) => (n) => [0, 1, 2].map((c) => Math.min(255, pair[n] * inks[0][c] + pair[side * side + n] * inks[1][c]));
  const swatch = (colour) => { const s = make("span", { className: "swatch" }); s.style.background = colour; return s; };
  const key = make("p", { className: "keys" }, swatch(colours.first), "first digit", swatch(colours.second), "second digit; white where both have ink; the dark bars are of the two digits that are there");

  // ---- the lengths
  const rows = digits.map(([, name]) => lengthRow(name));
  const bars = make("div", { className: "bars", role: "img" }, ...rows.map(({ row }) => row));
  bars.style.maxWidth = "30rem";
  const said = make("p", { className: "said", "aria-live": "polite" }), problem = alertLine();
  box.append(controls, problem, shown, key, bars, said);

  const send = newest(ask, ({ image, parts, drawn, lengths }, question) => {
    paint(canvases[0][0], (n) => grey(1 - image[n]));
    paint(canvases[1][0], inTwoColours(parts));
    paint(canvases[2][0], inTwoColours(drawn));
    const there = question.digits, longest = [...lengths.keys()].sort((a, b) => lengths[b] - lengths[a]).slice(0, 2);
    rows.forEach(({ row, bar, number }, j) => {
      row.classList.toggle("turned", there.includes(j));
      bar.style.width = `${100 * lengths[j]}%`;
      number.textContent = two(lengths[j]);
    });
    bars.setAttribute("aria-label", `lengths: ${rows.map(({ number }, j) => `${j} ${number.textContent}`).join(", ")}`);
    const found = there.filter((j) => longest.includes(j)), missed = there.filter((j) => !longest.includes(j));
    const right = there[0] === there[1] ? "One class twice: ten lengths cannot say so." : !missed.length ? "Both are found." : found.length ? `${found[0]} is found, ${missed[0]} is not.` : "Neither is found.";
    said.textContent = `There: ${there.join(" and ")}. The two longest: ${longest.join(" and ")}. ${right}`;
  }, (message) => { problem.textContent = message; }, () => { box.dataset.settled = "true"; });
  function put() {
    box.dataset.settled = "false";
    far.value = `${now.distance} pixel${now.distance === 1 ? "" : "s"}`;
    distance.setAttribute("aria-valuetext", far.value);
    send({ what: "pair", digits: [now.first, now.second], distance: now.distance });
    changed({ ...now });
  }
  put();
  return close;
}
