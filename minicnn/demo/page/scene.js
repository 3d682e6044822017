// The third tab: objects that one can move, and the boxes or the map that the network finds.

const scene = {things: facts.scene.start, ground: 1, chosen: 0, answer: null, open: false};
const SIZE_OF = facts.scene.size;

const look = newest(async () => {
  scene.answer = await ask("/scene", {things: scene.things, ground: scene.ground,
                                      suppress: find("suppress").checked});
  drawScene();
});
function certain() {
  const least = Number(find("least").value);
  return scene.answer ? scene.answer.found.filter(one => one.score >= least) : [];
}
function drawScene() {
  if (!scene.answer) return;
  const canvas = find("picture"), pen = canvas.getContext("2d"), zoom = zoomOf();
  const rgb = numbers(scene.answer.image), image = small.getContext("2d").createImageData(SIZE_OF, SIZE_OF);
  small.width = small.height = SIZE_OF;
  for (let k = 0; k < SIZE_OF * SIZE_OF; k++)
    image.data.set([rgb[3 * k], rgb[3 * k + 1], rgb[3 * k + 2], 255], 4 * k);
  small.getContext("2d").putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(small, 0, 0, canvas.width, canvas.height);
  if (find("truth").checked)
    for (const one of scene.answer.truth) box(pen, one.box, zoom, [6, 4]);
  if (facts.scene.maps) drawClasses(pen, zoom); else drawBoxes(pen, zoom);
}
function drawBoxes(pen, zoom) {
  for (const one of [...certain()].reverse()) {
    box(pen, one.box, zoom, []);
    label(pen, one, zoom);
  }
  say(`${certain().length} boxes found`, ["class", "score", "overlap (IoU)"], certain().map(one =>
    [one.name, `${(100 * one.score).toFixed(0)} %`, one.iou.toFixed(2)]), "No box has such a score.");
}
function drawClasses(pen, zoom) {             // the class of each pixel, half in its colour
  const labels = numbers(scene.answer.map), rows = scene.answer.rows.filter(row => row.colour);
  for (const {label, colour} of rows) {
    pen.fillStyle = `${colour}99`;
    labels.forEach((found, k) => {
      if (found === label) pen.fillRect(k % SIZE_OF * zoom, Math.floor(k / SIZE_OF) * zoom, zoom, zoom);
    });
  }
  for (const {label, name} of rows) {         // its name, if the middle of its pixels is its own
    const own = [...labels.keys()].filter(k => labels[k] === label);
    const [x, y] = [k => k % SIZE_OF, k => Math.floor(k / SIZE_OF)].map(place =>
      Math.round(own.reduce((sum, k) => sum + place(k), 0) / own.length));
    if (labels[y * SIZE_OF + x] === label) tag(pen, name, x * zoom, y * zoom);
  }
  say(`${rows.length} classes found`, ["class", "pixels", "overlap (IoU)"],
      scene.answer.rows.map(({name, colour, pixels, iou}) =>
        [swatch(name, colour), pixels, iou === null ? "not known" : iou.toFixed(2)]), "");
}
function swatch(name, colour) {
  const square = made("i", {className: "swatch"});
  if (colour) square.style.background = colour;
  return made("span", {}, square, name);
}
function say(what, heads, rows, nothing) {
  find("picture").setAttribute("aria-label", `the scene: ${scene.answer.caption || "nothing on it"}; ${what}`);
  const head = made("tr", {}, ...heads.map(text => made("th", {scope: "col", textContent: text})));
  const body = rows.map(row => made("tr", {}, ...row.map(cell => made("td", {}, cell))));
  find("found").replaceChildren(rows.length ? made("table", {}, head, ...body)
    : made("p", {textContent: nothing}));
}
function box(pen, [x1, y1, x2, y2], zoom, dashes) {
  for (const [ink, width] of [["#000000", 5], ["#ffffff", 2]]) {
    pen.strokeStyle = ink;
    pen.lineWidth = width;
    pen.setLineDash(dashes);
    pen.strokeRect(x1 * zoom, y1 * zoom, (x2 - x1) * zoom, (y2 - y1) * zoom);
  }
  pen.setLineDash([]);
}
function label(pen, {name, score, box: [x1, y1]}, zoom) {
  tag(pen, `${name} ${(100 * score).toFixed(0)} %`, x1 * zoom, y1 * zoom - 20);
}
function tag(pen, text, x, y) {
  pen.font = "600 15px system-ui, sans-serif";
  pen.textAlign = "left";
  const wide = pen.measureText(text).width + 8;
  x = Math.max(0, Math.min(x, SIZE_OF * zoomOf() - wide));
  y = Math.max(0, y);
  pen.fillStyle = "#000000";
  pen.fillRect(x, y, wide, 20);
  pen.fillStyle = "#ffffff";
  pen.fillText(text, x + 4, y + 15);
}
function zoomOf() { return find("picture").width / SIZE_OF; }

