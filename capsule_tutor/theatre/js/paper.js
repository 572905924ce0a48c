// Paper to draw a digit on with a mouse, pen or finger; what is on it is read while the pen moves.
import { make } from "./parts.js";

const SIDE = 168;  // pixels
const PEN = 14;  // pixels that a stroke is wide
const PAUSE = 120;  // milliseconds without a reading while the pen moves

// read({ ink, side }) hears what is on the paper: ink[y · side + x], 0 for paper and 255 for black.
export function drawingPaper(read) {
  const element = make("canvas", { width: SIDE, height: SIDE, role: "img", "aria-label": "Paper: draw a digit here with a mouse, pen or finger", className: "paper" });
  const pen = element.getContext("2d", { willReadFrequently: true });
  let last = null, finger = null, waiting = 0;

  function wipe() { pen.fillStyle = "#fff"; pen.fillRect(0, 0, SIDE, SIDE); }
  function at(event) {
    const area = element.getBoundingClientRect();
    return [(event.clientX - area.left) * SIDE / area.width, (event.clientY - area.top) * SIDE / area.height];
  }
  function readNow() {
    close();
    const rgba = pen.getImageData(0, 0, SIDE, SIDE).data, ink = new Uint8Array(SIDE * SIDE);
    for (let n = 0; n < ink.length; n++) ink[n] = 255 - rgba[4 * n];
    read({ ink, side: SIDE });
  }
  function close() { clearTimeout(waiting); waiting = 0; }

  element.addEventListener("pointerdown", (event) => {
    if (event.button || last) return;  // one pen at a time
    finger = event.pointerId; element.setPointerCapture(event.pointerId); last = at(event); event.preventDefault();
    to([last[0] + 0.01, last[1]]);  // a dot, where nothing follows: a line of no length is not drawn
  });
  function to(next) {
    Object.assign(pen, { strokeStyle: "#000", lineWidth: PEN, lineCap: "round" });
    pen.beginPath(); pen.moveTo(...last); pen.lineTo(...next); pen.stroke();
    last = next;
  }
  element.addEventListener("pointermove", (event) => {
    if (!last || event.pointerId !== finger) return;
    to(at(event));
    waiting ||= setTimeout(readNow, PAUSE);
  });
  for (const end of ["pointerup", "pointercancel"])
    element.addEventListener(end, (event) => { if (last && event.pointerId === finger) { last = null; readNow(); } });
  wipe();
  return { element, wipe, close };
}
