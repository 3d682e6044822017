// The maps of every layer.  Canvases are made once and painted again; one cell is looked at.

const maps = {layers: new Map(), values: [], gradients: null, cell: null, looks: {}, open: null};
const small = made("canvas");                 // one pixel a value, made larger afterwards

function forms({size, values, step}) {        // maps, rows, columns as they are painted
  if (size.length === 1) {
    const columns = Math.min(20, size[0]);
    return [1, Math.ceil(size[0] / columns), columns, 1];
  }
  return [...(values ? values.shape : size), step || 1];
}
function shownLayers() { return way() === "backward" && maps.gradients ? maps.gradients : maps.values; }
function way() { return document.querySelector("#ways input:checked").value; }

function drawLayers() {
  const layers = shownLayers();
  for (const layer of layers) if (layer.values && !layer.numbers) layer.numbers = numbers(layer.values);
  const names = layers.map(layer => layer.name).join();
  if (maps.names !== names) { maps.names = names; namedLayers(layers); }
  for (const layer of layers) drawLayer(layer);
}
function namedLayers(layers) {
  find("layers").replaceChildren(...layers.map(layer => {
    const button = made("button", {type: "button", textContent: layer.name});
    button.addEventListener("click", () => openLayer(layer.name, true));
    button.dataset.layer = layer.name;
    return button;
  }));
  maps.layers.clear();
  find("maps").replaceChildren(...layers.map(layer => {
    const place = {section: made("section", {className: "layer"}), title: made("h3"),
                   legend: made("div", {className: "legend"}), more: made("button", {type: "button"}),
                   grid: made("div", {className: "maps"})};
    place.section.append(made("header", {}, place.title, place.legend, place.more), place.grid);
    place.grid.setAttribute("role", "group");
    place.more.addEventListener("click", () => turnOver(layer.name));
    maps.layers.set(layer.name, place);
    return place.section;
  }));
  if (!layers.some(layer => layer.name === maps.open) && layers.length)
    maps.open = (layers.find(layer => layer.size.length === 3 && layer.values) || layers[0]).name;
  markOpen();
}
function markOpen() {
  for (const button of find("layers").children)
    button.setAttribute("aria-current", String(button.dataset.layer === maps.open));
  for (const [name, place] of maps.layers) place.section.classList.toggle("chosen", name === maps.open);
}
function openLayer(name, move) {
  maps.open = name;
  markOpen();
  const layer = shownLayers().find(one => one.name === name);
  if (layer && !layer.values) readMaps(name, 0);
  else if (move && maps.layers.has(name)) maps.layers.get(name).section.scrollIntoView({block: "nearest"});
}
function turnOver(name) {                     // the next sixteen maps
  const layer = shownLayers().find(one => one.name === name), next = layer.first + layer.values.shape[0];
  maps.open = name;
  readMaps(name, next < layer.size[0] ? next : 0);
}

