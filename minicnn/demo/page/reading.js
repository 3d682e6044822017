// The first tab: what is drawn is read, and any cell explained.

const reading = {picture: null, answer: null, would: null, seen: null, trail: []};
const chosenLayer = () => maps.open ? {layer: maps.open, first: 0} : {};

const readDrawing = newest(async (body, start) => shown(await ask("/drawing", body, chosenLayer()), start));
const readPhoto = newest(async (body, start) => shown(await ask("/photo", body, chosenLayer()), start));
const readMaps = newest(async (layer, first) => {
  if (reading.picture) shown(await ask("/maps", {picture: reading.picture, layer, first}));
});
const readSum = newest(async (layer, at, start, remember) => {
  if (!reading.picture) return;
  const columns = Math.max(20, Math.floor((find("sum").clientWidth - 16) / letter()));
  const label = way() === "backward" ? Number(find("label").value) : null;
  const found = await ask("/explain", {picture: reading.picture, layer, at, label, columns});
  if (remember && maps.cell) reading.trail.push(maps.cell);
  maps.cell = {layer, at: found.at};
  maps.looks = found.looks;
  reading.down = found.down;
  find("sum").textContent = found.text;
  find("sumbox").classList.remove("empty");
  find("code").textContent = found.code;
  find("down").disabled = !found.down;
  find("back").disabled = !reading.trail.length;
  drawLayers();
  drawSeen();
  focusCell();
  if (start) took("click to arithmetic", start);
});
const readGradient = newest(async () => {
  if (!reading.picture) return;
  const found = await ask("/gradient", {picture: reading.picture, label: Number(find("label").value)});
  if (found.picture !== reading.picture) return;
  reading.would = found;
  maps.gradients = found.layers;
  drawWould();
  if (way() === "backward") drawLayers();
});

function letter() {                           // width of one in the arithmetic
  const pen = made("canvas").getContext("2d");
  pen.font = getComputedStyle(find("sum")).font;
  return pen.measureText("0").width;
}
function shown(found, start) {
  const old = reading.picture;
  reading.picture = found.picture;
  reading.answer = found.answers;
  maps.values = found.layers;
  if (found.seen) reading.seen = found.seen;
  if (found.picture !== old) { maps.gradients = null; maps.looks = {}; }
  drawAnswers();
  drawSeen();
  drawLayers();
  if (start) took("pen to maps", start);
  if (found.picture === old) return;
  clearTimeout(reading.later);                // while the pen moves, only the maps follow
  reading.later = setTimeout(() => {
    readGradient();
    if (maps.cell) readSum(maps.cell.layer, maps.cell.at, null, false);
  }, 100);
}
function nothing() {
  reading.picture = reading.answer = null;
  find("says").textContent = "nothing yet";
  find("answers").replaceChildren();
  find("sum").textContent = "Click a cell of a map.";
  find("sumbox").classList.add("empty");
  find("code").textContent = "";
}
function drawAnswers() {
  const best = reading.answer.reduce((a, b) => b.p > a.p ? b : a);
  const text = `It reads ${best.name} (${(100 * best.p).toFixed(1)} %)`;
  if (find("says").textContent !== text) find("says").textContent = text;
  const list = find("answers");
  while (list.children.length > reading.answer.length) list.lastChild.remove();
  while (list.children.length < reading.answer.length)
    list.append(made("li", {}, made("span", {className: "name"}),
                     made("span", {className: "share"}, made("i")), made("span", {className: "p"})));
  reading.answer.forEach(({name, p}, k) => {
    const [word, share, number] = list.children[k].children;
    word.textContent = name;
    share.firstChild.style.width = `${100 * p}%`;
    number.textContent = `${(100 * p).toFixed(2)} %`;
  });
}
function drawSeen() {
  if (!reading.seen) return;
  const [C, H, W] = reading.seen.shape, zoom = Math.max(1, Math.round(224 / W)), canvas = find("seen");
  paintGrey(small, numbers(reading.seen), C, H, W);
  canvas.width = W * zoom; canvas.height = H * zoom;
  const pen = canvas.getContext("2d"), box = maps.looks.image;
  pen.imageSmoothingEnabled = false;
  pen.drawImage(small, 0, 0, W * zoom, H * zoom);
  const margin = edge();                      // the network pads what it gets
  if (box) outline(pen, box.map(q => q - margin), zoom, 2);
  find("seentext").textContent = `${H} x ${W} pixels` + (C === 1 ? ", prepared as MNIST's digits were" : "")
    + (box ? `; the cell sees rows ${box[0] - margin} to ${box[2] - margin}, columns ` +
             `${box[1] - margin} to ${box[3] - margin}` : "");
  canvas.setAttribute("aria-label", `what the network gets, ${find("seentext").textContent}`);
}
function edge() {                             // pixels around the picture that the network adds
  const would = reading.would;
  return would && reading.seen ? (would.image.shape[0] - reading.seen.shape[1]) / 2 : 0;
}
function drawWould() {
  const found = reading.would, name = find("label").selectedOptions[0].textContent;
  if (!found) return;
  const [H, W] = found.image.shape, zoom = Math.max(1, Math.round(224 / W)), canvas = find("would");
  paint(small, numbers(found.image), H, W, found.most);
  canvas.width = W * zoom; canvas.height = H * zoom;
  canvas.getContext("2d").imageSmoothingEnabled = false;
  canvas.getContext("2d").drawImage(small, 0, 0, W * zoom, H * zoom);
  canvas.setAttribute("aria-label", `what would make it a ${name}: the gradient at each pixel, ` +
    `up to ${said(found.most)}`);
  legend(find("wouldlegend"), found.most);
}

find("network").textContent = facts.words;
facts.classes.forEach((name, k) => find("label").append(made("option", {value: k, textContent: name})));
find("label").value = Math.min(9, facts.classes.length - 1);
find("label").addEventListener("change", () => { readGradient(); if (maps.cell && way() === "backward") again(); });
function again() { readSum(maps.cell.layer, maps.cell.at, null, false); }
for (const input of document.querySelectorAll("#ways input"))
  input.addEventListener("change", () => { drawLayers(); if (maps.cell) again(); });
function goDown() {
  if (reading.down) { openLayer(reading.down.layer, false); readSum(reading.down.layer, reading.down.at, null, true); }
}
function goBack() {
  const cell = reading.trail.pop();
  if (cell) readSum(cell.layer, cell.at, null, false);
}
find("down").addEventListener("click", goDown);
find("back").addEventListener("click", goBack);
document.addEventListener("keydown", event => {
  if (find("reading").hidden || ["INPUT", "SELECT"].includes(event.target.tagName)
      || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "d") goDown();
  if (event.key === "b") goBack();
});
repaints.push(drawWould);
