// A scene as Python code, to be copied. program() gives the text, or nothing as long as there is none.
import { button, make } from "./parts.js";

export function codeBox(program) {
  const source = make("pre", { tabIndex: 0 }), copied = make("span", { role: "status" });
  const copy = button("copy", async () => {
    try { await navigator.clipboard.writeText(source.textContent); copied.textContent = "copied"; } catch {
      const range = document.createRange();
      range.selectNodeContents(source);
      getSelection().removeAllRanges(); getSelection().addRange(range);
      copied.textContent = document.execCommand("copy") ? "copied" : "selected: press Ctrl+C";
    }
    setTimeout(() => { copied.textContent = ""; }, 2000);
  });
  const element = make("details", { className: "code" }, make("summary", {}, "as Python code"), make("div", { className: "row" }, copy, copied), source);
  const write = () => { const text = element.open && program(); if (text) source.textContent = text; };
  element.addEventListener("toggle", write);
  return { element, write };
}
