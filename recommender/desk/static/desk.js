// What the desk's pages gain by a script. Everything works without it, as links and forms.

// A frame is as high as what stands in it.
for (const frame of document.querySelectorAll("iframe[data-grows]")) {
  const fit = () => {
    const page = frame.contentDocument?.body;
    if (page) frame.style.height = `${Math.min(Math.ceil(page.getBoundingClientRect().height) + 4, 4000)}px`;
  };
  const watch = () => {
    fit();
    if (frame.contentDocument) new ResizeObserver(fit).observe(frame.contentDocument.body);
  };
  frame.addEventListener("load", watch);
  if (frame.contentDocument?.readyState === "complete" && frame.contentDocument.body?.childElementCount) watch();
}

// What is behind a block takes longer than the block: the next page comes without it, and it is asked for here.
const HOME = new URL("../..", import.meta.url).pathname.replace(/\/$/, ""); // of the desk: /desk, or below a prefix
const SECURE = location.protocol === "https:" ? "; Secure" : "";
document.cookie = `related_desk_scripts=1; Path=${HOME}; Max-Age=31536000; SameSite=Lax${SECURE}`;
const isSignIn = (answer) => answer.redirected && new URL(answer.url).pathname === `${HOME}/sign-in`;
for (const asks of document.querySelectorAll("[data-asks]")) {
  // Where it does not come, the link that stands there leads to it.
  fetch(asks.dataset.asks).then(async (answer) => {
    if (isSignIn(answer)) return location.reload(); // the session has ended
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of page.querySelectorAll("[data-part]")) {
      document.querySelector(`[data-part="${part.dataset.part}"]`)?.replaceWith(part);
    }
  }, () => {});
}

// Slots are moved by drag, or by Alt and an arrow; both lead where the links lead, to what it would do.
for (const list of document.querySelectorAll("[data-moves]")) {
  const go = (slot, position) => {
    const address = `${list.dataset.moves}?act=pin&target=${slot.dataset.id}&position=${position}#block`;
    if (Number(slot.dataset.position) !== position) location.assign(address);
  };
  let dragged = null;
  for (const handle of list.querySelectorAll("[data-handle]")) handle.draggable = true;
  const slotOf = (event) => event.target.closest?.("[data-id]");
  const clear = () => list.querySelectorAll(".over").forEach((slot) => slot.classList.remove("over"));
  list.addEventListener("dragstart", (event) => {
    dragged = slotOf(event);
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.id);
    event.dataTransfer.setDragImage(dragged, 0, 0);
    dragged.classList.add("dragged");
  });
  list.addEventListener("dragend", () => {
    dragged?.classList.remove("dragged");
    dragged = null;
    clear();
  });
  list.addEventListener("dragover", (event) => {
    const slot = slotOf(event);
    if (!dragged || !slot) return;
    event.preventDefault();
    clear();
    slot.classList.add("over");
  });
  list.addEventListener("drop", (event) => {
    const slot = slotOf(event);
    if (!dragged || !slot) return;
    event.preventDefault();
    go(dragged, Number(slot.dataset.position));
  });
  list.addEventListener("keydown", (event) => {
    const slot = slotOf(event);
    const step = { ArrowUp: "[data-up]", ArrowDown: "[data-down]" }[event.key];
    if (!slot || !step || !event.altKey) return;
    event.preventDefault();
    slot.querySelector(step)?.click();
  });
}
for (const hint of document.querySelectorAll("[data-hint]")) hint.hidden = false;

// What is tried is saved or left by a key.
const save = document.querySelector("[data-save]");
if (save) {
  // After the browser has gone to the part of the page that the address names, which takes the focus away.
  const focus = () => setTimeout(() => save.focus({ preventScroll: true }));
  if (document.readyState === "complete") focus();
  else addEventListener("load", focus);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelector("[data-cancel]")?.click();
  });
}

// A search answers while one types; the newest answer counts. Its address stays in the address bar.
for (const form of document.querySelectorAll("form[data-live]")) {
  let waiting = 0;
  let last = null;
  const ask = async () => {
    const query = new URLSearchParams(new FormData(form));
    for (const [name, value] of [...query]) if (!value) query.delete(name);
    const address = `${form.action}?${query}`;
    last?.abort();
    last = new AbortController();
    try {
      const answer = await fetch(`${address}&part=list`, { signal: last.signal });
      if (isSignIn(answer)) return location.reload(); // the session has ended
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.querySelector(form.dataset.live);
      if (found) document.querySelector(form.dataset.live).replaceWith(found);
      history.replaceState(null, "", address);
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 200);
  });
}

// What is still being made is looked at again by itself.
const waiting = document.querySelector("[data-again]");
if (waiting) setTimeout(() => location.reload(), 1000 * Number(waiting.dataset.again));
