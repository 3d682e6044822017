// The cell that is looked at: its arithmetic, its patch, and the part of the image that it sees.

function letters() {
  const box = find("arithmetic"),
    pen = document.createElement("canvas").getContext("2d");
  pen.font = getComputedStyle(box).font;
  return Math.floor((box.clientWidth - 16) / pen.measureText("0").width);
}
function look(at) {
  page.at = at;
  const node = data.nodes[page.node],
    [map, i, j] = cellOf(node, at),
    found = explain(page.node, at, page.way, letters());
  find("arithmetic").textContent = found.text;
  find("down").disabled = !found.lead;
  const zoom = zoomFor(node);
  for (const canvas of find("maps").querySelectorAll("canvas")) {
    const own = Number(canvas.dataset.map),
      pen = paint(canvas, page.node, own, zoom, valuesOf(page.node), strength(page.node));
    canvas.setAttribute(
      "aria-label",
      `${node.name} ${node.shape.length === 3 ? mapName(node, own) : "units"}` +
        (own === map
          ? `, row ${i}, column ${j}, ${number(valuesOf(page.node)[flat(node.shape, at)])}`
          : ""),
    );
    if (own === map) outline(pen, [i, j, i, j], zoom, ...sides(node).slice(1));
  }
  drawBefore(found);
  find("looks").hidden = find("lookstext").hidden = Boolean(node.place); // weights lie nowhere
  if (!node.place) drawImage(at);
  const way = page.way === "backward" && (node.users.length || node.place) ? "backward" : "forward";
  const shown = way === "backward" && !node.place ? data.nodes[node.users[0][0]] : node;
  const source = data.sources[shown.source] || {};
  find("wheretext").textContent = source[way] ? source[way][0] : "Source";
  find("source").textContent = source[way] ? source[way][1] : "";
}
function drawBefore(found) {
  const canvas = find("before"),
    patch = page.way === "forward" ? found.patch : null;
  canvas.parentElement.hidden = !patch;
  if (!patch) return;
  const node = data.nodes[patch.source],
    zoom = zoomFor(node);
  let most = 0;
  for (const q of node.y) most = Math.max(most, Math.abs(q));
  const pen = paint(canvas, patch.source, patch.channel, zoom, node.y, most);
  outline(pen, patch.box, zoom, ...sides(node).slice(1));
  find("beforetext").textContent = `the patch in ${node.name}, map ${patch.channel}`;
  canvas.setAttribute("aria-label", find("beforetext").textContent);
}
// Where the corners of a box of what only moves values come from, in one of its inputs.
function cornersOf(node, which, box) {
  const [C, H, W] = node.shape,
    own = data.nodes[node.inputs[which]];
  const before = node.inputs
    .slice(0, which)
    .reduce((sum, source) => sum + size(data.nodes[source]), 0);
  const found = [];
  for (const [i, j] of [
    [box[0], box[1]],
    [box[2], box[3]],
  ])
    for (let c = 0; c < C; c++) {
      const at = [c, Math.max(0, Math.min(H - 1, i)), Math.max(0, Math.min(W - 1, j))];
      const origin = node.origins[flat(node.shape, at)] - before;
      if (origin >= 0 && origin < size(own)) {
        found.push(unflat(own.shape, origin).slice(1));
        break;
      }
    }
  return found.length === 2 ? boxOf(found) : null;
}
// The part of the image that a cell depends on: back through windows, [top, left, bottom, right].
function field(k, box) {
  const node = data.nodes[k];
  if (node.kind === "image") return box;
  const all = source => {
    const [, H, W] = sides(data.nodes[source]);
    return [0, 0, H - 1, W - 1];
  };
  const boxes = node.inputs
    .filter(source => source >= 0)
    .map((source, which) => {
      if (
        node.kind === "move" &&
        node.shape.length === 3 &&
        data.nodes[source].shape.length === 3
      ) {
        const seen = cornersOf(node, which, box);
        return field(source, seen || all(source));
      }
      if (["conv", "maxpool", "avgpool"].includes(node.kind)) {
        const reach = node.kernel.map((cells, side) => (cells - 1) * node.dilation[side]);
        return field(source, [
          box[0] * node.stride[0] - node.pad[0],
          box[1] * node.stride[1] - node.pad[1],
          box[2] * node.stride[0] - node.pad[0] + reach[0],
          box[3] * node.stride[1] - node.pad[1] + reach[1],
        ]);
      }
      const same =
        ["relu", "add", "affine"].includes(node.kind) ||
        data.nodes[source].shape.join() === node.shape.join();
      return field(source, same && node.shape.length === 3 ? box : all(source));
    });
  return boxes.reduce(
    (a, b) => [
      Math.min(a[0], b[0]),
      Math.min(a[1], b[1]),
      Math.max(a[2], b[2]),
      Math.max(a[3], b[3]),
    ],
    boxes[0] || box,
  );
}
function drawImage(at) {
  const canvas = find("image"),
    k = data.nodes.findIndex(node => node.kind === "image"),
    node = data.nodes[k];
  const found = follow(page.node, at) || [page.node, at],
    [, i, j] = cellOf(data.nodes[found[0]], found[1]);
  const [, H, W] = sides(node),
    box = field(found[0], [i, j, i, j]),
    zoom = zoomFor(node);
  let most = 0;
  for (const q of node.y) most = Math.max(most, Math.abs(q));
  const pen = paint(canvas, k, 0, zoom, node.y, most);
  outline(pen, box, zoom, H, W);
  const rows = [Math.max(0, box[0]), Math.min(H - 1, box[2])],
    columns = [Math.max(0, box[1]), Math.min(W - 1, box[3])];
  find("imagetext").textContent =
    `it sees rows ${rows.join("..")}, columns ${columns.join("..")} of the image`;
  canvas.setAttribute("aria-label", find("imagetext").textContent);
}
