// The numbers of a capsule as two rows of colours: as the network found them, and as they have been turned.
import { make, rgb, two } from "./parts.js";

export const POSE = 0.5;  // where the colours end

export function poseRows({ missing, extra }) {
  const positive = rgb(missing), negative = rgb(extra);
  const element = make("div", { className: "pose", role: "img", "aria-label": "the pose" });
  let rows = [];
  function tint(x) {
    const share = Math.min(1, Math.abs(x) / POSE);
    return `rgb(${(x > 0 ? positive : negative).map((c) => Math.round(255 + share * (c - 255))).join()})`;
  }
  return {
    element,
    build(z) {
      rows = ["own", "now"].map((row) => Array.from({ length: z }, () => make("i", { className: row })));
      element.style.gridTemplateColumns = `repeat(${z}, 1fr)`;
      element.replaceChildren(...rows.flat());
    },
    show(...poses) {
      poses.forEach((pose, row) => pose.forEach((x, z) => Object.assign(rows[row][z], { title: `dimension ${z}: ${two(x)}` }).style.background = tint(x)));
    },
    say(pose) { element.setAttribute("aria-label", `the pose: ${Array.from(pose, two).join(", ")}`); },
  };
}
