// What all scenes are built of: elements, controls, pictures, colours, and questions to whoever computes.

export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties))
    if (name in element && !name.includes("-") && name !== "list") element[name] = value; else element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// Attributes and text that change with every frame: rounded, and only written where that shows.
const written = new WeakMap();
export function write(element, attributes) {
  let before = written.get(element);
  if (!before) written.set(element, before = {});
  for (const name in attributes) {
    const value = typeof attributes[name] === "number" ? Math.round(100 * attributes[name]) / 100 : attributes[name];
    if (before[name] === value) continue;
    before[name] = value;
    if (name === "text") element.textContent = value; else element.setAttribute(name, value);
  }
}

export const two = (x) => (Number.isNaN(x) ? "NaN" : (Math.round(100 * x) / 100 || 0).toFixed(2).replace("-", "−"));
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// A frame that is dark where the page around it is: JupyterLab's theme, the site's switch, or the system's wish.
export function frame(el, name, title, intro) {
  const heading = make("h2", { id: fresh(name) }, title);
  const box = make("section", { className: `theatre ${name}`, "aria-labelledby": heading.id }, heading, make("p", { className: "intro" }, intro));
  // Keys belong to what has the focus: with the arrow keys JupyterLab would fold headings and leave the cell.
  box.addEventListener("focusin", ({ target }) => target.setAttribute("data-lm-suppress-shortcuts", "true"));
  const system = matchMedia("(prefers-color-scheme: dark)");
  const choose = () => {
    const lab = document.body.dataset.jpThemeLight, site = document.documentElement.dataset.theme;
    box.classList.toggle("dark", lab ? lab === "false" : site ? site === "dark" : system.matches);
  };
  const watch = new MutationObserver(choose);
  watch.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  watch.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  system.addEventListener("change", choose);
  choose();
  el.append(box);
  return [box, () => { watch.disconnect(); system.removeEventListener("change", choose); box.remove(); }];
}

// put(question): while one is out, only the newest of the following is kept, so that a fast hand never queues.
// complain(message): why the last one failed; "" once one is answered. rest(): the last one is answered.
export function newest(ask, show, complain, rest = () => {}) {
  let out = false, next = null;
  return async function put(question) {
    if (out) { next = question; return; }
    out = true;
    try {
      const found = await ask(question);
      complain("");
      show(found, question);
    } catch (error) { complain(error.message); }
    out = false;
    if (next) { const waiting = next; next = null; put(waiting); } else rest();
  };
}

// opening: a promise of what closes a scene. If it cannot open, a line in its place says so, and there is nothing to close.
export const orFailed = (opening, place, advice = "Load the page again.") => opening.catch((error) => {
  place.append(make("p", { className: "theatre problem", role: "alert" }, `This scene cannot be shown (${error.message}). ${advice}`));
  return () => {};
});

let count = 0;
export const fresh = (name) => `theatre-${name}-${++count}`;

// A named control in a label. `input` is what a person moves; a number beside it, which the input tells a screen reader
// itself, is neither a part of its name nor spoken at every change.
export function labelled(text, input, ...more) {
  for (const said of more) { said.setAttribute("aria-hidden", "true"); said.setAttribute("aria-live", "off"); }
  return make("label", { className: "control" }, make("span", {}, text), input, ...more);
}

export function choice(options, value, chosen) {
  const select = make("select", {}, ...options.map(([v, text]) => make("option", { value: v }, text)));
  select.value = value;
  select.addEventListener("change", () => chosen(select.value));
  return select;
}

// Where a scene says what went wrong.
export const alertLine = () => make("p", { className: "problem", role: "alert" });

export function button(text, pressed, properties = {}) {
  const made = make("button", { type: "button", ...properties }, text);
  made.addEventListener("click", pressed);
  return made;
}

export function check(text, on, turned) {
  const input = make("input", { type: "checkbox", checked: on });
  input.addEventListener("change", () => turned(input.checked));
  return make("label", { className: "check" }, input, text);
}

// A capsule's name, its length as a bar, and as a number. `more` bars lie in the same track.
export function lengthRow(name, ...more) {
  const bar = make("i", { className: "bar" }), number = make("span", { className: "number" });
  const row = make("div", { className: "length" }, make("span", { className: "class" }, name), make("span", { className: "track" }, bar, ...more), number);
  return { row, bar, number };
}

// ---- pictures in ink: 0 is paper, 1 is black

export const grey = (ink) => { const g = 255 * (1 - ink); return [g, g, g]; };
export const rgb = (colour) => [1, 3, 5].map((n) => parseInt(colour.slice(n, n + 2), 16));

export function picture([height, width], name, properties = {}) {
  return make("canvas", { width, height, role: "img", "aria-label": name, className: "picture", ...properties });
}

export function paint(canvas, colour) {
  const pen = canvas.getContext("2d"), image = pen.createImageData(canvas.width, canvas.height);
  for (let n = 0; n < canvas.width * canvas.height; n++) {
    image.data.set(colour(n), 4 * n);
    image.data[4 * n + 3] = 255;
  }
  pen.putImageData(image, 0, 0);
}

// All channels of an image side by side, as Python sends it. shape [channels, height, width] → [height, width]
export const sheet = ([channels, height, width]) => [height, channels * width];

// Small pictures to choose from, as one tab stop: arrow keys move within. items: [{place, says}], ink(n) its pixels.
export function thumbnails(items, size, ink, chosen, name) {
  const list = make("div", { className: "thumbnails", role: "radiogroup", "aria-label": name });
  const buttons = items.map(({ place, says }, n) => {
    const shown = picture(size, says, { "aria-hidden": "true" }), pixels = ink(n);
    paint(shown, (k) => grey(pixels[k]));
    const one = make("button", { type: "button", title: says, "aria-label": says, tabIndex: -1 }, shown);
    one.setAttribute("role", "radio");
    one.addEventListener("click", () => choose(place, true));
    list.append(one);
    return one;
  });
  function choose(place, told = false) {
    const at = items.findIndex((item) => item.place === place);
    buttons.forEach((one, n) => {
      one.setAttribute("aria-checked", String(n === at));
      one.tabIndex = n === Math.max(at, 0) ? 0 : -1;
    });
    if (told) chosen(place);
  }
  list.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const now = buttons.findIndex((one) => one.tabIndex === 0), to = (now + by + items.length) % items.length;
    choose(items[to].place, true);
    buttons[to].focus();
  });
  choose(null);
  return { list, choose };
}
