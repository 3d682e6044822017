// The second tab: LeNet-5 learns; events come as they happen.

const lesson = {source: null, losses: [], state: null, known: false};
const MOST_POINTS = 2000;

function learnt(event, start) {
  lesson.state = event;
  if (event.source) find("lessonwords").textContent = event.source;
  lesson.losses.push(...event.losses);
  if (lesson.losses.length > MOST_POINTS) lesson.losses = lesson.losses.slice(-MOST_POINTS);
  lesson.lr = event.lr;
  drawLesson();
  if (start) took("start to training", start);
}
function drawLesson() {
  const event = lesson.state;
  if (!event) return;
  const loss = lesson.losses.at(-1), facts = {
    "steps": event.steps.toLocaleString("en"), "digits seen": event.seen.toLocaleString("en"),
    "loss of the last batch": lesson.losses.length ? loss === null ? "no number" : loss.toFixed(4) : "none yet",
    "error on the test digits": `${event.error} of ${event.tested} (${(100 * event.error / event.tested).toFixed(1)} %)`,
    "images in a second": event.speed ? Math.round(event.speed).toLocaleString("en") : "-"};
  find("numbers").replaceChildren(...Object.entries(facts).map(([name, value]) =>
    made("div", {}, made("dt", {textContent: name}), made("dd", {textContent: value}))));
  drawFilters(event);
  drawCurve();
}
function drawFilters(event) {
  const values = numbers(event.filters), [F, H, W] = event.filters.shape, place = find("filters");
  while (place.children.length < F) place.append(made("canvas"));
  [...place.children].forEach((canvas, k) => {
    paint(canvas, values.subarray(k * H * W, (k + 1) * H * W), H, W, event.most);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `filter ${k} of CONV1, ${H} x ${W}`);
  });
  legend(find("filterlegend"), event.most);
}
function drawCurve() {
  const canvas = find("curve"), pen = canvas.getContext("2d");
  const width = canvas.width = Math.max(280, canvas.clientWidth), height = canvas.height = Math.round(width * 0.47);
  const [ground, text, bar, rim] = ["--ground", "--text", "--bar", "--rim"].map(name => `rgb(${colourOf(name)})`);
  const left = 50, bottom = height - 36, right = width - 14, top = 14;
  pen.fillStyle = ground;
  pen.fillRect(0, 0, width, height);
  const losses = lesson.losses, most = Math.max(2.5, ...losses.filter(q => q !== null && q < 8));
  const first = lesson.state.steps - losses.length;
  pen.fillStyle = text;
  pen.strokeStyle = rim;
  pen.font = `${parseFloat(getComputedStyle(canvas).fontSize) * 0.85}px system-ui, sans-serif`;
  pen.textAlign = "right";
  for (let tick = 0; tick <= most; tick += most > 5 ? 2 : 0.5) {
    const y = bottom - tick / most * (bottom - top);
    pen.beginPath(); pen.moveTo(left, y); pen.lineTo(right, y); pen.lineWidth = tick ? 0.4 : 1.5; pen.stroke();
    pen.fillText(tick.toFixed(1), left - 6, y + 5);
  }
  pen.textAlign = "center";
  pen.fillText(`loss, steps ${first + 1} to ${lesson.state.steps}`, (left + right) / 2, height - 10);
  pen.strokeStyle = bar;
  pen.lineWidth = 2;
  pen.beginPath();
  let drawn = false;
  losses.forEach((loss, k) => {
    if (loss === null) { drawn = false; return; }
    const x = left + (losses.length > 1 ? k / (losses.length - 1) : 0.5) * (right - left);
    const y = Math.max(top, bottom - loss / most * (bottom - top));
    if (drawn) pen.lineTo(x, y); else pen.moveTo(x, y);
    if (losses.length === 1) pen.lineTo(x + 2, y);
    drawn = true;
  });
  pen.stroke();
  const loss = losses.at(-1);
  canvas.setAttribute("aria-label", `loss of the batches, steps ${first + 1} to ${lesson.state.steps}` +
    (loss ? `; now ${loss.toFixed(3)}` : ""));
}
function running() { return lesson.source !== null; }
function halt() {
  if (lesson.source) lesson.source.close();
  lesson.source = null;
  find("run").textContent = "Start";
}
function startRun(event) {
  const start = event ? event.timeStamp : performance.now();
  let first = true;
  lesson.source = new EventSource(address("/train"));
  find("run").textContent = "Pause";
  lesson.source.onmessage = message => { learnt(JSON.parse(message.data), first ? start : null); first = false; };
  lesson.source.onerror = halt;
}
const command = newest(async (path, body = {}) => {
  const found = await ask(path, body);
  if (path === "/train/reset") lesson.losses = [];
  if (found.filters) learnt(found);
});
function openLesson() {
  if (!lesson.known) { lesson.known = true; command("/train/state"); }
}
find("run").addEventListener("click", event => {
  if (running()) { halt(); command("/train/pause"); } else startRun(event);
});
find("step").addEventListener("click", () => { halt(); command("/train/step"); });
find("reset").addEventListener("click", () => { halt(); command("/train/reset"); });
function sayRate() { find("lrtext").textContent = Number((10 ** find("lr").value).toPrecision(2)); }
const setRate = newest(lr => ask("/train/rate", {lr}));
find("lr").value = Math.log10(facts.lr);
find("lr").min = Math.log10(facts.rates[0]);
find("lr").max = Math.log10(facts.rates[1]);
find("lr").addEventListener("input", () => {
  sayRate();
  setRate(Math.min(facts.rates[1], Math.max(facts.rates[0], 10 ** find("lr").value)));
});
sayRate();
repaints.push(drawLesson);
