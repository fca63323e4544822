// Slots are rated by the keys 0, 1 and 2, one after the other. Without this the page is a form like others.

const slots = [...document.querySelectorAll("[data-slot]")];
const save = document.querySelector("[data-save-grades]");

const focusOn = (slot) => {
  const box = slot.querySelector(":checked") ?? slot.querySelector("input[type=radio]");
  box.focus({ preventScroll: true });
  slot.scrollIntoView({ block: "nearest" });
};

const rate = (key) => {
  const at = slots.findIndex((slot) => slot.contains(document.activeElement));
  const slot = slots[Math.max(at, 0)];
  const box = slot?.querySelector(`input[value="${key}"]`);
  if (!box) return;
  box.checked = true;
  const next = slots[slots.indexOf(slot) + 1];
  if (next) focusOn(next);
  else save.focus();
};

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  // Keys of one letter count where the sheet has the focus alone: who speaks to the browser sets none off.
  if (!document.activeElement?.closest("[data-keys]")) return;
  if (["0", "1", "2"].includes(event.key)) {
    event.preventDefault();
    rate(event.key);
    return;
  }
  const button = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (button) {
    event.preventDefault();
    button.click();
  }
});

if (slots.length) {
  const open = slots.find((slot) => !slot.querySelector(":checked"));
  if (open) addEventListener("load", () => setTimeout(() => focusOn(open)));
}
