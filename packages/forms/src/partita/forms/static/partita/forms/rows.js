// Rows of forms: adds one from the template, removes one by its DELETE box, tells screen readers, keeps the focus.
(() => {
  "use strict";
  const find = (root, selector) => root.querySelector(selector);
  const total = (rows) => find(rows, `[name="${CSS.escape(rows.dataset.rows)}-TOTAL_FORMS"]`);
  const say = (rows, text, number) => {
    [...rows.querySelectorAll("[data-rows-status]")].pop().textContent = text.replace("{}", number);
  };

  // Names, ids and references of one level; what lies deeper keeps its own __prefix__ for its own rows.
  const rename = (root, from, to) => {
    for (const element of root.querySelectorAll("*")) {
      for (const { name, value } of [...element.attributes]) {
        if (value.includes(from)) element.setAttribute(name, value.replaceAll(from, to));
      }
      if (element.content) rename(element.content, from, to);
    }
  };

  const own = (rows, selector) =>
    [...rows.querySelectorAll(selector)].find((element) => element.closest("[data-rows]") === rows);

  const enhance = (row) => {
    const rows = row.closest("[data-rows]");
    const box = [...row.querySelectorAll('input[name$="-DELETE"]')].find((one) => one.closest("[data-row]") === row);
    if (!box || box.type !== "checkbox" || !rows.dataset.rowsRemove) return;
    (box.parentElement.closest("[data-row] > div") || box.parentElement).hidden = true;
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.rowRemove = "";
    button.append(rows.dataset.rowsRemove + " ", find(row, "legend").textContent.trim().replace(/\s+/g, " "));
    row.append(button);
    if (row.hasAttribute("data-row-removed")) row.hidden = true;
  };

  const add = (button) => {
    const rows = button.closest("[data-rows]");
    const count = total(rows);
    const index = Number(count.value);
    const row = document.importNode(own(rows, "[data-rows-template]").content, true).firstElementChild;
    const holder = document.createElement("div");
    holder.append(row);
    holder.querySelectorAll("[data-rows-add]").forEach((button) => { button.type = "button"; });
    rename(holder, `${rows.dataset.rows}-__prefix__`, `${rows.dataset.rows}-${index}`);
    find(row, "[data-row-number]").textContent = index + 1;
    own(rows, "[data-rows-list]").append(row);
    count.value = index + 1;
    enhance(row);
    button.hidden = index + 1 >= Number(rows.dataset.rowsMax);
    find(row, "input:not([type=hidden]), select, textarea")?.focus();
    say(rows, rows.dataset.rowsAdded, index + 1);
    row.dispatchEvent(new CustomEvent("rows:added", { bubbles: true }));
  };

  const remove = (button) => {
    const row = button.closest("[data-row]");
    const rows = row.closest("[data-rows]");
    const box = [...row.querySelectorAll('input[name$="-DELETE"]')].find((one) => one.closest("[data-row]") === row);
    box.checked = true;
    row.hidden = true;
    const left = [...row.parentElement.children].filter((one) => !one.hidden);
    const next = left.find((one) => row.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING) || left.pop();
    ((next && find(next, "[data-row-remove]")) || own(rows, "[data-rows-add]"))?.focus();
    say(rows, rows.dataset.rowsRemoved, find(row, "[data-row-number]").textContent);
    row.dispatchEvent(new CustomEvent("rows:removed", { bubbles: true }));
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-rows-add], [data-row-remove]");
    if (!button) return;
    event.preventDefault();
    if (button.hasAttribute("data-rows-add")) add(button);
    else remove(button);
  });

  const start = () => {
    // Not the button that the Enter key presses, see rows.py.
    document.querySelectorAll("[data-rows-add]").forEach((button) => { button.type = "button"; });
    document.querySelectorAll("[data-row]").forEach(enhance);
    document.querySelector(".error-summary")?.focus();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
