// Sliders act at once: the block first, then the figure of many blocks. Without this the form's button does it.

const form = document.querySelector("[data-tries]");
const saves = document.querySelectorAll("[data-saves]");
let waiting = 0;
let last = null;

const value = (text) => String(Number(Number(text).toFixed(4)));

const part = async (query, name, id, signal) => {
  document.getElementById(id)?.classList.add("waits");
  const answer = await fetch(`${form.getAttribute("action")}?${query}&part=${name}`, { signal });
  if (answer.redirected) return location.reload(); // the session has ended: the page asks to sign in
  if (!answer.ok) return document.getElementById(id)?.classList.remove("waits");
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.getElementById(id);
  if (found) document.getElementById(id)?.replaceWith(found);
  if (found && "busy" in found.dataset) waiting = setTimeout(ask, 3000);
};

const ask = async () => {
  const query = new URLSearchParams();
  for (const [name, text] of new FormData(form)) if (!/-(slider|was)$/.test(name)) query.set(name, text);
  let moved = false;
  for (const field of form.querySelectorAll("input[type=number]")) {
    const is_moved = !field.disabled && field.value !== field.dataset.held;
    moved ||= is_moved;
    const copy = document.querySelector(`[data-copies][name="${field.name}"]`);
    if (copy) [copy.value, copy.disabled] = [field.value, !is_moved]; // what was not moved is not chosen
  }
  for (const button of saves) button.disabled = !moved;
  history.replaceState(null, "", `${form.getAttribute("action")}?${query}`);
  last?.abort();
  last = new AbortController();
  try {
    await part(query, "block", "tried-block", last.signal);
    await part(query, "figure", "tried-figure", last.signal);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
};

form?.addEventListener("input", (event) => {
  const field = event.target;
  const other = [...field.closest(".line").querySelectorAll("input:not([type=hidden])")].find((one) => one !== field);
  if (field.type === "range") field.value = value(field.value);
  other.value = field.type === "range" ? value(field.value) : field.value;
  clearTimeout(waiting);
  waiting = setTimeout(ask, 200);
});
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(waiting);
  ask();
});
