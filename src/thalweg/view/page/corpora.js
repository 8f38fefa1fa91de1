// Corpora: the funnel of each, and the rows that it kept or dropped.

import { count, make, percent, plural, select, table } from "./dom.js";
import { pages } from "./list.js";
import { address, ask, current, follow, go, picked } from "./state.js";

export async function corporaView(overview) {
  if (!overview.corpora.length) return make("p", { class: "note" }, "This study has no corpus yet.");
  const chosen = current();
  const at = Math.max(0, overview.corpora.findIndex((corpus) => corpus.join("/") === chosen.get("corpus")));
  const [arm, seed, size] = overview.corpora[at];
  const found = await ask("funnel", { arm, seed, size });
  const options = overview.corpora.map((corpus) => [corpus.join("/"), `${corpus[0]}, seed ${corpus[1]}, ${count(corpus[2])} examples`]);
  const changed = (event) => go({ corpus: event.target.value, stage: null, reason: null, page: null });
  const parts = [
    make("form", { class: "filters row", id: "filters", onsubmit: (event) => event.preventDefault() }, select("corpus", "corpus", options, overview.corpora[at].join("/"), changed, null)),
    make("p", { class: "summary", id: "summary" }, `${plural(found.pool, "response")} in the pool, ${count(found.examples)} became examples`),
    funnel(found, chosen),
  ];
  if (chosen.get("stage")) parts.push(...(await rows({ arm, seed, size }, chosen)));
  else parts.push(make("p", { class: "note" }, "Choose a reason to see its rows."));
  return make("section", { "aria-label": "Corpora" }, parts);
}

function funnel(found, chosen) {
  const steps = [...found.steps, { stage: "kept", reason: "", count: found.examples, left: found.examples }];
  const lines = steps.map((step) => {
    const kept = step.stage === "kept";
    const on = chosen.get("stage") === step.stage && (chosen.get("reason") ?? "") === step.reason;
    const share = found.pool ? step.count / found.pool : 0;
    const meter = make("meter", { min: 0, max: 1, value: share, "aria-label": percent(share) });
    const link = make("a", { class: "pick", href: address({ stage: step.stage, reason: step.reason, page: null }), onclick: follow, "aria-current": on ? "true" : null }, kept ? "became examples" : step.reason);
    return make("tr", { class: kept ? "item kept" : "item" }, make("td", {}, step.stage), make("td", {}, link), make("td", { class: "number" }, count(step.count)), make("td", {}, meter), make("td", { class: "number" }, kept ? "" : count(step.left)));
  });
  return table(["stage", "reason", "rows", "of the pool", "left after it"], lines);
}

async function rows(corpus, chosen) {
  const found = await ask("dropped", { ...corpus, ...picked(["stage", "reason", "page"]) });
  const lines = found.rows.map((row) =>
    make("tr", {}, make("td", {}, make("a", { href: `?view=problem&pool=train&problem=${encodeURIComponent(row.problem_id)}`, onclick: follow }, row.problem_id)), make("td", {}, row.response_id)),
  );
  const title = chosen.get("stage") === "kept" ? "Examples" : `Dropped: ${chosen.get("reason")}`;
  return [make("h2", {}, `${title}, ${count(found.total)}`), table(["problem", "response"], lines), pages(found)];
}
