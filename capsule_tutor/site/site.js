// What the theme leaves open: a theme on the root element, where the theatre reads it, and names and keys for everybody.
const system = matchMedia("(prefers-color-scheme: dark)");

// Furo writes "auto", "light" or "dark" on the body.
function theme() {
  const chosen = document.body.dataset.theme;
  document.documentElement.dataset.theme = chosen === "dark" || (chosen !== "light" && system.matches) ? "dark" : "light";
}

// What can be scrolled sideways can be reached by the Tab key, and what cannot is no stop.
function reachable() {
  for (const box of document.querySelectorAll("pre, .math-wrapper, .table-wrapper, .katex-display, .cell_output")) {
    if (box.scrollWidth > box.clientWidth && getComputedStyle(box).overflowX !== "visible") box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

addEventListener("DOMContentLoaded", () => {
  theme();
  new MutationObserver(theme).observe(document.body, { attributes: true, attributeFilter: ["data-theme"] });
  system.addEventListener("change", theme);
  document.querySelector("aside.sidebar-drawer")?.setAttribute("aria-label", "lessons");
  document.querySelector("aside.toc-drawer")?.setAttribute("aria-label", "on this page");
  const article = document.querySelector("article");
  if (!article.querySelector("h1")) {  // the search page has none
    const heading = document.createElement("h1");
    heading.textContent = "Search";
    article.prepend(heading);
  }
  if (article.querySelector("[data-scene]")) {
    const script = document.createElement("script");
    script.src = new URL("_static/theatre.js", document.baseURI);
    document.body.append(script);
  }
});
addEventListener("load", reachable);
addEventListener("resize", reachable);
document.addEventListener("toggle", reachable, true);
