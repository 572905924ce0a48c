// What the network answers: the length of every capsule, a sentence, and the key to the explorer's colours.
import { lengthRow, make, two } from "./parts.js";
import { differences } from "./pictures.js";
import { POSE } from "./pose.js";

export function answers(paper) {
  const bars = make("div", { className: "bars", role: "img", "aria-label": "the lengths of all capsules" });
  const said = make("p", { className: "said", "aria-live": "polite" });
  const key = (name, text) => [make("span", { className: `swatch ${name}` }), text], [lacking, much] = differences(paper);
  const keys = make("div", { className: "keys" },
    make("p", {}, "bars:", ...key("turned", "the drawn capsule ▸"), ...key("other", "the others"), ...key("again", "the network's answer to its own drawing")),
    make("p", {}, "difference:", ...key("missing", lacking), ...key("extra", much)),
    make("p", {}, "pose:", make("span", { className: "scale-pose" }), `−${POSE} … 0 … ${POSE}; the lower row is the pose as you have turned it`));
  const ticks = make("span", { className: "ticks" }, make("span", {}, "0"), make("span", {}, "0.5"), make("span", {}, "1"));
  const axis = make("div", { className: "length axis-row" }, make("span"), ticks, make("span"));
  let rows = [];
  return {
    element: make("div", { className: "answers" }, bars, said, keys),
    build(classes) {
      rows = classes.map((name) => {
        const again = make("i", { className: "bar again" });
        return { name, ...lengthRow(name, again), again };
      });
      bars.replaceChildren(...rows.map(({ row }) => row), axis);
    },
    // j: whose drawing is seen; second: the lengths in the answer to the drawing, if there is one yet
    show(lengths, j, second) {
      rows.forEach(({ row, bar, again, number }, k) => {
        row.classList.toggle("turned", k === j);
        bar.style.width = `${100 * Math.min(1, lengths[k])}%`;  // a turned pose may be longer than 1: the number says so
        number.textContent = two(lengths[k]);
        again.style.width = second ? `${100 * second[k]}%` : "0";
      });
    },
    // The sentence is about a drawing that is no longer the one on the stage.
    unsay() { said.classList.add("past"); },
    say(...sentences) {
      said.classList.remove("past");
      said.replaceChildren(...sentences);
      bars.setAttribute("aria-label", `the lengths of all capsules: ${rows.map(({ name, number }) => `${name} ${number.textContent}`).join(", ")}`);
    },
  };
}
