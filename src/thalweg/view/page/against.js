// Two models on the same problems: counts and lists, and the difference of two responses word by word.

import { badge, count, flags, make, percent, plural, select, table } from "./dom.js";
import { pages } from "./list.js";
import { heading, statement } from "./problem.js";
import { address, ask, current, follow, go, picked } from "./state.js";

const KINDS = {
  lost: "A solves, B does not",
  gained: "B solves, A does not",
  both: "both solve, equally often",
  neither: "neither solves",
};

export async function againstView(overview) {
  const chosen = current();
  const parts = [chooser(overview, chosen)];
  if (chosen.get("a") && chosen.get("b")) parts.push(...(await told(chosen)));
  else parts.push(make("p", { class: "note" }, "Choose two models that answered the same problems."));
  return make("section", { "aria-label": "Two models compared" }, parts);
}

function chooser(overview, chosen) {
  const names = overview.models.map((model) => [model.name, model.label]);
  const changed = (event) => go({ [event.target.name]: event.target.value, page: null });
  const swap = () => go({ a: chosen.get("b"), b: chosen.get("a"), page: null });
  return make(
    "form",
    { class: "filters row", id: "filters", onsubmit: (event) => event.preventDefault() },
    select("A", "a", names, chosen.get("a"), changed, "choose"),
    select("B", "b", names, chosen.get("b"), changed, "choose"),
    overview.pools.length > 1 ? select("pool", "pool", overview.pools, chosen.get("pool"), changed) : null,
    make("button", { type: "button", onclick: swap }, "swap A and B"),
  );
}

async function told(chosen) {
  const kind = chosen.get("kind") ?? "lost";
  const found = await ask("against", { ...picked(["a", "b", "pool", "page"]), kind });
  if (!found.problems) return [make("p", { class: "note" }, "They have no problem in common.")];
  const tabs = Object.entries(KINDS).map(([name, text]) =>
    make("a", { href: address({ kind: name, page: null }), onclick: follow, "aria-current": name === kind ? "true" : null }, `${text}: ${count(found.counts[name])}`),
  );
  const rows = found.rows.map((row) =>
    make(
      "tr",
      { class: "item" },
      make("td", {}, make("a", { class: "pick", onclick: follow, href: address({ view: "diff", problem: row.problem, pool: row.pool, in: chosen.get("pool"), kind, page: null, back: chosen.get("page") }) }, row.problem)),
      make("td", {}, row.difficulty),
      make("td", { class: "number" }, percent(row.a)),
      make("td", { class: "number" }, percent(row.b)),
    ),
  );
  return [
    make("p", { class: "summary", id: "summary" }, difference(found)),
    make("nav", { class: "tabs kinds", "aria-label": "Kinds" }, tabs),
    rows.length ? table(["problem", "difficulty", "A correct", "B correct"], rows) : make("p", { class: "note" }, "No such problem."),
    pages(found),
  ];
}

function difference(found) {
  const { value, low, high } = found.difference;
  const points = (share) => `${share > 0 ? "+" : ""}${(100 * share).toFixed(1)}`;
  const apart = low > 0 || high < 0 ? "" : "; its interval holds zero";
  return `B minus A: ${points(value)} points (95 % interval ${points(low)} to ${points(high)}), paired on ${plural(found.problems, "problem")}, these two checkpoints only${apart}`;
}

export function againstAddress() {
  const chosen = current();
  return address({ view: "against", problem: null, sample: null, in: null, pool: chosen.get("in"), page: chosen.get("back"), back: null });
}

export async function diffView() {
  const chosen = current();
  const found = await ask("diff", { ...picked(["a", "b", "pool", "problem", "sample", "in"]), kind: chosen.get("kind") ?? "changed" });
  const sample = chosen.get("sample") ?? "0";
  return make(
    "article",
    {},
    heading(found, againstAddress(), "comparison", "diff"),
    statement(found.problem),
    make(
      "p",
      { class: "summary", id: "summary" },
      badge(found.a.status), " → ", badge(found.b.status),
      found.samples.length > 1 ? select("sample", "sample", found.samples, sample, (event) => go({ sample: event.target.value }), null) : null,
      found.cut ? make("span", { class: "soft" }, ` only the first ${count(found.cut)} words and spaces are compared`) : null,
    ),
    make("div", { class: "cards two" }, side(found.a, "A", "del"), side(found.b, "B", "ins")),
  );
}

function side(row, name, mark) {
  return make(
    "section",
    { class: "card", "aria-label": `${name}: ${row.label}` },
    make("h3", {}, `${name}: ${row.label}`),
    make("p", { class: "facts" }, badge(row.status), ...flags(row), row.tokens === null ? null : make("span", { class: "soft" }, plural(row.tokens, "token"))),
    row.detail ? make("p", { class: "label" }, row.detail) : null,
    make("pre", { class: "whole" }, row.pieces.map(([text, changed]) => (changed ? make(mark, {}, text) : text))),
  );
}
