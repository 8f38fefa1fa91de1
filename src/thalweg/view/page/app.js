// Chooses the view that the address asks for, draws it, and listens to the keys.

import { againstAddress, againstView, diffView } from "./against.js";
import { corporaView } from "./corpora.js";
import { count, make } from "./dom.js";
import { keys, showHelp } from "./keys.js";
import { listView } from "./list.js";
import { listAddress, problemView } from "./problem.js";
import { ask, current, follow, onchange } from "./state.js";

const VIEWS = { problem: problemView, against: againstView, diff: diffView, corpora: corporaView };
const UP = { problem: listAddress, diff: againstAddress };
let overview = null;
let drawn = 0;

async function draw() {
  const begun = performance.now();
  const turn = ++drawn;
  const name = current().get("view") ?? "";
  document.body.dataset.state = "busy";
  try {
    overview ??= await ask("overview", {});
    document.title = `${overview.title} · Thalweg`;
    document.getElementById("title").replaceChildren(overview.title);
    tabs(name);
    const shown = await (VIEWS[name] ?? listView)(overview);
    if (turn !== drawn) return;
    show(shown, name);
    say(`${count(overview.responses)} responses in the study; this view took ${Math.round(performance.now() - begun)} ms`);
  } catch (error) {
    if (error.name === "AbortError") return;
    show(make("p", { class: "note bad", role: "alert" }, error.message), name);
    say("");
  }
  document.body.dataset.view = name || "list";
  document.body.dataset.turn = String(turn);
  document.body.dataset.state = "ready";
  dispatchEvent(new Event("drawn"));
}

function show(content, name) {
  const view = document.getElementById("view");
  const before = document.activeElement;
  const kept = before && view.contains(before) ? before.name : null;
  const left = view.querySelector("article h2")?.textContent;
  view.replaceChildren(content);
  // A filter that was changed keeps the focus, and so does the row of the problem that was open.
  const field = kept ? view.querySelector(`[name="${CSS.escape(kept)}"]`) : null;
  const row = left ? [...view.querySelectorAll(".pick")].find((one) => one.textContent === left) : null;
  if (field) field.focus({ preventScroll: true });
  else scrollTo(0, 0);
  row?.focus();
  view.dataset.name = name || "list";
}

function tabs(name) {
  const entries = [["", "Responses"], ["against", "Compare"], ["corpora", "Corpora"]];
  const own = { problem: "", diff: "against" }[name] ?? name;
  const links = entries.map(([view, text]) => make("a", { href: view ? `?view=${view}` : "./", onclick: follow, "aria-current": view === own ? "page" : null }, text));
  if (overview.report) links.push(make("a", { href: "report.html" }, "Report"));
  document.getElementById("tabs").replaceChildren(...links);
}

const say = (text) => document.getElementById("status").replaceChildren(text);

onchange(draw);
document.getElementById("help-button").addEventListener("click", showHelp);
addEventListener("keydown", (event) => keys(event, UP));
draw();
