// Groups of fields that share data-tabs and stand one behind the other become tabs (WAI-ARIA Authoring Practices, "Tabs").
(() => {
  "use strict";
  const select = (tabs, chosen, focus) => {
    for (const [tab, panel] of tabs) {
      tab.setAttribute("aria-selected", String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      panel.hidden = tab !== chosen;
    }
    if (focus) chosen.focus();
  };

  const make = (panels, number) => {
    const list = document.createElement("div");
    list.className = "tabs";
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", panels[0].dataset.tabs);
    const tabs = new Map();
    panels.forEach((panel, index) => {
      const head = panel.querySelector("h2");
      const tab = document.createElement("button");
      tab.type = "button";
      tab.id = `tab-${number}-${index}`;
      panel.id = `${tab.id}-panel`;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", panel.id);
      if (head.lang) tab.lang = head.lang;
      tab.textContent = head.textContent;
      if (panel.querySelector(".field-wrong")) {
        const told = document.createElement("span");
        told.className = "visually-hidden";
        told.lang = document.documentElement.lang;
        told.textContent = ` ${panel.dataset.tabWrong}`;
        tab.classList.add("tab-wrong");
        tab.append(told);
      }
      head.hidden = true;
      panel.setAttribute("role", "tabpanel");
      panel.removeAttribute("aria-label");
      panel.setAttribute("aria-labelledby", tab.id);
      tabs.set(tab, panel);
      list.append(tab);
    });
    const all = [...tabs.keys()];
    list.addEventListener("click", (event) => {
      const tab = event.target.closest("[role=tab]");
      if (tab) select(tabs, tab, true);
    });
    list.addEventListener("keydown", (event) => {
      const here = all.indexOf(document.activeElement);
      const forward = getComputedStyle(list).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
      const last = all.length - 1;
      const to = event.key === "Home" ? 0
        : event.key === "End" ? last
        : event.key === forward ? (here + 1) % all.length
        : ["ArrowLeft", "ArrowRight"].includes(event.key) ? (here || all.length) - 1
        : -1;
      if (to < 0) return;
      event.preventDefault();
      select(tabs, all[to], true);
    });
    panels[0].before(list);
    const wrong = all.find((tab) => tab.classList.contains("tab-wrong"));
    const open = all.find((tab) => "tabOpen" in tabs.get(tab).dataset);
    select(tabs, wrong || open || all[0], false);
  };

  const runs = [];
  for (const panel of document.querySelectorAll("[data-tabs]")) {
    const run = runs.at(-1);
    if (run && run.at(-1) === panel.previousElementSibling && run[0].dataset.tabs === panel.dataset.tabs) run.push(panel);
    else runs.push([panel]);
  }
  runs.filter((run) => run.length > 1).forEach(make);
})();
