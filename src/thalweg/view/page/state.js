// The address is the state: every view is a link that can be kept, and "back" works.

export const FILTERS = [
  "pool", "family", "size", "seed", "status", "difficulty", "source",
  "thinking", "finished", "looped", "problem", "text", "between",
];
let listener = () => {};
let pending = null;

export const current = () => new URLSearchParams(location.search);

export function onchange(callback) {
  listener = callback;
  addEventListener("popstate", () => listener());
}

export function address(changes, from = current()) {
  const next = new URLSearchParams(from);
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "") next.delete(key);
    else next.set(key, value);
  }
  const query = next.toString();
  return query ? `?${query}` : "./";
}

export function go(changes, replace = false) {
  const target = address(changes);
  if (replace) history.replaceState(null, "", target);
  else history.pushState(null, "", target);
  listener();
}

export function follow(event) {
  // A plain click stays on the page; with a modifier the browser opens a tab as with any link.
  if (event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, "", event.currentTarget.getAttribute("href"));
  listener();
}

export async function ask(name, parameters) {
  // Only the newest question is of interest: the one before it is given up.
  pending?.abort();
  const own = new AbortController();
  pending = own;
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") query.set(key, value);
  }
  const answer = await fetch(`api/${name}?${query}`, { signal: own.signal });
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.error);
  return value;
}

export function picked(names, from = current()) {
  return Object.fromEntries(names.map((name) => [name, from.get(name)]));
}
