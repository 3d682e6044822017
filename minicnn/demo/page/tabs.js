// The tabs.

const tabs = [...document.querySelectorAll("[role=tab]")];
const opened = {reading: () => {}, lesson: openLesson, scene: openScene};

function openTab(tab) {
  for (const one of tabs) {
    one.setAttribute("aria-selected", String(one === tab));
    one.tabIndex = one === tab ? 0 : -1;
    find(one.getAttribute("aria-controls")).hidden = one !== tab;
  }
  opened[tab.getAttribute("aria-controls")]();
}
tabs.forEach((tab, k) => {
  tab.addEventListener("click", () => openTab(tab));
  tab.addEventListener("keydown", event => {
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!step) return;
    const next = tabs[(k + step + tabs.length) % tabs.length];
    next.focus();
    openTab(next);
  });
});
openTab(tabs.find(tab => tab.id === `tab-${facts.tab}`));
