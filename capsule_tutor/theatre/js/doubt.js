// What lengths say: which capsules are long, and whether that is an answer at all.
import { two } from "./parts.js";

export const ordered = (lengths) => Array.from(lengths, (_, j) => j).sort((a, b) => lengths[b] - lengths[a]);

// As pretrained.doubt, with the limits and the words of pretrained.doubts: half a sentence, or nothing.
export function doubt(lengths, { doubts, present }) {
  if (!doubts) return "";
  const order = ordered(lengths), last = lengths[order[present - 1]], next = lengths[order[present]];
  if (last < doubts.present) return doubts.short.replace("{}", two(last));
  return next > doubts.absent ? doubts.long.replace("{}", two(next)) : "";
}
