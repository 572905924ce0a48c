// The exported file: every scene on a tab, and all that can be chosen in the address, so that it can be sent.
import { fromAddress, toAddress, writing } from "./address.js";
import { dial } from "./dial.js";
import { digits } from "./digits.js";
import { explorer } from "./explorer.js";
import { map } from "./map.js";
import { make } from "./parts.js";
import { routing } from "./routing.js";

const SCENES = { explorer: ["Explorer", explorer], routing: ["Routing", routing], dial: ["Squash", dial], map: ["Network", map] };

export function file(el, data) {
  const answers = digits(data), stage = make("main", {}), tabs = make("nav", { "aria-label": "scenes" });
  let close = null;
  const links = Object.entries(SCENES).map(([name, [title]]) => make("a", { href: `#${name}` }, title));
  tabs.append(make("h1", {}, "Capsule Tutor"), ...links);
  el.prepend(tabs, stage);
  async function open() {
    const [asked, state] = fromAddress(location.hash), name = asked in SCENES ? asked : "explorer", [title, scene] = SCENES[name];
    close?.();
    stage.replaceChildren();
    document.title = `${title} · Capsule Tutor`;
    links.forEach((link) => { if (link.hash === `#${name}`) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current"); });
    // Between a click on a tab and its event the address is the next scene's already, and this one must leave it alone.
    const changed = writing(name, (last) => location.hash === last);
    close = await scene(stage, { ask: answers(name), state, address: toAddress, changed });
  }
  addEventListener("hashchange", open);
  return open();
}
