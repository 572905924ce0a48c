// The table of one algorithm: its logits, couplings or agreements in one iteration, a row for each child.
import { logitsAt } from "./arithmetic.js";
import { make, two, write } from "./parts.js";

export const NUMBERS = { "": "hide", logits: "logits b", c: "couplings c", agreement: "agreement û·v" };
const UNSEEN = "A function returns its v and its c. Its logits stay inside, which the stage cannot see.";

// A number in at most four characters, for eleven columns: .27, -.27, 1.0, -12
function narrow(x) {
  const size = Math.abs(x), digits = size < 0.995 ? 2 : size < 9.95 ? 1 : 0;
  return x.toFixed(digits).replace(/^(-?)0\.(?=\d\d)/, "$1.").replace(/^-(?=\.?0+$)/, "");  // a true minus sign would be as wide as two digits
}

function about(what, data) {
  if (what === "c") return data.logits ? "the softmax of each child's logits" + (data.prior ? ", plus the prior" : "") : "the shares that made v";
  if (what === "agreement") return data.logits === "sums" && data.steps > 1 ? "this iteration's alone; it is added to the logits for the next one" : "with the v shown";
  if (data.logits === "products") return "each vote times the sum of all votes for its parent, over √z";
  return data.steps > 1 ? "the agreements û·v of all earlier iterations, added up" : "nothing is added up: all are 0";
}

// element; show(what, data, parents) makes its rows, fill(k, data, votes) writes the numbers of iteration k into them.
export function numbersOf(name, { I, J, toy, sizes }) {
  const element = make("div", { className: "numbers", role: "region", "aria-label": `numbers of ${name}` }), told = toy ? two : narrow;
  let what = "", cells = [];

  function row(head, count, foot) {
    const line = Array.from({ length: count }, () => make("td"));
    cells.push(line);
    return make("tr", { className: foot ? "foot" : "" }, make("th", { scope: "row" }, head), ...line);
  }
  function show(wanted, data, parents) {
    what = wanted;
    cells = [];
    element.replaceChildren();
    element.tabIndex = what ? 0 : -1;
    if (!what || data.problem) return;
    if (what === "logits" && !data.logits) { element.append(make("p", {}, UNSEEN)); return; }
    const sum = what === "c" ? ["Σ"] : [], column = (name) => make("th", { scope: "col" }, name);
    const body = make("tbody", {}, ...Array.from({ length: I }, (_, i) => row(i, J + sum.length)), row("‖v‖", J, true));
    element.append(make("table", {}, make("caption", {}, `${NUMBERS[what]}: ${about(what, data)}`),
      make("thead", {}, make("tr", {}, ...["child", ...parents, ...sum].map(column))), body));
  }
  function fill(k, data, votes) {
    if (!cells.length) return;
    const list = what === "logits" ? logitsAt(k, data, votes, sizes) : data[what].subarray(k * I * J, (k + 1) * I * J);
    for (let i = 0; i < I; i++) {
      const line = Array.from(list.subarray(i * J, (i + 1) * J));
      if (what === "c") line.push(line.reduce((a, b) => a + b));
      line.forEach((x, n) => {
        write(cells[i][n], { text: told(x) });
        if (!toy && what === "c" && n < J) write(cells[i][n], { style: `--c: ${Math.round(100 * Math.min(1, Math.abs(x)))}%` });
      });
    }
    for (let j = 0; j < J; j++) write(cells[I][j], { text: told(data.lengths[k * J + j]) });
  }
  return { element, show, fill };
}
