// The exported file: every scene of single digits on a tab, and all that can be chosen in the address, so that it can be sent.
import { fromAddress, toAddress, writing } from "./address.js";
import { dial } from "./dial.js";
import { digits } from "./digits.js";
import { explorer } from "./explorer.js";
import { map } from "./map.js";
import { make, orFailed } from "./parts.js";
import { routing } from "./routing.js";

const SCENES = { explorer: ["Explorer", explorer], routing: ["Routing", routing], dial: ["Squash", dial], map: ["Network", map] };

export function file(el, data) {
  const answers = digits(data), stage = make("main", {}), tabs = make("nav", { "aria-label": "scenes" });
  let opened = null;  // the scene on the stage, as a promise of what closes it: it may be left while it still opens
  const links = Object.entries(SCENES).map(([name, [title]]) => make("a", { href: `#${name}` }, title));
  tabs.append(make("h1", {}, "Capsule Tutor"), ...links);
  el.prepend(tabs, stage);
  function open() {
    const [asked, state] = fromAddress(location.hash), name = Object.hasOwn(SCENES, asked) ? asked : "explorer", [title, scene] = SCENES[name];
    opened?.then((close) => close());
    const place = make("div");  // its own, so that nothing of a scene that was left comes to the next one
    stage.replaceChildren(place);
    document.title = `${title} · Capsule Tutor`;
    links.forEach((link) => { if (link.hash === `#${name}`) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current"); });
    // Between a click on a tab and its event the address is the next scene's already, and this one must leave it alone.
    const changed = writing(name, (last) => opened === mine && location.hash === last);
    const mine = opened = orFailed(scene(place, { ask: answers(name), state, address: toAddress, changed }), place);
    return mine;
  }
  addEventListener("hashchange", open);
  return open();
}
