// The explorer: turn the numbers of a capsule and see what each one does to the drawing.
import { chooser } from "./chooser.js";
import { codeBox } from "./code.js";
import { doubt, ordered } from "./doubt.js";
import { drawingPaper } from "./paper.js";
import { button, choice, frame, fresh, grey, labelled, lengthRow, make, newest, paint, picture, rgb, sheet, two } from "./parts.js";
import { sweep } from "./sweep.js";

const POSE = 0.5;  // where the colours of the pose end

export async function explorer(el, { ask, state = {}, changed = () => {} }) {
  const [box, close] = frame(el, "explorer", "What does each dimension of a capsule mean?",
    "A network has read the image and keeps a capsule for each class: a few numbers that say what it found, its pose. A decoder draws from these numbers. "
    + "Turn them, and watch. While you turn, only the decoder works; when you pause, the drawing is shown to the network again.");
  const { networks, controls, labels, colours } = await ask({ what: "programme" });
  const now = { j: 0, reach: controls.range, asked: null, look: null, turned: null, second: null }, told = {};
  const learn = async (name) => told[name] ??= await ask({ what: "network", network: name });
  const start = networks.includes(state.network) ? state.network : networks[0];
  const { shape, paper: drawable, present } = await learn(start);
  let info = null;  // about the network of what is shown
  const MISSING = rgb(colours.missing), EXTRA = rgb(colours.extra);

  // ---- the stage: three pictures, the pose, the lengths
  const size = sheet(shape), shown = (name) => picture(size, name);
  const image = shown("the image"), drawn = shown("the reconstruction"), beside = shown("the reconstruction of the capsule beside it");
  const drawnName = make("span", {}, "reconstruction"), besideName = make("span", {});
  const [lacking, much] = drawable ? ["missing ink", "extra ink"] : ["too little light", "too much light"];  // toys are photographs
  const difference = shown(`the difference: orange where the reconstruction has ${lacking}, blue where it has ${much}`);
  const figure = (canvas, name) => make("figure", {}, canvas, make("figcaption", {}, name));
  const pose = make("div", { className: "pose", role: "img", "aria-label": "the pose" });
  const stage = make("div", { className: "stage" },
    make("div", { className: "pictures" }, figure(image, "image"), figure(drawn, drawnName), ...(present > 1 ? [figure(beside, besideName)] : []), figure(difference, "difference")), pose);
  const bars = make("div", { className: "bars", role: "img", "aria-label": "the lengths of all capsules" });
  const said = make("p", { className: "said", "aria-live": "polite" });
  const key = (name, text) => [make("span", { className: `swatch ${name}` }), text];
  const legend = make("div", { className: "keys" },
    make("p", {}, "bars:", ...key("turned", "the drawn capsule ▸"), ...key("other", "the others"), ...key("again", "the network's answer to its own drawing")),
    make("p", {}, "difference:", ...key("missing", lacking), ...key("extra", much)),
    make("p", {}, "pose:", make("span", { className: "scale-pose" }), `−${POSE} … 0 … ${POSE}; the lower row is the pose as you have turned it`));
  const side_ = make("div", { className: "answers" }, bars, said, legend);

  // ---- the knobs
  const capsule = make("select"), range = make("input", { type: "number", min: controls.step, max: controls.most, step: controls.step, value: +state.range >= controls.step && +state.range <= controls.most ? state.range : controls.range });
  const rangeProblem = problem(), turnProblem = problem(), group = fresh("mode");
  const mode = (value, text) => {
    const input = make("input", { type: "radio", name: group, value, checked: (value === "set") === (state.mode === "set") });
    input.addEventListener("change", placeSliders);
    return make("label", { className: "check" }, input, make("span", {}, make("b", {}, value), ` ${text}`));
  };
  const modes = make("div", { className: "modes", role: "radiogroup", "aria-label": "what a slider does" },
    mode("add", "a slider's value is added to the number that the network found"),
    mode("set", "a slider's value takes its place: every slider starts at its own number"));
  const sliders = make("div", { className: "sliders" });
  const sweepOf = make("select", { "aria-label": "dimension to sweep" });
  const swing = sweep(() => (now.look ? inputs[sweepOf.value] : null), tick);
  const knobs = make("div", { className: "knobs" },
    make("div", { className: "row" }, labelled("capsule", capsule), labelled("range ±", range), button("reset", placeSliders, { className: "reset" })),
    rangeProblem, turnProblem, modes, sliders, make("div", { className: "row" }, swing.element, labelled("dimension", sweepOf)));
  let inputs = [], cells = [], rows = [];

  // ---- the images
  const paperProblem = problem(), lookProblem = problem();
  const images = chooser({ ask: (question) => ask({ ...question, network: network.value }), size, labels, chosen: (place) => look({ place }) });
  const network = choice(networks.map((name) => [name, name]), start, () => {
    images.list();
    if (now.asked) look(now.asked);
  });
  const paper = drawingPaper(look);  // the network answers while the pen moves
  const clear = button("clear the paper", () => { paper.wipe(); paperProblem.textContent = ""; });
  const choose = make("div", { className: "choose" },
    make("div", {}, make("h3", {}, "Choose an image"), ...(networks.length > 1 ? [labelled("network", network)] : []), images.element, lookProblem),
    make("div", { hidden: !drawable }, make("h3", {}, "or draw one"), paper.element, make("div", { className: "row" }, clear), paperProblem));

  const code = codeBox(() => now.look && program());
  box.append(make("div", { className: "explore" }, stage, side_, knobs, choose, code.element));

  function problem() { return make("p", { className: "problem", role: "alert" }); }
  const modeNow = () => modes.querySelector("input:checked").value;
  const poseOf = (j) => now.look.v.subarray(j * info.z, (j + 1) * info.z), own = () => poseOf(now.j);
  // In an image of two digits the longest of the other capsules is drawn, too, as the network found it.
  const others = () => ordered(now.look.lengths).filter((j) => j !== now.j).slice(0, info.present - 1);
  const moved = () => Float32Array.from(own(), (x, z) => +inputs[z].value + (modeNow() === "add" ? x : 0));

  function build() {
    const chosen = capsule.value || state.capsule;
    capsule.replaceChildren(new Option("longest", -1), ...info.classes.map((name, j) => new Option(name, j)));
    capsule.value = chosen in info.classes ? chosen : -1;
    rows = info.classes.map((name, j) => {
      const again = make("i", { className: "bar again" });
      return { ...lengthRow(name, again), again };
    });
    const axis = make("div", { className: "length axis-row" }, make("span"), make("span", { className: "ticks" }, make("span", {}, "0"), make("span", {}, "0.5"), make("span", {}, "1")), make("span"));
    bars.replaceChildren(...rows.map((r) => r.row), axis);
    const lines = ["own", "now"].map((line) => Array.from({ length: info.z }, () => make("i", { className: line })));
    cells = lines;
    pose.style.gridTemplateColumns = `repeat(${info.z}, 1fr)`;
    pose.replaceChildren(...lines.flat());
    inputs = Array.from({ length: info.z }, (_, z) => {
      const input = make("input", { type: "range", "data-z": z });
      input.addEventListener("input", tick);
      return input;
    });
    sliders.replaceChildren(...inputs.map((input, z) => labelled(`dimension ${z}`, input, make("output", {}))));
    sweepOf.replaceChildren(...inputs.map((_, z) => new Option(z, z)));
  }

  // ---- choosing
  let looking = false;
  const see = newest(async (question) => [await learn(question.network), await ask({ what: "look", ...question })], ([of, found], { network, ...asked }) => {
    paperProblem.textContent = found.problem || "";
    if (found.problem) return;
    if (info !== of) { info = of; build(); }
    now.asked = asked;
    now.look = { ...found, network };
    images.mark(found.place);
    paint(image, (n) => grey(found.image[n]));
    image.setAttribute("aria-label", `the image, ${truth()}`);
    chooseCapsule();
  }, (message) => { lookProblem.textContent = message; }, () => { looking = false; settle(); });
  function look(question) {
    looking = true;
    box.dataset.settled = "false";
    return see({ ...question, network: network.value });
  }
  const truth = () => now.look.says;
  const seen = (lengths) => ordered(lengths).slice(0, info.present).sort((a, b) => a - b);
  const read_ = (lengths) => seen(lengths).map((j) => info.classes[j]).join(" and ");

  function chooseCapsule() {
    now.j = +capsule.value < 0 ? ordered(now.look.lengths)[0] : +capsule.value;
    if (present > 1) [drawnName.textContent, besideName.textContent] = [now.j, ...others()].map((j) => `drawn by ${info.classes[j]}`);
    placeSliders();
  }
  function placeSliders() {
    // Off the sliders' grid 0 would be no place to rest on.
    if (+range.value) range.value = +(controls.step * Math.round(+range.value / controls.step)).toFixed(2);
    const fits = +range.value >= controls.step && +range.value <= controls.most;
    rangeProblem.textContent = fits ? "" : `The range must be between ${controls.step} and ${controls.most}.`;
    if (fits) now.reach = +range.value;
    if (!now.look) return;
    const start = state.d;  // the turned dimensions of an address, once
    delete state.d;
    inputs.forEach((input, z) => {
      const middle = modeNow() === "set" ? own()[z] : 0;
      Object.assign(input, { min: middle - now.reach, max: middle + now.reach, step: modeNow() === "set" ? "any" : controls.step });
      input.value = middle;
    });
    for (const [z, value] of (start || "").split(",").map((part) => part.split(":").map(Number)))
      if (inputs[z] && Number.isFinite(value)) inputs[z].value = value + (modeNow() === "set" ? own()[z] : 0);
    tick();
  }

  // ---- turning
  let resting = 0;
  const about = ({ look, j, pose, beside }, what) => ask({ what, network: look.network, j, pose: Array.from(pose), beside });
  const send = newest((turned) => about(turned, "tick"), (found, { look, j }) => {
    if (look !== now.look || j !== now.j) return;  // of another image or capsule: the answer to this one follows
    paint(drawn, (n) => grey(found.drawn[n]));
    found.beside.forEach((ink) => paint(beside, (n) => grey(ink[n])));
    if (!box.dataset.ticks) performance.mark("first picture");
    paint(difference, (n) => {
      const d = now.look.image[n] - Math.min(1, found.beside.reduce((sum, ink) => sum + ink[n], found.drawn[n])), towards = d > 0 ? MISSING : EXTRA, share = Math.abs(d);
      return towards.map((x) => 255 + share * (x - 255));
    });
    showLengths(found.length);
    box.dataset.ticks = +(box.dataset.ticks || 0) + 1;
  }, (message) => { turnProblem.textContent = message; });
  function tick() {
    box.dataset.settled = "false";
    now.second = null;
    now.turned = { look: now.look, j: now.j, pose: moved(), beside: others().map((j) => [j, Array.from(poseOf(j))]) };
    inputs.forEach((input) => { const said = two(+input.value); if (input.nextElementSibling.value !== said) { input.nextElementSibling.value = said; input.setAttribute("aria-valuetext", said); } });
    own().forEach((x, z) => { cells[0][z].style.background = tint(x); cells[1][z].style.background = tint(now.turned.pose[z]); cells[0][z].title = `dimension ${z}: ${two(x)}`; cells[1][z].title = `dimension ${z}: ${two(now.turned.pose[z])}`; });
    send(now.turned);
    clearTimeout(resting);
    resting = setTimeout(rest, 1000 * controls.rest);
    tell();
    code.write();
  }
  function showLengths(length) {
    rows.forEach(({ row, bar, again, number }, j) => {
      const size = j === now.j ? length : now.look.lengths[j];
      row.classList.toggle("turned", j === now.j);
      bar.style.width = `${100 * Math.min(1, size)}%`;  // a turned pose may be longer than 1: the number says so
      number.textContent = two(size);
      again.style.width = now.second ? `${100 * now.second[j]}%` : "0";
    });
    now.length = length;
  }
  const ask_again = newest((turned) => about(turned, "again"), (found, turned) => {
    if (turned !== now.turned) return;  // turned further since
    now.second = found.lengths;
    showLengths(now.length);
    const again = seen(now.second), names = info.classes, several = again.length > 1;
    const doubted = doubt(now.look.lengths, info);
    said.replaceChildren(`The image is ${truth()}; the network reads ${read_(now.look.lengths)}.${doubted} Drawn: capsule ${[now.j, ...others()].map((j) => names[j]).join(" and, beside it, ")}. `
      + `Shown ${several ? "both drawings, one over the other" : "its own drawing"}, the network reads `,
    make("b", {}, read_(now.second)), ` (length${several ? "s" : ""} ${again.map((j) => two(now.second[j])).join(" and ")}).`);
    pose.setAttribute("aria-label", `the pose: ${Array.from(moved(), two).join(", ")}`);
    bars.setAttribute("aria-label", `the lengths of all capsules: ${rows.map(({ number }, j) => `${names[j]} ${number.textContent}`).join(", ")}`);
  }, (message) => { turnProblem.textContent = message; }, settle);
  function rest() { ask_again(now.turned); }
  function settle() { if (!looking && now.second) box.dataset.settled = "true"; }
  function tint(x) {
    const share = Math.min(1, Math.abs(x) / POSE), towards = x > 0 ? MISSING : EXTRA;
    return `rgb(${towards.map((c) => Math.round(255 + share * (c - 255))).join()})`;
  }
  const changes = () => moved().reduce((list, x, z) => (Math.abs(x - own()[z]) > 1e-6 ? [...list, [z, x - own()[z]]] : list), []);
  function tell() {
    const d = changes().map(([z, by]) => `${z}:${+by.toFixed(4)}`).join();
    changed({ ...(networks.length > 1 && { network: now.look.network }), ...(now.look.place !== null && { digit: now.look.place }),
      ...(capsule.value !== "-1" && { capsule: capsule.value }), ...(modeNow() === "set" && { mode: "set" }),
      ...(now.reach !== controls.range && { range: now.reach }), ...(d && { d }) });
  }

  function program() {
    return "import torch\nimport capsule_tutor as caps\nfrom capsule_tutor import data\n\n"
      + `network = caps.load(${JSON.stringify(now.look.network)})\nimage = ${now.look.source || `…  # (1, ${shape.join(", ")}): your drawing`}\n`
      + `delta = torch.zeros(${info.z})\nfor z, change in {${changes().map(([z, by]) => `${z}: ${by.toFixed(4)}`).join(", ")}}.items():\n    delta[z] = change\n`
      + `masked = caps.perturb(network(image), delta, torch.tensor([${now.j}]))\ndrawn = network.decoder(masked).view(network.shape)\n`;
  }

  capsule.addEventListener("change", chooseCapsule);
  range.addEventListener("change", placeSliders);
  const first = await images.list();
  if (!now.asked && !looking) await look({ place: /^\d+$/.test(state.digit) ? +state.digit : first });
  return () => { swing.still(); clearTimeout(resting); paper.close(); close(); };
}
