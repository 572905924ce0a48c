// A button that moves a slider there and back. slider() gives it, or nothing as long as there is none.
import { button } from "./parts.js";

export function sweep(slider, moved) {
  let sweeping = 0;
  const element = button("▶ sweep", () => (sweeping ? still() : swing()));
  function still() { clearInterval(sweeping); sweeping = 0; element.textContent = "▶ sweep"; }
  function swing() {
    if (!slider()) return;
    let frames = 0;
    element.textContent = "❚❚ stop";
    sweeping = setInterval(() => {
      const input = slider(), middle = (+input.min + +input.max) / 2, half = (input.max - input.min) / 2;
      input.value = middle + half * Math.sin(++frames / 6);
      moved();
    }, 60);
  }
  return { element, still };
}
