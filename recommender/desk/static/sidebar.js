// One script tag of a CMS: it makes the sidebar's frame, tells it the draft while that is written, and sets links.
//
//   <script src="https://related.example/sidebar.js" data-token-url="/related-token"
//     data-headline="#title" data-deck="#deck" data-body="#body" data-into="#beside"></script>

(() => {
  const script = document.currentScript;
  const told = script.dataset;
  const home = new URL("sidebar", script.src);
  const PAUSE = 700; // milliseconds without a key before the draft is told
  const frame = document.createElement("iframe");
  frame.src = home;
  frame.title = "Related stories";
  frame.className = "related-sidebar";
  frame.style.cssText = "width: 100%; min-width: 280px; height: 40rem; border: 0;";

  let fields = told.draft ? JSON.parse(told.draft) : {};
  let sent = "";
  let waiting = 0;
  let isLoaded = false;
  let isOpen = false; // a token was told

  const send = (message) => frame.contentWindow?.postMessage(message, home.origin);
  const field = (name) => (told[name] ? document.querySelector(told[name]) : null);
  const textOf = (element) => element.value ?? (element.isContentEditable ? element.innerHTML : element.textContent);

  function tellDraft() {
    const draft = { ...fields };
    for (const name of ["headline", "deck", "body"]) {
      const element = field(name);
      if (element) draft[name] = name === "body" ? textOf(element) : (element.value ?? element.textContent);
    }
    const text = JSON.stringify(draft);
    if (!isLoaded || text === sent) return;
    if (!isOpen) return void tellToken("");
    sent = text;
    send({ related: "draft", draft });
  }
  function changed() {
    clearTimeout(waiting);
    waiting = setTimeout(tellDraft, PAUSE);
  }
  async function tellToken(token) {
    if (!token && told.tokenUrl) {
      try {
        const answer = await fetch(told.tokenUrl, { headers: { accept: "application/json" } });
        token = answer.ok ? (await answer.json()).token : "";
      } catch {
        token = ""; // signed out, or no network
      }
    }
    if (!token) {
      send({ related: "token", token: "" }); // none now: the frame asks again at the next change of the draft
      return document.dispatchEvent(new CustomEvent("related:token"));
    }
    send({ related: "token", token });
    isOpen = true;
    tellDraft();
  }

  // Where a phrase stands in HTML: outside of tags and links, with most of its neighbours.
  function placeOf(text, { phrase, before, after }) {
    let best = -1;
    let most = -1;
    for (let at = text.indexOf(phrase); at >= 0; at = text.indexOf(phrase, at + 1)) {
      const head = text.slice(0, at);
      const isInTag = head.lastIndexOf("<") > head.lastIndexOf(">");
      const isInLink = head.search(/<a\s(?![\s\S]*<\/a>)/i) >= 0;
      if (isInTag || isInLink) continue;
      let alike = 0;
      while (alike < before.length && text[at - 1 - alike] === before.at(-1 - alike)) alike++;
      let later = 0;
      while (later < after.length && text[at + phrase.length + later] === after[later]) later++;
      if (alike + later > most) [best, most] = [at, alike + later];
    }
    return best;
  }
  const escaped = (text) =>
    text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);

  // The link as HTML in a text area. Other editors listen to `related:insert` and prevent this.
  function insert(link) {
    const area = field("body");
    if (typeof area?.setRangeText !== "function" || !/^https?:/.test(link.url)) return false;
    const at = link.phrase ? placeOf(area.value, link) : area.selectionStart;
    if (at < 0) return false;
    const words = link.phrase || escaped(link.headline);
    area.setRangeText(`<a href="${escaped(link.url)}">${words}</a>`, at, at + link.phrase.length, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  }

  addEventListener("message", (event) => {
    if (event.origin !== home.origin || event.source !== frame.contentWindow) return;
    if (event.data?.related === "token") tellToken("");
    if (event.data?.related !== "insert") return;
    const detail = event.data.link;
    const isOurs = document.dispatchEvent(new CustomEvent("related:insert", { detail, cancelable: true }));
    send({ related: "inserted", done: !isOurs || insert(detail) });
  });
  frame.addEventListener("load", () => {
    isLoaded = true;
    tellToken(told.token);
  });
  for (const kind of ["input", "change"]) document.addEventListener(kind, changed);

  window.relatedSidebar = {
    // For editors that are no form: the draft's fields, as of `POST /suggestions`.
    draft(given) {
      fields = { ...fields, ...given };
      changed();
    },
    // The answer to `related:token`.
    token: tellToken,
  };
  const into = told.into ? document.querySelector(told.into) : null;
  if (into) into.append(frame);
  else script.after(frame);
})();
