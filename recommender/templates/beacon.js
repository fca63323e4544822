// Counts how often the slots of a block are shown and clicked: no cookie, nothing of the reader, nothing kept here.
// A reader who asks not to be tracked is not counted.
(() => {
  const script = document.currentScript;
  const block = script?.previousElementSibling;
  const asksNot = navigator.doNotTrack === "1" || navigator.globalPrivacyControl === true;
  if (!block || asksNot || !("IntersectionObserver" in window)) return;
  const home = new URL("beacon", script.src);
  const { source, slots, compared } = script.dataset;
  const teams = compared ? { compared: JSON.parse(compared) } : {};
  const slotOf = new Map();
  const rows = block.querySelectorAll(":scope > ol > li");
  JSON.parse(slots).forEach((slot, place) => slot && rows[place] && slotOf.set(rows[place], slot));
  const waiting = [];

  // As text, it needs no leave of the service; without credentials, it carries no cookie.
  const send = (seen) =>
    fetch(home, {
      method: "POST",
      body: JSON.stringify({ source, ...teams, ...seen }),
      mode: "no-cors",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      keepalive: true,
    }).catch(() => {});
  const sendShown = () => {
    if (waiting.length) send({ shown: waiting.splice(0) });
  };

  const watch = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting || document.visibilityState !== "visible") continue;
        watch.unobserve(entry.target);
        waiting.push(slotOf.get(entry.target));
        if (waiting.length === 1) setTimeout(sendShown, 2000);
      }
    },
    { threshold: 0.5 },
  );
  for (const row of slotOf.keys()) watch.observe(row);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && sendShown());

  const clicked = new Set();
  const click = (event) => {
    const row = event.target.closest?.("a[href]") && event.target.closest("li");
    const top = [...slotOf.keys()].find((one) => one.contains(row));
    if (!row || !top || clicked.has(top) || event.button > 1) return;
    clicked.add(top);
    sendShown();
    send({ clicked: [slotOf.get(top)] });
  };
  for (const kind of ["click", "auxclick"]) block.addEventListener(kind, click);
})();
