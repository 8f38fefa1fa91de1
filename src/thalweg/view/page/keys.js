// The keys. Nothing here is needed: each key only presses what a pointer can press.

import { make } from "./dom.js";
import { current, go } from "./state.js";

const HELP = [
  ["j, k", "next and previous row; in a problem or a comparison, next and previous problem"],
  ["Enter", "open the row"],
  ["n, p", "next and previous page"],
  ["/", "search in the responses' texts"],
  ["f", "filters"],
  ["d", "compare A and B: on this problem where one is open"],
  ["t", "open or fold all thinking"],
  ["1, 2, 3, 4", "responses, compare, corpora, report"],
  ["Escape", "leave a field, close this, or go up"],
  ["?", "this list"],
];

export function showHelp() {
  const dialog = document.getElementById("help");
  const lines = HELP.flatMap(([key, text]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, text)]);
  const close = make("button", { type: "button", onclick: () => dialog.close() }, "Close");
  dialog.replaceChildren(make("h2", {}, "Keys"), make("dl", {}, lines), close);
  if (!dialog.open) dialog.showModal();
}

export function keys(event, up) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const inside = event.target.closest("input, select, textarea");
  if (event.key === "Escape") return escape(inside, up);
  if (inside || document.getElementById("help").open) return;
  const action = ACTIONS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

const ACTIONS = {
  j: () => step(1),
  k: () => step(-1),
  n: () => press("#next-page"),
  p: () => press("#previous-page"),
  "/": search,
  f: () => document.querySelector("#filters select, #filters input")?.focus(),
  d: compare,
  t: thinking,
  1: () => press("#tabs a:nth-child(1)"),
  2: () => press("#tabs a:nth-child(2)"),
  3: () => press("#tabs a:nth-child(3)"),
  4: () => press("#tabs a:nth-child(4)"),
  "?": showHelp,
};

const press = (selector) => document.querySelector(selector)?.click();

function step(by) {
  const view = document.body.dataset.view;
  if (view === "problem" || view === "diff") return press(by > 0 ? "#after" : "#before");
  const picks = [...document.querySelectorAll(".pick")];
  const at = picks.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : picks.length - 1) : at + by;
  if (next >= 0 && next < picks.length) return picks[next].focus();
}

function search() {
  const field = document.querySelector("#filters input[name=text]");
  if (field) return field.select();
  addEventListener("drawn", () => document.querySelector("#filters input[name=text]")?.select(), { once: true });
  press("#up, #tabs a:nth-child(1)");
}

function compare() {
  const chosen = current();
  const open = document.body.dataset.view === "problem" && chosen.get("a") && chosen.get("b");
  go(open ? { view: "diff" } : { view: "against", problem: null, pool: null, about: null, in: null, page: null });
}

function thinking() {
  const all = [...document.querySelectorAll("details.thinking")];
  const open = all.some((one) => !one.open);
  for (const one of all) one.open = open;
}

function escape(inside, up) {
  if (document.getElementById("help").open) return;
  if (inside) return inside.blur();
  if (up[document.body.dataset.view]) press("#up");
}
