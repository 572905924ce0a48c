// Images to choose from, page by page: all, of one class, or only those that the network misreads.
import { alertLine, button, check, choice, labelled, make, thumbnails } from "./parts.js";

const SHOWN = 20;  // pictures on a page

// ask({ what: "page" | "random", … }) answers; chosen(place) hears what was chosen. A handful needs no search.
export function chooser({ ask, size, labels, chosen, handful = false }) {
  const filter = { label: "all", wrong: false, from: 0 };
  const problem = alertLine(), page = make("div", { className: "page" }), counted = make("output", {});
  const refilter = (change) => { Object.assign(filter, change, { from: 0 }); list(true); };
  let turning = false;  // who is faster than the answer would leave the last page behind
  const turn = (by) => { if (turning) return; filter.from += by; list(); };
  const earlier = button("◀", () => turn(-SHOWN), { "aria-label": "previous images" });
  const later = button("▶", () => turn(SHOWN), { "aria-label": "next images" });
  const random = button("random image", async () => {
    try {
      const { place } = await ask({ what: "random", ...filter });
      if (place !== null) chosen(place);
    } catch (error) { problem.textContent = error.message; }
  }, { className: "random" });
  const search = make("div", { className: "row", hidden: handful },
    labelled("class", choice([["all", "all"], ...labels], "all", (label) => refilter({ label }))),
    check("only misread images", false, (wrong) => refilter({ wrong })), earlier, counted, later, random);
  const element = make("div", { className: "chooser" }, search, problem, page);
  let thumbs = null, marked = null;

  async function list(choose = false) {
    problem.textContent = "";
    if (filter.wrong) counted.value = "the network reads all images …";  // many are a matter of seconds
    let found = { total: 0 };
    turning = true;
    try { found = await ask({ what: "page", ...filter, count: SHOWN }); } catch (error) { problem.textContent = error.message; }
    turning = false;
    const { total, items, ink } = found;
    if (!total) {
      counted.value = "";
      page.replaceChildren();
      problem.textContent ||= filter.label === "all" ? "The network misreads none of these images." : "The network misreads no image of this class. Choose another one.";
      return;
    }
    const pixels = size[0] * size[1];
    thumbs = thumbnails(items, size, (n) => ink.subarray(n * pixels, (n + 1) * pixels), chosen, "images to choose from");
    page.replaceChildren(thumbs.list);
    counted.value = `${filter.from + 1} to ${filter.from + items.length} of ${total}`;
    earlier.disabled = filter.from <= 0;
    later.disabled = filter.from + SHOWN >= total;
    thumbs.choose(marked);
    if (choose) chosen(items[0].place);
    return items[0].place;
  }
  return { element, list, mark(place) { marked = place; thumbs?.choose(place); } };
}
