// What is seen: the layers and the maps of one of them, in colours around 0.

const page = { node: 0, at: [0], way: "forward", pinned: false, trail: [], first: 0 };
const find = name => document.getElementById(name);
const MOST = 16; // maps at a time

function strength(k) {
  const values = valuesOf(k);
  let most = 0;
  for (const q of values) if (Math.abs(q) > most) most = Math.abs(q);
  return most;
}
function valuesOf(k) {
  const node = data.nodes[k];
  return page.way === "backward" ? node.dy || new Float32Array(size(node)) : node.y;
}

function colour(q, most) {
  // red above 0, blue below, white at 0
  const t = most ? Math.max(-1, Math.min(1, q / most)) : 0,
    s = Math.sqrt(Math.abs(t));
  const far = t > 0 ? [178, 24, 43] : [33, 102, 172];
  return far.map(channel => Math.round(247 + (channel - 247) * s));
}
function sides(node) {
  // maps, rows, columns
  if (node.shape.length === 3) return node.shape;
  const count = size(node),
    columns = Math.min(20, count);
  return [1, Math.ceil(count / columns), columns];
}
function placeOf(node, map, i, j) {
  if (node.shape.length === 3) return [map, i, j];
  const k = i * sides(node)[2] + j;
  return k < size(node) ? unflat(node.shape, k) : null;
}
function cellOf(node, at) {
  if (node.shape.length === 3) return at;
  const k = flat(node.shape, at),
    columns = sides(node)[2];
  return [0, Math.floor(k / columns), k % columns];
}
function paint(canvas, k, map, zoom, values, most) {
  const node = data.nodes[k],
    [, H, W] = sides(node);
  canvas.width = W * zoom;
  canvas.height = H * zoom;
  const pen = canvas.getContext("2d");
  for (let i = 0; i < H; i++)
    for (let j = 0; j < W; j++) {
      const at = placeOf(node, map, i, j);
      if (!at) continue;
      pen.fillStyle = `rgb(${colour(values[flat(node.shape, at)], most)})`;
      pen.fillRect(j * zoom, i * zoom, zoom, zoom);
    }
  return pen;
}
function outline(pen, box, zoom, H, W) {
  const [top, left, bottom, right] = [
    Math.max(0, box[0]),
    Math.max(0, box[1]),
    Math.min(H - 1, box[2]),
    Math.min(W - 1, box[3]),
  ];
  for (const [ink, width] of [
    ["#ffffff", 4],
    ["#000000", 2],
  ]) {
    pen.strokeStyle = ink;
    pen.lineWidth = width;
    pen.strokeRect(left * zoom, top * zoom, (right - left + 1) * zoom, (bottom - top + 1) * zoom);
  }
}
function zoomFor(node) {
  return Math.max(2, Math.min(12, Math.floor(112 / Math.max(...sides(node).slice(1)))));
}

