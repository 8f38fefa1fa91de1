// One problem with every model's responses side by side.

import { badge, count, flags, make, plural, table } from "./dom.js";
import { familyName, pages } from "./list.js";
import { FILTERS, address, ask, current, follow, go, picked } from "./state.js";

const BACK = { view: null, about: null, in: null, sample: null, back: null, show: null };

export function listAddress() {
  const chosen = current();
  return address({ ...BACK, problem: chosen.get("about"), pool: chosen.get("in"), page: chosen.get("back") });
}

export async function problemView(overview) {
  const chosen = current();
  const found = await ask("problem", picked([...FILTERS, "a", "b", "about", "in", "show", "page"]));
  const only = chosen.get("show") === "filtered";
  const filtered = [...chosen.keys()].some((key) => FILTERS.includes(key) && key !== "problem" && key !== "pool");
  const toggle = make("button", { type: "button", onclick: () => go({ show: only ? null : "filtered", page: null }) }, only ? "show all responses" : "only what the filters leave");
  return make(
    "article",
    {},
    heading(found, listAddress(), "responses", "problem"),
    statement(found.problem),
    grid(found.all, overview),
    make(
      "p",
      { class: "summary", id: "summary" },
      `${plural(found.total, "response")}${found.pages > 1 ? `, page ${count(found.page + 1)} of ${count(found.pages)}` : ""}`,
      filtered || only ? toggle : null,
    ),
    make("div", { class: "cards" }, found.responses.map((row) => card(row, chosen))),
    pages(found),
  );
}

function grid(all, overview) {
  // Who solves it: a line a model or arm, a column a size; correct of all responses, over seeds and samples.
  const models = new Map(overview.models.map((model) => [model.name, model]));
  const lines = new Map();
  const sizes = [...new Set(all.map(([name]) => models.get(name).size ?? 0))].sort((a, b) => a - b);
  for (const [name, status] of all) {
    const model = models.get(name);
    if (!lines.has(model.family)) lines.set(model.family, { name: familyName(model), cells: new Map() });
    const cells = lines.get(model.family).cells;
    const cell = cells.get(model.size ?? 0) ?? { correct: 0, of: 0 };
    cell.correct += status === "correct";
    cell.of += 1;
    cells.set(model.size ?? 0, cell);
  }
  const rows = [...lines.values()].map((line) => make("tr", {}, make("th", { scope: "row" }, line.name), sizes.map((size) => tally(line.cells.get(size)))));
  const heads = ["correct of all responses", ...sizes.map((size) => (size ? count(size) : "no training"))];
  return make("details", { class: "grid", open: rows.length > 1 && rows.length <= 24 }, make("summary", {}, `who solves it: ${solved(all)}`), table(heads, rows));
}

function tally(cell) {
  if (!cell) return make("td", {});
  const kind = cell.correct === cell.of ? "good" : cell.correct ? "" : "bad";
  return make("td", { class: kind || null }, `${count(cell.correct)} of ${count(cell.of)}`);
}

function solved(all) {
  return `${count(all.filter(([, status]) => status === "correct").length)} of ${count(all.length)} correct`;
}

export function heading(found, back, backName, view) {
  const problem = found.problem;
  const step = (neighbour, text, id) =>
    neighbour
      ? make("a", { id, href: address({ view, problem: neighbour.problem, pool: neighbour.pool, page: null }), onclick: follow }, text)
      : make("span", { class: "soft" }, text);
  const place = found.place === null ? `not among the ${plural(found.of, "problem")} of the list` : `${count(found.place)} of ${count(found.of)}`;
  return make(
    "header",
    { class: "heading" },
    make("a", { href: back, onclick: follow, id: "up" }, `← ${backName}`),
    make("h2", {}, problem.problem),
    make("span", { class: "soft" }, [problem.pool, problem.difficulty && `difficulty ${problem.difficulty}`].filter(Boolean).join(", ")),
    make("nav", { "aria-label": "Problems" }, step(found.before, "previous", "before"), make("span", {}, place), step(found.after, "next", "after")),
  );
}

export function statement(problem) {
  if (problem.statement === null) return make("p", { class: "note" }, "The study no longer holds this problem's statement.");
  return make(
    "div",
    { class: "statement" },
    make("div", {}, make("p", { class: "label" }, "problem"), make("pre", {}, problem.statement)),
    make("div", {}, make("p", { class: "label" }, `expected (${problem.check})`), make("pre", {}, problem.expected)),
  );
}

function card(row, chosen) {
  const thinking = row.parts.thinking;
  const body = make(
    "div",
    { class: "body" },
    thinking === null ? null : make("details", { class: "thinking" }, make("summary", {}, `thinking, ${plural(words(thinking), "word")}${row.cut ? " or more" : ""}`), make("pre", {}, thinking.trim())),
    row.parts.answer === null ? make("p", { class: "label" }, "never reached an answer") : make("pre", {}, row.parts.answer.trim()),
    row.taken && row.taken.trim() !== (row.parts.answer ?? "").trim() ? [make("p", { class: "label" }, "taken as answer"), make("pre", {}, row.taken)] : null,
  );
  const all = row.cut ? make("button", { type: "button", onclick: (event) => showWhole(row, body, event.target) }, "whole text") : null;
  return make(
    "section",
    { class: "card", "aria-label": row.label },
    make("h3", {}, row.label, row.sample ? ` · sample ${row.sample}` : "", row.by && !row.label.includes(row.by) && row.by !== row.model ? make("span", { class: "soft" }, ` ${row.by}`) : null),
    make("p", { class: "facts" }, badge(row.status), ...flags(row), row.tokens === null ? null : make("span", { class: "soft" }, plural(row.tokens, "token")), side("a", row, chosen), side("b", row, chosen), all),
    row.detail ? make("p", { class: "label" }, row.detail) : null,
    row.verdict && row.verdict !== row.status ? make("p", { class: "label" }, `graded ${row.verdict.replaceAll("_", " ")}, but unfinished: not counted as correct`) : null,
    body,
  );
}

function side(name, row, chosen) {
  const on = chosen.get(name) === row.model;
  const label = name.toUpperCase();
  return make("button", { type: "button", class: "side", "aria-pressed": String(on), title: `take as ${label} of the comparison`, onclick: () => go({ [name]: on ? null : row.model }, true) }, label);
}

async function showWhole(row, body, button) {
  const whole = await ask("response", { model: row.model, pool: row.pool, id: row.id });
  const shown = ["thinking", "answer"].filter((name) => whole[name] !== null);
  body.replaceChildren(...shown.flatMap((name) => [make("p", { class: "label" }, name), make("pre", { class: "whole" }, whole[name])]));
  button.remove();
}

const words = (text) => text.split(/\s+/).filter(Boolean).length;
