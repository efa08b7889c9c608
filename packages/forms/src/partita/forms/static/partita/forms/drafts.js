// Drafts of forms: sends what was typed a second after the last key and when the page is left, and tells screen readers.
(() => {
  "use strict";
  const waiting = new Map();

  const send = async (form, last) => {
    clearTimeout(waiting.get(form));
    waiting.delete(form);
    const controls = form.querySelector("[data-draft]");
    const data = new FormData(form);
    for (const { name } of form.querySelectorAll("input[type=password], input[type=file]")) data.delete(name);
    data.set(controls.dataset.draft, "1");
    let kept = false;
    try {
      const address = form.getAttribute("action") || location.href;
      kept = (await fetch(address, { method: "POST", body: new URLSearchParams(data), keepalive: last })).ok;
    } catch {
      // Without a connection the next key tries again.
    }
    controls.querySelector("[role=status]").textContent = kept ? controls.dataset.draftSaved : controls.dataset.draftFailed;
  };

  const formOf = (event) => {
    const form = event.target.closest ? event.target.closest("form") : null;
    return form && form.querySelector("[data-draft]") ? form : null;
  };

  document.addEventListener("input", (event) => {
    const form = formOf(event);
    if (!form) return;
    clearTimeout(waiting.get(form));
    waiting.set(form, setTimeout(send, 1000, form, false));
  });
  document.addEventListener("submit", (event) => {
    const form = formOf(event);
    if (form) clearTimeout(waiting.get(form));
    waiting.delete(form);
  });
  addEventListener("pagehide", () => {
    for (const form of [...waiting.keys()]) send(form, true);
  });
})();
