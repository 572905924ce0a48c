// The exported file: every scene on a tab, and all that can be chosen in the address, so that it can be sent.
import { dial } from "./dial.js";
import { explorer } from "./explorer.js";
import { map } from "./map.js";
import { make } from "./parts.js";
import { offline } from "./offline.js";
import { routing } from "./routing.js";

const SCENES = { explorer: ["Explorer", explorer], routing: ["Routing", routing], dial: ["Squash", dial], map: ["Network", map] };

// "#routing?digit=9&t=3" ↔ ["routing", { digit: "9", t: "3" }]
export function fromAddress(hash) {
  const [scene, query] = hash.replace(/^#/, "").split("?");
  return [scene in SCENES ? scene : "explorer", Object.fromEntries(new URLSearchParams(query || ""))];
}
export function toAddress(scene, state) {
  const query = new URLSearchParams(Object.entries(state).filter(([, value]) => value !== "" && value !== undefined)).toString();
  return `#${scene}${query && `?${query}`}`;
}

export function file(el, data) {
  const answers = offline(data), stage = make("main", {}), tabs = make("nav", { "aria-label": "scenes" });
  let close = null, shown = "", writing = 0;
  const links = Object.entries(SCENES).map(([name, [title]]) => make("a", { href: `#${name}` }, title));
  tabs.append(make("h1", {}, "Capsule Tutor"), ...links);
  el.prepend(tabs, stage);
  async function open() {
    if (location.hash === shown && close) return;
    shown = location.hash;
    const [name, state] = fromAddress(shown), [title, scene] = SCENES[name];
    close?.();
    stage.replaceChildren();
    document.title = `${title} · Capsule Tutor`;
    links.forEach((link) => { if (link.hash === `#${name}`) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current"); });
    close = await scene(stage, {
      ask: answers(name), state, address: toAddress,
      changed(now) {  // browsers limit how often an address may change
        clearTimeout(writing);
        writing = setTimeout(() => { if (fromAddress(location.hash)[0] !== name) return; shown = toAddress(name, now); history.replaceState(null, "", shown); }, 250);
      },
    });
  }
  addEventListener("hashchange", open);
  return open();
}
