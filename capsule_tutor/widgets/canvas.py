"""A canvas to draw a digit on, with mouse, pen or finger."""

import anywidget
import torch
import traitlets
from ipywidgets.widgets.trait_types import CByteMemoryView
from torch import Tensor

SIDE = 140  # pixels of the drawing


class Canvas(anywidget.AnyWidget):
    """Black ink on white paper. `pixels` holds the drawing, SIDE × SIDE bytes of ink; empty before the first stroke."""

    pixels = CByteMemoryView().tag(sync=True)  # what the browser sends arrives as a memoryview
    erased = traitlets.Int(0).tag(sync=True)  # counts, so that the browser hears every clearing

    _esm = f"""
    const SIDE = {SIDE};
    function render({{ model, el }}) {{
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = SIDE;
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", "Draw a digit here");
      canvas.style.cssText = "border: 1px solid #888; touch-action: none; cursor: crosshair; background: white";
      const pen = canvas.getContext("2d", {{ willReadFrequently: true }});
      const clear = () => {{ pen.fillStyle = "white"; pen.fillRect(0, 0, SIDE, SIDE); }};
      clear();
      let last = null;
      const at = (event) => {{
        const box = canvas.getBoundingClientRect();
        return [(event.clientX - box.left) * SIDE / box.width, (event.clientY - box.top) * SIDE / box.height];
      }};
      canvas.addEventListener("pointerdown", (event) => {{
        canvas.setPointerCapture(event.pointerId);
        last = at(event);
        event.preventDefault();
      }});
      canvas.addEventListener("pointermove", (event) => {{
        if (!last) return;
        const next = at(event);
        pen.strokeStyle = "black"; pen.lineWidth = 12; pen.lineCap = "round";
        pen.beginPath(); pen.moveTo(...last); pen.lineTo(...next); pen.stroke();
        last = next;
      }});
      const send = () => {{
        if (!last) return;
        last = null;
        const rgba = pen.getImageData(0, 0, SIDE, SIDE).data, ink = new Uint8Array(SIDE * SIDE);
        for (let n = 0; n < ink.length; n++) ink[n] = 255 - rgba[4 * n];
        model.set("pixels", new DataView(ink.buffer));
        model.save_changes();
      }};
      canvas.addEventListener("pointerup", send);
      canvas.addEventListener("pointercancel", send);
      model.on("change:erased", clear);
      el.appendChild(canvas);
    }}
    export default {{ render }};
    """

    def clear(self) -> None:
        """Wipe the paper."""
        self.pixels = b""
        self.erased += 1

    def grey(self) -> Tensor:
        """The drawing, ink 1 on paper 0: (SIDE, SIDE). An empty paper if nothing was drawn."""
        if not self.pixels:
            return torch.zeros(SIDE, SIDE)
        return torch.frombuffer(bytearray(self.pixels), dtype=torch.uint8).view(SIDE, SIDE).float() / 255