// --- the objects: one button over each ------------------------------------------------------------

function drawHandles() {
  const stage = find("stage");
  while (stage.querySelectorAll("button").length > scene.things.length) stage.lastChild.remove();
  while (stage.querySelectorAll("button").length < scene.things.length) stage.append(handle());
  [...stage.querySelectorAll("button")].forEach((button, k) => {
    const one = scene.things[k];
    button.dataset.thing = k;
    button.style.left = `${100 * one.x / SIZE_OF}%`;
    button.style.top = `${100 * one.y / SIZE_OF}%`;
    button.style.width = button.style.height = `${200 * one.radius / SIZE_OF}%`;
    button.setAttribute("aria-pressed", String(k === scene.chosen));
    button.setAttribute("aria-label", `${one.colour} ${one.kind}, column ${Math.round(one.x)}, row ` +
      `${Math.round(one.y)}, size ${one.radius}`);
  });
  const one = scene.things[scene.chosen];
  for (const name of ["kind", "colour", "radius", "angle"]) {
    find(name).disabled = !one;
    if (one) find(name).value = name === "angle" ? (one.angle % 6.28 + 6.28) % 6.28 : one[name];
  }
  find("remove").disabled = !one;
  for (const button of find("add").children) button.disabled = scene.things.length >= facts.scene.most;
}
function changed() { drawHandles(); look(); }
function choose(k) { scene.chosen = k; drawHandles(); }
function change(properties) {
  const one = scene.things[scene.chosen];
  if (!one) return;
  Object.assign(one, properties);
  const within = (q, [low, high]) => Math.max(low, Math.min(high, q));
  one.x = within(one.x, [0, SIZE_OF]);
  one.y = within(one.y, [0, SIZE_OF]);
  one.radius = within(one.radius, facts.scene.radius);
  changed();
}
function remove() {
  scene.things.splice(scene.chosen, 1);
  scene.chosen = Math.max(0, Math.min(scene.chosen, scene.things.length - 1));
  changed();
  find("stage").querySelectorAll("button")[scene.chosen]?.focus();
}
function handle() {
  const button = made("button", {type: "button"}), own = () => Number(button.dataset.thing);
  button.addEventListener("focus", () => choose(own()));
  button.addEventListener("pointerdown", event => {
    button.setPointerCapture(event.pointerId);
    choose(own());
    button.dragged = true;
  });
  button.addEventListener("pointermove", event => {
    if (!button.dragged) return;
    const frame = find("picture").getBoundingClientRect();
    change({x: (event.clientX - frame.left) / frame.width * SIZE_OF,
            y: (event.clientY - frame.top) / frame.height * SIZE_OF});
  });
  for (const name of ["pointerup", "pointercancel"])
    button.addEventListener(name, () => { button.dragged = false; });
  button.addEventListener("keydown", event => {
    const one = scene.things[own()], moves = {
      ArrowUp: {y: one.y - 1}, ArrowDown: {y: one.y + 1}, ArrowLeft: {x: one.x - 1},
      ArrowRight: {x: one.x + 1}, "+": {radius: one.radius + 1}, "-": {radius: one.radius - 1},
      r: {angle: one.angle + 0.1}};
    if (event.key === "Delete") remove();
    else if (event.key in moves) change(moves[event.key]);
    else return;
    event.preventDefault();
  });
  return button;
}
function openScene() { if (!scene.open) { scene.open = true; changed(); } }

find("scenewords").textContent = facts.scene.words;
for (const row of document.querySelectorAll(".boxes")) row.hidden = facts.scene.maps;
for (const [name, words] of [["kind", facts.scene.kinds], ["colour", facts.scene.colours]]) {
  words.forEach(word => find(name).append(made("option", {value: word, textContent: word})));
  find(name).addEventListener("change", () => change({[name]: find(name).value}));
}
[find("radius").min, find("radius").max] = facts.scene.radius;
for (const name of ["radius", "angle"])
  find(name).addEventListener("input", () => change({[name]: Number(find(name).value)}));
for (const kind of facts.scene.kinds) {
  const button = made("button", {type: "button", textContent: `Add a ${kind}`});
  button.addEventListener("click", () => {
    const colour = facts.scene.colours[scene.things.length % facts.scene.colours.length];
    scene.things.push({kind, x: SIZE_OF / 2, y: SIZE_OF / 2, radius: 9, angle: 0, colour});
    scene.chosen = scene.things.length - 1;
    changed();
  });
  find("add").append(button);
}
find("remove").addEventListener("click", remove);
find("ground").addEventListener("click", () => { scene.ground = (scene.ground + 1) % facts.scene.grounds; look(); });
function sayLeast() { find("leasttext").textContent = `${Math.round(100 * find("least").value)} %`; }
find("least").addEventListener("input", () => { sayLeast(); drawScene(); });
find("suppress").addEventListener("change", look);
find("truth").addEventListener("change", drawScene);
sayLeast();
