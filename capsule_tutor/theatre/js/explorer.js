// The explorer: turn the numbers of a capsule and see what each one does to the drawing.
import { answers } from "./answers.js";
import { chooser } from "./chooser.js";
import { codeBox } from "./code.js";
import { doubt, ordered } from "./doubt.js";
import { knobs } from "./knobs.js";
import { drawingPaper } from "./paper.js";
import { alertLine, button, choice, frame, labelled, make, newest, sheet, two } from "./parts.js";
import { pictures } from "./pictures.js";
import { poseRows } from "./pose.js";

export async function explorer(el, { ask, state = {}, changed = () => {} }) {
  const [box, close] = frame(el, "explorer", "What does each dimension of a capsule mean?",
    "A network has read the image and keeps a capsule for each class: a few numbers that say what it found, its pose. A decoder draws from these numbers. "
    + "Turn them, and watch. While you turn, only the decoder works; when you pause, the drawing is shown to the network again.");
  const { networks, controls, labels, colours } = await ask({ what: "programme" }), told = {};
  const learn = async (name) => told[name] ??= await ask({ what: "network", network: name });
  const start = networks.includes(state.network) ? state.network : networks[0], first = await learn(start);
  // Of what is shown: info is about its network, j the drawn capsule, lengths with the turned pose, second in the answer to the drawing.
  const now = { info: null, look: null, asked: null, j: 0, turned: null, lengths: null, second: null };

  const poseOf = (j) => now.look.v.subarray(j * now.info.z, (j + 1) * now.info.z), own = () => now.look && poseOf(now.j);
  const seen = pictures(first, colours), rows = poseRows(colours), side = answers(first.paper);
  const turns = knobs({ limits: controls, state, own, chosen: chooseCapsule, turned: tick });
  const code = codeBox(() => now.look && program());
  const choosing = imageChoice();
  box.append(make("div", { className: "explore" }, make("div", { className: "stage" }, seen.element, rows.element), side.element, turns.element, choosing.element, code.element));

  // ---- choosing
  function imageChoice() {
    const lookProblem = alertLine(), paperProblem = alertLine();
    const images = chooser({ ask: (question) => ask({ ...question, network: network.value }), size: sheet(first.shape), labels, chosen: (place) => look({ place }) });
    const network = choice(networks.map((name) => [name, name]), start, () => {
      images.list();
      if (now.asked) look(now.asked);
    });
    const paper = drawingPaper(look);  // the network answers while the pen moves
    const clear = button("clear the paper", () => { paper.wipe(); paperProblem.textContent = ""; });
    const element = make("div", { className: "choose" },
      make("div", {}, make("h3", {}, "Choose an image"), ...(networks.length > 1 ? [labelled("network", network)] : []), images.element, lookProblem),
      make("div", { hidden: !first.paper }, make("h3", {}, "or draw one"), paper.element, make("div", { className: "row" }, clear), paperProblem));
    return { element, images, paper, network: () => network.value, refuse(text) { paperProblem.textContent = text; }, complain(text) { lookProblem.textContent = text; } };
  }
  let looking = false;
  const see = newest(async (question) => [await learn(question.network), await ask({ what: "look", ...question })], ([info, found], { network, ...asked }) => {
    choosing.refuse(found.problem || "");
    if (found.problem) return;
    if (now.info !== info) {
      now.info = info;
      rows.build(info.z);
      side.build(info.classes);
      turns.build(info);
    }
    Object.assign(now, { asked, look: { ...found, network }, lengths: found.lengths });
    choosing.images.mark(found.place);
    seen.show(found.image, found.says);
    chooseCapsule();
  }, choosing.complain, () => { looking = false; settle(); });
  function look(question) {
    looking = true;
    box.dataset.settled = "false";
    return see({ ...question, network: choosing.network() });
  }
  // In an image of two digits the longest of the other capsules is drawn, too, as the network found it.
  const others = () => ordered(now.look.lengths).filter((j) => j !== now.j).slice(0, now.info.present - 1);
  const named = (list) => list.map((j) => now.info.classes[j]);
  function chooseCapsule() {
    now.j = turns.capsule() < 0 ? ordered(now.look.lengths)[0] : turns.capsule();
    turns.place();
  }

  // ---- turning
  let resting = 0;
  const about = ({ look, j, pose, beside }, what) => ask({ what, network: look.network, j, pose: Array.from(pose), beside });
  const send = newest((turned) => about(turned, "tick"), (found, { look, j }) => {
    if (look !== now.look || j !== now.j) return;  // of another image or capsule: the answer to this one follows
    if (!box.dataset.ticks) performance.mark("first picture");
    now.lengths = look.lengths.map((x, k) => (k === j ? found.length : x));
    seen.draw(look.image, found.drawn, found.beside);
    const shown = [j, ...others()];
    seen.name(named(shown), shown.map((k) => now.lengths[k]));
    side.show(now.lengths, j, now.second);
    box.dataset.ticks = +(box.dataset.ticks || 0) + 1;
  }, turns.complain);
  function tick() {
    box.dataset.settled = "false";
    now.second = null;
    side.unsay();
    now.turned = { look: now.look, j: now.j, pose: turns.pose(), beside: others().map((j) => [j, Array.from(poseOf(j))]) };
    rows.show(own(), now.turned.pose);
    send(now.turned);
    clearTimeout(resting);
    resting = setTimeout(() => askAgain(now.turned), 1000 * controls.rest);
    const d = turns.changes().map(([z, by]) => `${z}:${+by.toFixed(4)}`).join();
    changed({ ...(networks.length > 1 && { network: now.look.network }), ...(now.look.place !== null && { digit: now.look.place }), ...turns.state(), ...(d && { d }) });
    code.write();
  }
  const askAgain = newest((turned) => about(turned, "again"), (found, turned) => {
    if (turned !== now.turned) return;  // turned further since
    now.second = found.lengths;
    side.show(now.lengths, now.j, now.second);
    rows.say(turned.pose);
    side.say(...sentences());
  }, turns.complain, settle);
  function settle() { if (!looking && now.second) box.dataset.settled = "true"; }

  function sentences() {
    const read = (lengths) => ordered(lengths).slice(0, now.info.present).sort((a, b) => a - b), again = read(now.second), several = again.length > 1;
    const doubted = doubt(now.look.lengths, now.info);
    return [
      `The image is ${now.look.says}; the network reads ${named(read(now.look.lengths)).join(" and ")}.${doubted && ` This is hardly an answer: ${doubted}.`} `
      + `Drawn: capsule ${named([now.j, ...others()]).join(" and, beside it, ")}. Shown ${several ? "both drawings, one over the other" : "its own drawing"}, the network reads `,
      make("b", {}, named(again).join(" and ")), ` (length${several ? "s" : ""} ${again.map((j) => two(now.second[j])).join(" and ")}).`,
    ];
  }
  function program() {
    const { look, info, j } = now;
    return "import torch\nimport capsule_tutor as caps\nfrom capsule_tutor import data\n\n"
      + `network = caps.load(${JSON.stringify(look.network)})\nimage = ${look.source || `…  # (1, ${first.shape.join(", ")}): your drawing`}\n`
      + `delta = torch.zeros(${info.z})\nfor z, change in {${turns.changes().map(([z, by]) => `${z}: ${by.toFixed(4)}`).join(", ")}}.items():\n    delta[z] = change\n`
      + `masked = caps.perturb(network(image), delta, torch.tensor([${j}]))\ndrawn = network.decoder(masked).view(network.shape)\n`;
  }

  const listed = await choosing.images.list();
  if (!now.asked && !looking) await look({ place: /^\d+$/.test(state.digit) ? +state.digit : listed });
  return () => { turns.still(); clearTimeout(resting); choosing.paper.close(); close(); };
}
