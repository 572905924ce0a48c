// The squash dial: a vector s in the plane, and what each squash makes of it.
import { alertLine, draw, frame, labelled, make, newest, two } from "./parts.js";

const SIDE = 320, MARGIN = 32, WIDE = 360;  // of the plane and of the curves

export async function dial(el, { ask, state = {}, changed = () => {} }) {
  const [box, close] = frame(el, "dial", "What does a squash do?",
    "A vector s of any length becomes one that is shorter than 1 and points the same way. Drag s in a plane, or turn it with the sliders.");
  const programme = await ask({ what: "programme" }), most = programme.most;  // the longest s: nothing is ever cut off
  const unit = (SIDE / 2 - MARGIN) / most, middle = SIDE / 2;
  const now = { length: Math.min(most, Math.max(0, Number.isFinite(+state.length) ? +(state.length ?? 1) : 1)), angle: Number.isFinite(+state.angle) ? +(state.angle ?? 30) : 30 };

  const slider = (name, min, max, step) => {
    const input = make("input", { type: "range", min, max, step, value: now[name] }), said = make("output", {});
    input.addEventListener("input", () => { now[name] = +input.value; put(); });
    return { input, said };
  };
  const size = slider("length", 0, most, 0.05), turn = slider("angle", -180, 180, 5);

  // ---- a plane for each squash, with the same s in both
  const looks = ["var(--squash-0)", "var(--squash-1)"], planes = programme.names.map((name, n) => plane(name, looks[n]));
  function plane(name, colour) {
    const surface = draw("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img", "aria-label": `the plane: s and its ${name}` });
    for (let n = -most; n <= most; n++) {
      const at = middle + unit * n;
      surface.append(draw("line", { x1: at, x2: at, y1: MARGIN, y2: SIDE - MARGIN, class: n ? "grid" : "axis" }));
      surface.append(draw("line", { y1: at, y2: at, x1: MARGIN, x2: SIDE - MARGIN, class: n ? "grid" : "axis" }));
      if (n) surface.append(draw("text", { x: at, y: SIDE - MARGIN + 15, "text-anchor": "middle", class: "note" }, String(n).replace("-", "−")));
      if (n) surface.append(draw("text", { x: MARGIN - 5, y: middle - unit * n + 4, "text-anchor": "end", class: "note" }, String(n).replace("-", "−")));
    }
    surface.append(draw("circle", { cx: middle, cy: middle, r: unit, class: "unit" }));
    const s = arrow(surface, "var(--link)", 2.5), v = arrow(surface, colour, 4), grip = draw("circle", { r: 14, class: "grip" });
    surface.append(grip);
    const point = (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(surface.getScreenCTM().inverse());
      const x = (at.x - middle) / unit, y = (middle - at.y) / unit;
      now.length = Math.min(most, Math.round(20 * Math.hypot(x, y)) / 20);
      now.angle = Math.round(Math.atan2(y, x) * 180 / Math.PI);
      size.input.value = now.length; turn.input.value = now.angle;
      put();
    };
    surface.addEventListener("pointerdown", (event) => { if (event.button) return; surface.setPointerCapture(event.pointerId); event.preventDefault(); point(event); });
    surface.addEventListener("pointermove", (event) => { if (surface.hasPointerCapture(event.pointerId)) point(event); });
    const number = make("output", {});
    return { figure: make("figure", { className: "plane-of" }, make("figcaption", {}, `${name}: `, number), surface), s, v, grip, number };
  }
  function arrow(surface, stroke, broad) {
    const line = draw("line", { stroke, "stroke-width": broad }), head = draw("polygon", { fill: stroke });
    surface.append(line, head);
    return ([x, y]) => {
      const size = unit * Math.hypot(x, y), tip = Math.min(size, 5 + 1.6 * broad), [ux, uy] = size ? [unit * x / size, -unit * y / size] : [0, 0];
      const [px, py] = [middle + (size - tip) * ux, middle + (size - tip) * uy], wide = tip / 2;
      Object.entries({ x1: middle, y1: middle, x2: px, y2: py }).forEach(([n, v]) => line.setAttribute(n, v));
      head.setAttribute("points", `${middle + size * ux},${middle + size * uy} ${px - wide * uy},${py + wide * ux} ${px + wide * uy},${py - wide * ux}`);
    };
  }

  // ---- the curves: new length over old
  const curves = draw("svg", { viewBox: `0 0 ${WIDE} ${SIDE}`, role: "img", "aria-label": `the new length over the old one, from 0 to ${most}` });
  const highest = Math.max(1, ...programme.curves.flatMap((c) => Array.from(c)).filter(Number.isFinite));
  const px = (n) => 40 + (WIDE - 60) * n / most, py = (n) => SIDE - 44 - (SIDE - 74) * n / highest;
  for (let n = 0; n <= most; n++) curves.append(draw("line", { x1: px(n), x2: px(n), y1: py(0), y2: py(highest), class: "grid" }), draw("text", { x: px(n), y: py(0) + 16, "text-anchor": "middle", class: "note" }, n));
  // At most a dozen lines, 1, 2 or 5 times a power of ten apart.
  const apart = [1, 2, 5, 10].map((n) => n * 10 ** Math.floor(Math.log10(highest / 10))).find((n) => highest / n <= 10);
  for (let n = 0; n <= highest + 1e-6; n += highest > 2 ? apart : 0.25) curves.append(draw("line", { x1: px(0), x2: px(most), y1: py(n), y2: py(n), class: n === 1 ? "axis" : "grid" }), draw("text", { x: 34, y: py(n) + 4, "text-anchor": "end", class: "note" }, n));
  curves.append(draw("text", { x: px(most / 2), y: SIDE - 8, "text-anchor": "middle" }, "length of s"), draw("text", { x: 6, y: 16 }, "length of v"));
  const dots = [];
  programme.names.map((_, n) => n).reverse().forEach((n) => {
    const last = programme.curves[n].length - 1, points = Array.from(programme.curves[n], (value, k) => [px(most * k / last), py(value)]);
    const path = points.filter(([, y]) => Number.isFinite(y)).join(" ");  // a curve ends at its first NaN, even where it begins with one
    curves.append(draw("polyline", { points: path, fill: "none", stroke: looks[n], "stroke-width": n ? 4 : 2, "stroke-dasharray": n ? "7 3" : "none" }));
    dots[n] = draw("circle", { r: 5, fill: looks[n] });
  });
  curves.append(...dots);

  const said = make("p", { className: "said", "aria-live": "polite" }), problem = alertLine();
  const key = make("p", { className: "legend" }, ...[["key s", "s"], ...programme.names.map((name, n) => [`key k${n}`, name]), ["dotted", "length 1"]].map(([className, says]) => make("span", { className: "mark" }, make("span", { className }), says)));
  box.append(
    make("div", { className: "row" }, labelled("length of s", size.input, size.said), labelled("angle", turn.input, turn.said)),
    problem, key, make("div", { className: "planes" }, ...planes.map(({ figure }) => figure), curves), said,
  );

  const send = newest(ask, ({ s, squashed, problems }) => {
    const lengths = squashed.map((v) => Math.hypot(...v));
    squashed.forEach((v, n) => {
      const known = v.every(Number.isFinite);
      planes[n].s(s);
      planes[n].v(known ? v.map((x) => x * Math.min(1, most / (lengths[n] || 1))) : [0, 0]);  // cut off at the edge
      planes[n].number.value = `‖v‖ ${two(lengths[n])}`;
      planes[n].grip.setAttribute("cx", middle + unit * s[0]); planes[n].grip.setAttribute("cy", middle - unit * s[1]);
      dots[n].setAttribute("cx", px(now.length));
      dots[n].setAttribute("cy", known ? py(Math.min(lengths[n], highest)) : 0);
      dots[n].style.display = known ? "" : "none";
    });
    const bent = (v) => Math.hypot(...v) > 1e-3 && now.length > 1e-3 ? Math.round(Math.acos(Math.max(-1, Math.min(1, (v[0] * s[0] + v[1] * s[1]) / Math.hypot(...v) / Math.hypot(...s)))) * 180 / Math.PI) : 0;
    said.textContent = `s has length ${two(now.length)}. ` + programme.names.map((name, n) => `${name}: ${two(lengths[n])}${bent(squashed[n]) ? `, turned by ${bent(squashed[n])}°` : ""}`).join("; ") + ".";
    problem.textContent = problems.join(" ");
  }, (message) => { problem.textContent = message; }, () => { box.dataset.settled = "true"; });
  function put() {
    box.dataset.settled = "false";
    const radians = now.angle * Math.PI / 180;
    size.said.value = two(now.length); turn.said.value = `${now.angle}°`.replace("-", "−");
    turn.input.setAttribute("aria-valuetext", `${now.angle}°`);
    send({ what: "squash", s: [now.length * Math.cos(radians), now.length * Math.sin(radians)] });
    changed({ length: now.length, angle: now.angle });
  }
  put();
  return close;
}
