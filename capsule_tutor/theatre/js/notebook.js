// A scene in a notebook: its questions go to Python, whose tensors come back as lists of floats.
import { orFailed } from "./parts.js";

const PATIENCE = 15_000;  // milliseconds
const AGAIN = "Run the notebook from its top to this cell again.";
const SILENT = "Python does not answer. Is a cell still running? If the kernel was restarted, run the notebook from its top to this cell again.";

function unpacked(value, buffers) {
  if (Array.isArray(value)) return value.map((part) => unpacked(part, buffers));
  if (value === null || typeof value !== "object") return value;
  if ("floats" in value) {
    const { buffer, byteOffset, byteLength } = buffers[value.floats];
    return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  }
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, unpacked(part, buffers)]));
}

export function widget(scene) {
  return {
    async render({ model, el }) {
      const note = document.createElement("p");
      note.setAttribute("role", "status");
      let patience = 0;
      // A question may wait behind a cell that runs, or for ever behind a kernel that is gone.
      const wait = () => {
        clearTimeout(patience);
        note.textContent = "";
        if (waiting.size) patience = setTimeout(() => { note.textContent = SILENT; el.prepend(note); }, PATIENCE);
      };
      const waiting = new Map(), mine = Math.random().toString(36);  // two views of one scene hear each other's answers
      let count = 0;
      const hear = (message, buffers) => {
        const promise = waiting.get(message.id);
        if (!promise) return;
        waiting.delete(message.id);
        wait();
        if (message.error) promise.reject(new Error(message.error));
        else promise.resolve(unpacked(message.reply, buffers));
      };
      model.on("msg:custom", hear);
      const ask = (question) => new Promise((resolve, reject) => {
        const id = `${mine}-${count++}`;
        // Bytes travel beside the question, not in it.
        const bytes = Object.keys(question).filter((name) => question[name] instanceof Uint8Array);
        const rest = Object.fromEntries(Object.entries(question).filter(([name]) => !bytes.includes(name)));
        try { model.send({ id, question: rest, bytes }, undefined, bytes.map((name) => question[name].buffer)); } catch {
          reject(new Error(`The kernel that answered here is gone. ${AGAIN}`));  // it was restarted
          return;
        }
        waiting.set(id, { resolve, reject });
        wait();
      });
      const close = await orFailed(scene(el, { ask }), el, AGAIN);
      return () => { model.off("msg:custom", hear); clearTimeout(patience); close(); };
    },
  };
}
