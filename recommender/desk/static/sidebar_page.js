// The sidebar's page. It listens to the page that frames it, where that is of an origin that the service names.

const PROPOSALS = new URL("../../proposals", import.meta.url); // beside our own files, below a prefix, too
const MOST_TRIES = 5; // of one draft while the service has too much to do
const MOST_REFUSED = 3; // tokens before the CMS is asked for no more
const origins = new Set(document.body.dataset.origins.split(" ").filter(Boolean));
const WORDS = JSON.parse(document.body.dataset.words);
const state = document.querySelector("#state");
const paste = document.querySelector("#paste");
let host = ""; // who frames us, once known
let token = "";
let draft = null;
let last = null; // the question that is being answered
let again = 0; // a timer
let renewing = false;
let refused = 0; // tokens, one after the other

const isDraft = (said) => typeof said === "object" && said !== null && !Array.isArray(said);
const say = (words) => {
  state.textContent = words;
};
const tell = (message) => parent.postMessage(message, host);

addEventListener("message", (event) => {
  if (parent === window || event.source !== parent || !origins.has(event.origin)) return;
  const said = event.data;
  if (said?.related === "token" && typeof said.token === "string") {
    host = event.origin;
    token = said.token;
    renewing = false;
    if (!token) {
      refused = 0;
      return say(WORDS.noToken);
    }
    document.querySelector("#alone").hidden = true;
    paste.hidden = false;
    if (draft) ask();
    else say(WORDS.waiting);
  } else if (said?.related === "draft" && event.origin === host && isDraft(said.draft)) {
    draft = said.draft;
    ask();
  } else if (said?.related === "inserted" && event.origin === host) {
    say(said.done ? WORDS.inserted : WORDS.notSet);
  }
});

paste.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  draft = { body: document.querySelector("#text").value };
  ask();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button || !host) return;
  const { id, url, headline, phrase = "", before = "", after = "" } = button.dataset;
  tell({ related: "insert", link: { id, url, headline, phrase, before, after } });
});

async function ask(tries = 0) {
  clearTimeout(again);
  last?.abort();
  const question = (last = new AbortController());
  const hasWords = [draft.headline, draft.deck, draft.body].some((text) => /[\p{L}\p{N}]/u.test(text ?? ""));
  if (!hasWords) {
    show(document.createElement("div"));
    return say(WORDS.waiting);
  }
  if (renewing) return;
  if (!token) return renew();
  document.querySelector("#proposals").ariaBusy = "true";
  try {
    const answer = await fetch(PROPOSALS, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(draft),
      credentials: "omit",
      signal: question.signal,
    });
    const text = await answer.text();
    if (question.signal.aborted) return;
    if (answer.ok) {
      refused = 0;
      show(new DOMParser().parseFromString(text, "text/html").querySelector("#proposals"));
      say("");
    } else failed(answer, text, tries);
  } catch (error) {
    if (error.name === "AbortError") return;
    say(WORDS.unreachable);
  }
  if (question === last) document.querySelector("#proposals").ariaBusy = null;
}

function failed(answer, text, tries) {
  if (answer.status === 401) {
    if (++refused > MOST_REFUSED) return say(WORDS.refused);
    return renew();
  }
  if ((answer.status === 429 || answer.status === 503) && tries < MOST_TRIES) {
    const seconds = Number(answer.headers.get("retry-after")) || 1;
    again = setTimeout(() => ask(tries + 1), 1000 * seconds);
    return say(WORDS.busy);
  }
  say(problem(text));
}

function renew() {
  renewing = true;
  say(WORDS.renewing);
  tell({ related: "token" });
}

function problem(text) {
  try {
    return JSON.parse(text).detail ?? WORDS.broken;
  } catch {
    return WORDS.broken;
  }
}

function show(found) {
  found.id = "proposals";
  document.querySelector("#proposals").replaceWith(found);
}
