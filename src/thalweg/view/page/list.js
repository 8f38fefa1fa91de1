// The list of responses and its filters.

import { badge, count, flags, make, percent, plural, select, table } from "./dom.js";
import { FILTERS, address, ask, current, follow, go, picked } from "./state.js";

const YES_NO = ["yes", "no"];
const BETWEEN = [
  ["changed", "A and B differ"], ["lost", "A solves, B does not"], ["gained", "B solves, A does not"],
  ["both", "both solve"], ["neither", "neither solves"],
];

export function filterForm(overview) {
  const chosen = current();
  const changed = (event) => go({ [event.target.name]: event.target.value, page: null });
  const choose = (label, name, options) =>
    options.length > 1 || chosen.get(name) ? select(label, name, options, chosen.get(name), changed) : null;
  const families = new Map(overview.models.map((model) => [model.family, familyName(model)]));
  const distinct = (name) => [...new Set(overview.models.map((model) => model[name]).filter((value) => value !== null))].sort((a, b) => a - b);
  const names = overview.models.map((model) => [model.name, model.label]);
  return make(
    "form",
    { class: "filters", id: "filters", "aria-label": "Filters", onsubmit: (event) => event.preventDefault() },
    field("text in responses", "text", "search", changed, chosen),
    field("problem: id or statement", "problem", "search", changed, chosen),
    choose("pool", "pool", overview.pools),
    choose("model", "family", [...families]),
    choose("size", "size", distinct("size").map((size) => [String(size), count(size)])),
    choose("seed", "seed", distinct("seed")),
    choose("verdict", "status", overview.statuses.map((status) => [status, status.replaceAll("_", " ")])),
    select("thinks", "thinking", YES_NO, chosen.get("thinking"), changed),
    select("finished", "finished", YES_NO, chosen.get("finished"), changed),
    select("loops", "looped", YES_NO, chosen.get("looped"), changed),
    choose("difficulty", "difficulty", overview.difficulties),
    choose("source", "source", overview.sources),
    make(
      "fieldset",
      {},
      make("legend", {}, "between two models"),
      select("A", "a", names, chosen.get("a"), changed, "none"),
      select("B", "b", names, chosen.get("b"), changed, "none"),
      select("problems where", "between", chosen.get("a") && chosen.get("b") ? BETWEEN : [], chosen.get("between"), changed),
    ),
    make("a", { href: "./", onclick: follow, class: "clear" }, "clear all"),
  );
}

function field(label, name, type, changed, chosen) {
  return make(
    "label",
    {},
    make("span", {}, label),
    make("input", { type, name, value: chosen.get(name) ?? "", onchange: changed, spellcheck: "false", autocomplete: "off" }),
  );
}

export function familyName(model) {
  if (model.arm) return `arm ${model.arm}`;
  return model.label;
}

export async function listView(overview) {
  const found = await ask("responses", picked([...FILTERS, "a", "b", "page"]));
  const share = found.graded ? `${percent(found.correct / found.graded)} of ${count(found.graded)} graded correct` : "none graded";
  const summary = `${plural(found.total, "response")}, ${plural(found.problems, "problem")}, ${plural(found.models, "model")}; ${share}`;
  const rows = found.rows.map((row) =>
    make(
      "tr",
      { class: "item" },
      make("td", {}, make("a", { href: problemAddress(row), onclick: follow, class: "pick" }, row.problem)),
      make("td", {}, row.label, row.sample ? make("span", { class: "soft" }, ` sample ${row.sample}`) : null),
      make("td", {}, badge(row.status)),
      make("td", {}, flags(row)),
      make("td", { class: "number" }, row.tokens === null ? "" : count(row.tokens)),
      make("td", { class: "text" }, row.taken),
    ),
  );
  const heads = ["problem", "model", "verdict", "", "tokens", "taken as answer, or what the grader said"];
  return make(
    "div",
    { class: "split" },
    filterForm(overview),
    make(
      "section",
      { "aria-label": "Responses" },
      make("p", { class: "summary", id: "summary" }, summary),
      rows.length ? table(heads, rows) : make("p", { class: "note" }, "No response answers to these filters."),
      pages(found),
    ),
  );
}

function problemAddress(row) {
  // The filters stay in the address under names of their own, for "next" and for the way back.
  const chosen = current();
  return address({ view: "problem", problem: row.problem, pool: row.pool, about: chosen.get("problem"), in: chosen.get("pool"), page: null, back: chosen.get("page") });
}

export function pages(found) {
  if (found.pages < 2) return null;
  const link = (text, page, id) =>
    page >= 0 && page < found.pages
      ? make("a", { href: address({ page: page || null }), onclick: follow, id }, text)
      : make("span", { class: "soft" }, text);
  return make(
    "nav",
    { class: "pages", "aria-label": "Pages" },
    link("previous", found.page - 1, "previous-page"),
    make("span", {}, `page ${count(found.page + 1)} of ${count(found.pages)}`),
    link("next", found.page + 1, "next-page"),
  );
}