function drawLayer(layer) {
  const place = maps.layers.get(layer.name);
  if (!place) return;
  place.section.hidden = !layer.values;
  if (!layer.values) return;
  const [count, H, W] = forms(layer), zoom = Math.max(1, Math.min(12, Math.ceil(112 / W)));
  place.title.textContent = `${layer.name}  ${layer.size.join(" x ")}`;
  place.grid.setAttribute("aria-label", `${layer.name}, ${count} maps`);
  legend(place.legend, layer.most);
  place.more.hidden = layer.size.length === 1 || layer.size[0] <= count;
  place.more.textContent = `maps ${layer.first} to ${layer.first + count - 1} of ${layer.size[0]}: more`;
  place.grid.style.setProperty("--wide", layer.size.length === 1 ? Math.max(2, W * 0.8)
                                         : Math.max(3, Math.min(7, W * 0.22)));
  while (place.grid.children.length > count) place.grid.lastChild.remove();
  while (place.grid.children.length < count) place.grid.append(mapCanvas(layer.name));
  [...place.grid.children].forEach((canvas, map) => drawMap(canvas, layer, map, H, W, zoom));
}
function drawMap(canvas, layer, map, H, W, zoom) {
  paint(small, layer.numbers.subarray(map * H * W, (map + 1) * H * W), H, W, layer.most);
  if (canvas.width !== W * zoom || canvas.height !== H * zoom) {
    canvas.width = W * zoom; canvas.height = H * zoom;
  }
  const pen = canvas.getContext("2d"), own = layer.size.length === 1 ? 0 : layer.first + map;
  pen.imageSmoothingEnabled = false;
  pen.drawImage(small, 0, 0, W * zoom, H * zoom);
  canvas.dataset.map = map;
  const step = layer.step || 1, box = maps.looks[layer.name];
  if (box) outline(pen, box.map(q => Math.floor(q / step)), zoom, 1);
  const cell = maps.cell && maps.cell.layer === layer.name ? placeOf(layer, maps.cell.at) : null;
  const here = cell && cell[0] === map;
  if (here) outline(pen, [cell[1], cell[2], cell[1], cell[2]], zoom, 2);
  canvas.tabIndex = here || (!cell && map === 0) || (cell && (cell[0] < 0 || cell[0] >= forms(layer)[0])
                             && map === 0) ? 0 : -1;
  canvas.setAttribute("aria-label", `${layer.name} ${layer.size.length === 1 ? "units" : `map ${own}`}` +
    (here ? `, row ${cell[1] * step}, column ${cell[2] * step}, ${said(valueAt(layer, cell))}` : ""));
}
function outline(pen, [top, left, bottom, right], zoom, thick) {
  for (const [ink, width] of [["#ffffff", 2 * thick + 1], ["#000000", thick]]) {
    pen.strokeStyle = ink;
    pen.lineWidth = width;
    pen.strokeRect(left * zoom, top * zoom, (right - left + 1) * zoom, (bottom - top + 1) * zoom);
  }
}
function mapCanvas(name) {
  const canvas = made("canvas");
  canvas.setAttribute("role", "button");
  canvas.addEventListener("click", event => {
    const layer = shownLayers().find(one => one.name === name), [, H, W] = forms(layer);
    const box = canvas.getBoundingClientRect();
    const row = Math.max(0, Math.min(H - 1, Math.floor((event.clientY - box.top) / box.height * H)));
    const column = Math.max(0, Math.min(W - 1, Math.floor((event.clientX - box.left) / box.width * W)));
    lookAt(layer, [Number(canvas.dataset.map), row, column], event.timeStamp);
  });
  canvas.addEventListener("keydown", event => steer(event, name, Number(canvas.dataset.map)));
  return canvas;
}

// --- between what is painted, [map, row, column], and places of the layer, as explain names them -

function placeOf(layer, at) {
  const [, , W, step] = forms(layer);
  if (layer.size.length === 1) return [0, Math.floor(at[0] / W), at[0] % W];
  return [at[0] - layer.first, Math.floor(at[1] / step), Math.floor(at[2] / step)];
}
function atOf(layer, [map, row, column]) {
  const [, , W, step] = forms(layer);
  if (layer.size.length === 1) return [Math.min(layer.size[0] - 1, row * W + column)];
  return [map + layer.first, row * step, column * step];
}
function valueAt(layer, [map, row, column]) {
  const [, H, W] = forms(layer);
  return layer.numbers[(map * H + row) * W + column];
}
function lookAt(layer, cell, start) {
  maps.open = layer.name;
  markOpen();
  readSum(layer.name, atOf(layer, cell), start, true);
}
function steer(event, name, map) {
  const moves = {ArrowUp: [0, -1, 0], ArrowDown: [0, 1, 0], ArrowLeft: [0, 0, -1],
                 ArrowRight: [0, 0, 1], PageUp: [-1, 0, 0], PageDown: [1, 0, 0], Enter: [0, 0, 0],
                 " ": [0, 0, 0]};
  if (!(event.key in moves)) return;
  event.preventDefault();
  const layer = shownLayers().find(one => one.name === name), sizes = forms(layer);
  const own = maps.cell && maps.cell.layer === name ? placeOf(layer, maps.cell.at) : [map, 0, 0];
  const cell = own.map((q, k) => Math.max(0, Math.min(sizes[k] - 1, q + moves[event.key][k])));
  lookAt(layer, cell, event.timeStamp);
}
function focusCell() {                        // after a key has moved it to another canvas
  const place = maps.cell && maps.layers.get(maps.cell.layer);
  if (place && place.grid.contains(document.activeElement))
    [...place.grid.children].find(canvas => canvas.tabIndex === 0)?.focus();
}
// A box of the drawing leads to the first layer of its row.
find("drawing").addEventListener("click", event => {
  const path = event.target.closest("[data-path]")?.dataset.path;
  if (!path) return;
  const names = shownLayers().map(layer => layer.name);
  const name = names.find(one => one === path) || names.find(one => one.startsWith(path));
  if (name) openLayer(name, true);
});
repaints.push(drawLayers);
