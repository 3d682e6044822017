// Large type, and the beginning.

function sayBig() {
  find("big").setAttribute("aria-pressed", String(document.documentElement.classList.contains("big")));
}
find("big").addEventListener("click", () => { document.documentElement.classList.toggle("big"); sayBig(); });
sayBig();
drawPad();
