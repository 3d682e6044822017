// How one moves: to a layer, down the largest term, and back.

function largest(k) {
  const node = data.nodes[k],
    values = valuesOf(k);
  let best = 0;
  values.forEach((q, place) => {
    if (page.way === "backward" ? Math.abs(q) > Math.abs(values[best]) : q > values[best])
      best = place;
  });
  return unflat(node.shape, best);
}
function go(k, at, remember = true) {
  if (remember) page.trail.push([page.node, page.at]);
  page.node = k;
  page.at = at || largest(k);
  const map = cellOf(data.nodes[k], page.at)[0];
  page.first = Math.floor(map / MOST) * MOST;
  drawLayers();
  drawMaps();
  look(page.at);
}
function down() {
  const { lead } = explain(page.node, page.at, page.way);
  if (!lead) return;
  const found = follow(...lead);
  if (found) {
    go(...found);
    pin(true);
  }
}
function up() {
  const before = page.trail.pop();
  if (before) go(...before, false);
}
function pin(is) {
  page.pinned = is;
  find("pin").setAttribute("aria-pressed", String(is));
}

find("down").addEventListener("click", down);
find("up").addEventListener("click", up);
find("pin").addEventListener("click", () => pin(!page.pinned));
for (const input of document.querySelectorAll("#ways input"))
  input.addEventListener("change", () => {
    page.way = input.value;
    go(page.node, null, false);
  });
go(data.start[0], data.start[1], false);
