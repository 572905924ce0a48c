// The living map: every stage of a network, from the image to its drawing, with what is in it for the chosen image.
import { chooser } from "./chooser.js";
import { alertLine, choice, frame, labelled, make, newest, orFailed, sheet, two } from "./parts.js";
import { colours, drawn } from "./tiles.js";

const THUMBNAILS = 16;  // tiles in a small picture
const WIDE = 620, HIGH = 420;  // pixels of the large picture

export async function map(el, { ask, state = {}, changed = () => {}, address = null }) {
  const [box, close] = frame(el, "map", "What is in the network?",
    "An image enters on the left, and a drawing of it leaves on the right. Every stage shows what it holds for this image. Choose a stage to look inside.");
  const { networks, labels, shape } = await ask({ what: "programme" });
  const network = networks.includes(state.network) ? state.network : networks[0], about = (question) => ask({ network, ...question });
  const { classes, stages, note, present = 1 } = await about({ what: "network" });
  if (state.parameters === "hide") stages.forEach((stage) => { stage.parameters = null; });  // a lesson asks for them
  const now = { place: /^\d+$/.test(state.digit) ? +state.digit : null, stage: stages[state.stage]?.name ? +state.stage : 0 };
  const size = sheet(shape);
  let seen = null;

  const problem = alertLine();
  const images = chooser({ ask: about, size, labels, chosen: (place) => look({ what: "look", place }), handful: Boolean(note) });
  const stops = stages.map((stage, n) => {
    const small = make("canvas", { className: "picture", "aria-hidden": "true" });
    const stop = make("button", { type: "button", tabIndex: -1 }, small, make("b", {}, stage.name), make("span", {}, stage.shape.join("×")));
    stop.setAttribute("role", "radio");
    stop.addEventListener("click", () => choose(n));
    return { stop, small };
  });
  const road = make("div", { className: "road", role: "radiogroup", "aria-label": `the stages of ${network}` }, ...stops.map(({ stop }) => stop));
  road.addEventListener("keydown", (event) => {
    const to = { ArrowRight: now.stage + 1, ArrowDown: now.stage + 1, ArrowLeft: now.stage - 1, ArrowUp: now.stage - 1, Home: 0, End: stages.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault(); event.stopPropagation();
    choose(Math.min(stages.length - 1, Math.max(0, to)));
    stops[now.stage].stop.focus();
  });
  const inside = make("div", { className: "inside" });
  const reads = make("p", { className: "reads", "aria-live": "polite" });
  // Another network has other stages: the scene opens again.
  let other = null;  // a promise of what closes it
  const another = choice(networks.map((name) => [name, name]), network, async (name) => {
    close();
    other = orFailed(map(el, { ask, changed, address, state: { ...state, network: name, digit: now.place, stage: 0 } }), el);
    await other;
    el.querySelector(".map .network select")?.focus();
  });
  const which = networks.length > 1 ? make("div", { className: "row network" }, labelled("network", another)) : make("p", { className: "hint" }, `Network: ${network}`);
  box.append(which, ...(note ? [make("p", { className: "hint note" }, note)] : []), images.element, problem, reads, road, inside);

  // ---- choosing
  const look = newest((question) => { box.dataset.settled = "false"; return about(question); }, (found) => {
    seen = found;
    now.place = found.place;
    images.mark(found.place);
    stops.forEach(({ small }, n) => {
      const [count, height, width] = stages[n].sizes, shown = Math.min(count, THUMBNAILS);
      const { colour } = colours(found.tiles[n]);
      drawn(small, { tiles: found.tiles[n], sizes: [shown, height, width] }, Math.ceil(Math.sqrt(shown)), colour);
    });
    const lengths = Array.from(found.lengths), order = [...lengths.keys()].sort((a, b) => lengths[b] - lengths[a]);
    const best = order.slice(0, present).map((j) => `${classes[j]} (length ${two(lengths[j])})`);
    reads.textContent = `The image is ${found.says}. Its longest capsule${present > 1 ? "s are" : " is"} ${best.join(" and ")}.`;
    show();
  }, (message) => { problem.textContent = message; }, () => { box.dataset.settled = "true"; });

  function choose(n) {
    now.stage = n;
    if (seen) show();
  }
  function show() {
    stops.forEach(({ stop }, n) => {
      stop.setAttribute("aria-checked", String(n === now.stage));
      stop.tabIndex = n === now.stage ? 0 : -1;
    });
    const { stop } = stops[now.stage];
    road.scrollLeft = stop.offsetLeft - road.offsetLeft - (road.clientWidth - stop.offsetWidth) / 2;
    const stage = stages[now.stage], tiles = seen.tiles[now.stage], [n, height, width] = stage.sizes;
    const { low, high, both, colour } = colours(tiles);
    const about = `${stage.name}: ${n > 1 ? `${n} pictures of ` : ""}${height} by ${width} numbers from ${two(low)} to ${two(high)}; arrow keys read them one by one`;
    const large = make("canvas", { className: "picture", role: "application", tabIndex: 0, "aria-label": about });
    const columns = stage.names.length ? Math.min(n, 5) : Math.min(n, Math.ceil(Math.sqrt(1.6 * n * height / width)));
    const where = drawn(large, { tiles, sizes: stage.sizes }, columns, colour);
    large.style.width = `${Math.max(1, Math.floor(Math.min(WIDE / large.width, HIGH / large.height))) * large.width}px`;
    const value = make("output", {});
    const behind = (x, y) => (x >= 0 && y >= 0 && x < large.width && y < large.height ? where(y * large.width + x) : -2);
    const tell = (at) => {
      const tile = Math.floor(at / (height * width)), row = Math.floor(at / width) % height;
      value.value = at < 0 ? "" : `${n > 1 ? `picture ${stage.names[tile] ?? tile}, ` : ""}row ${row}, column ${at % width}: ${two(tiles[at])}`;
    };
    let x = 0, y = 0;  // the pixel that was read last
    const point = (event) => {
      const area = large.getBoundingClientRect();
      [x, y] = [Math.floor((event.clientX - area.left) * large.width / area.width), Math.floor((event.clientY - area.top) * large.height / area.height)];
      value.setAttribute("aria-live", "off");  // not spoken at every move of a hand
      tell(behind(x, y));
    };
    for (const hand of ["pointermove", "pointerdown"]) large.addEventListener(hand, point);
    large.addEventListener("focus", () => { if (behind(x, y) < 0) [x, y] = [0, 0]; value.setAttribute("aria-live", "polite"); tell(behind(x, y)); });
    large.addEventListener("keydown", (event) => {
      const by = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
      if (!by) return;
      event.preventDefault(); event.stopPropagation();
      value.setAttribute("aria-live", "polite");
      const step = behind(x + by[0], y + by[1]) === -1 ? 2 : 1, to = [x + step * by[0], y + step * by[1]];  // over the gap between two tiles
      if (behind(...to) >= 0) [x, y] = to;
      tell(behind(x, y));
    });
    const facts = [["shape", stage.shape.join(" × ")], ["formula", formula(stage.formula)],
      ...(stage.parameters === null ? [] : [["parameters", stage.parameters.toLocaleString("en")]]), ["more in", stage.lesson]];
    inside.replaceChildren(
      make("div", { className: "about" }, make("h3", {}, stage.name), make("p", {}, stage.says),
        make("dl", {}, ...facts.flatMap(([name, text]) => [make("dt", {}, name), make("dd", {}, ...[text].flat())])),
        ...(address && !note ? [make("p", {}, make("a", { href: address("routing", { votes: "a real digit", digit: now.place }) }, "Play the routing of this image"), " · ", make("a", { href: address("explorer", { digit: now.place }) }, "Turn its capsule"))] : [])),
      make("div", { className: "large" }, make("p", { className: "hint" }, [stage.names.length ? `one picture for each class: ${stage.names.join(", ")}` : "", stage.axes].filter(Boolean).join("; ")), large,
        make("p", { className: "legend" }, `${two(low)} or less`, make("span", { className: both ? "scale-pose" : "scale-ink" }), `${two(high)} or more`, value)));
    changed({ ...(networks.length > 1 && { network }), digit: now.place, stage: now.stage });
  }

  const first = await images.list();
  await look({ what: "look", place: now.place ?? first });
  return () => (other ? other.then((shut) => shut()) : close());
}

// "û_{j|i} = u_i W_{ij}" with its indices set low
function formula(text) {
  return text.split(/_\{([^}]*)\}|_(\w)/).flatMap((part, n) => (!part ? [] : n % 3 ? [make("sub", {}, part)] : [part]));
}
