// The pictures of the explorer: the image, what its capsules draw, and where the two differ.
import { grey, make, paint, picture, rgb, sheet, two } from "./parts.js";

// Of toys, which are photographs, nothing is ink. `paper`: is this a network for what a person can draw?
export const differences = (paper) => (paper ? ["missing ink", "extra ink"] : ["too little light", "too much light"]);

export function pictures({ shape, paper, present }, { missing, extra }) {
  const size = sheet(shape), towards = { missing: rgb(missing), extra: rgb(extra) }, [lacking, much] = differences(paper);
  const image = picture(size, "the image"), drawn = picture(size, "the reconstruction");
  const beside = picture(size, "the reconstruction of the capsule beside it");
  const difference = picture(size, `the difference: orange where the reconstruction has ${lacking}, blue where it has ${much}`);
  const names = [make("span"), make("span")];
  const figure = (canvas, name) => make("figure", {}, canvas, make("figcaption", {}, name));
  const element = make("div", { className: "pictures" }, figure(image, "image"), figure(drawn, names[0]), ...(present > 1 ? [figure(beside, names[1])] : []), figure(difference, "difference"));
  return {
    element,
    show(pixels, says) {
      paint(image, (n) => grey(pixels[n]));
      image.setAttribute("aria-label", `the image, ${says}`);
    },
    // Whose drawings these are, and how long the capsules: the bars may be out of sight while a hand turns.
    name(classes, lengths) { classes.forEach((name, n) => { names[n].textContent = `drawn by ${name}, length ${two(lengths[n])}`; }); },
    draw(pixels, ink, others) {
      paint(drawn, (n) => grey(ink[n]));
      others.forEach((other) => paint(beside, (n) => grey(other[n])));
      paint(difference, (n) => {
        const d = pixels[n] - Math.min(1, others.reduce((sum, other) => sum + other[n], ink[n])), share = Math.abs(d);
        return towards[d > 0 ? "missing" : "extra"].map((x) => 255 + share * (x - 255));
      });
    },
  };
}
