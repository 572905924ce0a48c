// What lengths say: which capsules are long, and whether that is an answer at all.
import { two } from "./parts.js";

export const ordered = (lengths) => Array.from(lengths, (_, j) => j).sort((a, b) => lengths[b] - lengths[a]);

// As pretrained.doubt: lengths that the images of its kind hardly ever have are no answer.
export function doubt(lengths, { expected, present }) {
  const order = ordered(lengths), last = lengths[order[present - 1]], next = lengths[order[present]];
  const [which, another] = present > 1 ? ["second-longest", "a third"] : ["longest", "a second"];
  if (expected && last < expected.present) return ` This is hardly an answer: the ${which} capsule has length ${two(last)}; in images like the training images it is almost always at least ${two(expected.present)}.`;
  if (expected && next > expected.absent) return ` This is hardly an answer: ${another} capsule has length ${two(next)}; in images like the training images it is almost always at most ${two(expected.absent)}.`;
  return "";
}
