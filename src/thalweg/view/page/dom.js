// Elements from plain values. Text always becomes a text node, never markup, so what a model wrote cannot act.

export function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "value") element.value = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

const grouped = new Intl.NumberFormat("en");
export const count = (number) => grouped.format(number);
export const percent = (share) => `${(100 * share).toFixed(1)} %`;
export const plural = (number, one) => `${count(number)} ${one}${number === 1 ? "" : "s"}`;

export function badge(status) {
  const kind = status === "correct" ? "good" : status === "ungraded" || status === "harness_error" ? "none" : "bad";
  return make("span", { class: `badge ${kind}` }, status.replaceAll("_", " "));
}

export function flags(row) {
  const said = [];
  if (row.thinking !== null) said.push(row.thinking ? "thinks" : "direct");
  if (row.finished === false) said.push("unfinished");
  if (row.looped) said.push("loops");
  return said.map((word) => make("span", { class: word === "thinks" || word === "direct" ? "flag" : "flag warn" }, word));
}

export function select(label, name, options, chosen, changed, blank = "any") {
  const entries = options.map((option) => (Array.isArray(option) ? option : [String(option), String(option)]));
  const field = make("select", { name, onchange: changed });
  if (blank !== null) field.append(make("option", { value: "" }, blank));
  for (const [value, text] of entries) field.append(make("option", { value }, text));
  field.value = chosen ?? "";
  return make("label", {}, make("span", {}, label), field);
}

const NUMBERS = new Set(["tokens", "A correct", "B correct", "rows", "left after it"]);

export function table(heads, rows, caption) {
  const head = make("tr", {}, heads.map((text) => make("th", { scope: "col", class: NUMBERS.has(text) ? "number" : null }, text)));
  return make(
    "div",
    { class: "wide" },
    make("table", {}, caption ? make("caption", {}, caption) : null, make("thead", {}, head), make("tbody", {}, rows)),
  );
}