// Weights and biases have buttons while their layer, or one of them, is open.
function listed(k) {
  const { hidden, owner } = data.nodes[k],
    open = data.nodes[page.node].owner ?? page.node;
  return owner === undefined ? !hidden : owner === open;
}
function drawLayers() {
  const shown = [...data.nodes.keys()].filter(listed);
  shown.sort((p, q) => (data.nodes[p].owner ?? p) - (data.nodes[q].owner ?? q));
  find("layers").replaceChildren(
    ...shown.map(k => {
      const node = data.nodes[k],
        button = document.createElement("button");
      button.type = "button";
      button.textContent = `${node.name} ${node.shape.join("x")}`;
      button.setAttribute("aria-current", String(k === page.node));
      button.addEventListener("click", () => go(k, null));
      return button;
    }),
  );
  const nav = find("layers"),
    own = nav.querySelector("[aria-current=true]");
  if (own) nav.scrollTop = own.offsetTop - nav.clientHeight / 2;
  markBox();
}
// The drawing is the map: a box leads to the last layer of its part, and the layer marks its box.
function partOf(path, node) {
  return path === "input"
    ? node.kind === "image"
    : node.layer === path || (node.layer || "").startsWith(`${path}.`);
}
function markBox() {
  const boxes = [...find("drawing").querySelectorAll("[data-path]")];
  boxes.forEach(box => box.classList.remove("here"));
  let best = null; // a layer without a box, as a ReLU, stands in the one before it
  for (let k = data.nodes[page.node].owner ?? page.node; k >= 0 && !best; k--)
    for (const box of boxes.filter(one => partOf(one.dataset.path, data.nodes[k])))
      if (!best || box.dataset.path.length > best.dataset.path.length) best = box;
  if (!best) return;
  best.classList.add("here");
  const frame = find("drawing"),
    middle = frame.getBoundingClientRect().top + frame.clientHeight / 2;
  frame.scrollTop += best.getBoundingClientRect().top - middle;
}
find("drawing").addEventListener("click", event => {
  const path = event.target.closest("[data-path]")?.dataset.path;
  if (!path) return;
  const k = data.nodes.findLastIndex(node => !node.hidden && !node.place && partOf(path, node));
  if (k >= 0) go(k, null);
});
function drawMaps() {
  const node = data.nodes[page.node],
    [C] = sides(node),
    zoom = zoomFor(node),
    values = valuesOf(page.node),
    most = strength(page.node);
  const last = Math.min(C, page.first + MOST),
    figures = [];
  for (let map = page.first; map < last; map++) {
    const figure = document.createElement("figure"),
      canvas = document.createElement("canvas"),
      text = document.createElement("figcaption");
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "img");
    canvas.dataset.map = map;
    text.textContent = node.shape.length === 3 ? mapName(node, map) : `${size(node)} units`;
    paint(canvas, page.node, map, zoom, values, most);
    canvas.addEventListener("mousemove", event => {
      if (!page.pinned) look(under(event, canvas, map, zoom));
    });
    canvas.addEventListener("click", event => {
      look(under(event, canvas, map, zoom));
      pin(true);
    });
    canvas.addEventListener("focus", () => {
      if (page.at[0] !== map && node.shape.length === 3 && !page.pinned)
        look([map, page.at[1], page.at[2]]);
    });
    canvas.addEventListener("keydown", event => steer(event, map));
    figure.append(canvas, text);
    figures.push(figure);
  }
  if (C > MOST) {
    const more = document.createElement("button");
    more.type = "button";
    more.textContent = `maps ${page.first}..${last - 1} of ${C}: more`;
    more.addEventListener("click", () => {
      page.first = last < C ? last : 0;
      drawMaps();
      look(page.at);
    });
    figures.push(more);
  }
  find("maps").replaceChildren(...figures);
  find("low").textContent = number(-most);
  find("high").textContent = number(most);
  const pen = find("scale").getContext("2d");
  for (let q = 0; q <= 200; q++) {
    pen.fillStyle = `rgb(${colour((q - 100) / 100, 1)})`;
    pen.fillRect(q, 0, 1, 14);
  }
}
function under(event, canvas, map, zoom) {
  const box = canvas.getBoundingClientRect(),
    scale = canvas.width / box.width;
  const j = Math.floor(((event.clientX - box.left) * scale) / zoom),
    i = Math.floor(((event.clientY - box.top) * scale) / zoom);
  const [, H, W] = sides(data.nodes[page.node]);
  return (
    placeOf(
      data.nodes[page.node],
      map,
      Math.max(0, Math.min(H - 1, i)),
      Math.max(0, Math.min(W - 1, j)),
    ) || page.at
  );
}
function steer(event, map) {
  const node = data.nodes[page.node],
    [, H, W] = sides(node),
    moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  if (event.key in moves) {
    const [, i, j] = cellOf(node, page.at),
      [down, right] = moves[event.key];
    const at = placeOf(
      node,
      map,
      Math.max(0, Math.min(H - 1, i + down)),
      Math.max(0, Math.min(W - 1, j + right)),
    );
    if (at) look(at);
    event.preventDefault();
  } else if (event.key === "Enter") {
    pin(!page.pinned);
    event.preventDefault();
  }
}
document.addEventListener("keydown", event => {
  if (event.target.tagName === "INPUT") return;
  if (event.key === "d") down();
  if (event.key === "Backspace") {
    up();
    event.preventDefault();
  }
});
