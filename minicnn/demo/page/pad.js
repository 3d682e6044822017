// The drawing pad: strokes of a pen, by mouse, finger or keys.  A photo takes its place.

const pad = {strokes: [], drawing: false, pen: [140, 140], down: false, photo: null};
const SIDE = 280, PEN = 18;

function drawPad() {
  const canvas = find("pad"), pen = canvas.getContext("2d");
  const [ground, ink] = ["--ground", "--ink"].map(name => `rgb(${colourOf(name)})`);
  pen.fillStyle = ground;
  pen.fillRect(0, 0, SIDE, SIDE);
  if (pad.photo) {
    const {width, height} = pad.photo, share = SIDE / Math.max(width, height);
    pen.drawImage(pad.photo, (SIDE - width * share) / 2, (SIDE - height * share) / 2,
                  width * share, height * share);
  }
  drawStrokes(pen, 1, ink);
  if (document.activeElement === canvas) {
    pen.strokeStyle = `rgb(${colourOf("--mark")})`;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(...pad.pen, pad.down ? 5 : 10, 0, 7);
    pen.stroke();
  }
}
function drawStrokes(pen, share, ink) {
  pen.strokeStyle = pen.fillStyle = ink;
  pen.lineWidth = PEN * share;
  pen.lineCap = pen.lineJoin = "round";
  for (const stroke of pad.strokes) {
    const [x, y] = stroke[0].map(q => q * share);
    pen.beginPath();
    pen.arc(x, y, PEN * share / 2, 0, 7);     // a stroke without length is a dot
    pen.fill();
    pen.beginPath();
    pen.moveTo(x, y);
    for (const point of stroke) pen.lineTo(...point.map(q => q * share));
    pen.stroke();
  }
}
function ink() {                              // one byte a pixel, 255 is ink
  const side = facts.pad, canvas = made("canvas", {width: side, height: side});
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  pen.fillStyle = "#000000";
  pen.fillRect(0, 0, side, side);
  drawStrokes(pen, side / SIDE, "#ffffff");
  const rgba = pen.getImageData(0, 0, side, side).data;
  return Uint8Array.from({length: side * side}, (_, k) => rgba[4 * k]);
}
function sendPad(start = performance.now()) {
  drawPad();
  if (pad.photo && !pad.strokes.length) return;
  if (!pad.strokes.length) { nothing(); return; }
  readDrawing(ink(), start);
}
function begin(point) {
  if (pad.photo) pad.photo = null;
  pad.strokes.push([point]);
}
function placeOn(event) {
  const box = find("pad").getBoundingClientRect();
  return [(event.clientX - box.left) / box.width * SIDE, (event.clientY - box.top) / box.height * SIDE];
}
function clearPad() { pad.strokes = []; pad.photo = null; pad.down = false; sendPad(); }

find("pad").addEventListener("pointerdown", event => {
  find("pad").setPointerCapture(event.pointerId);
  pad.drawing = true;
  begin(placeOn(event));
  sendPad(event.timeStamp);
});
find("pad").addEventListener("pointermove", event => {
  if (!pad.drawing) return;
  pad.strokes.at(-1).push(placeOn(event));
  sendPad(event.timeStamp);
});
for (const name of ["pointerup", "pointercancel"])
  find("pad").addEventListener(name, () => { pad.drawing = false; });
find("pad").addEventListener("focus", drawPad);
find("pad").addEventListener("blur", drawPad);
find("pad").addEventListener("keydown", event => {
  const moves = {ArrowUp: [0, -8], ArrowDown: [0, 8], ArrowLeft: [-8, 0], ArrowRight: [8, 0]};
  if (event.key === " ") {
    pad.down = !pad.down;
    if (pad.down) begin([...pad.pen]);
  } else if (event.key in moves) {
    pad.pen = pad.pen.map((q, k) => Math.max(8, Math.min(SIDE - 8, q + moves[event.key][k])));
    if (pad.down) pad.strokes.at(-1).push([...pad.pen]);
  } else return;
  event.preventDefault();
  find("pad").setAttribute("aria-label", `drawing pad: pen ${pad.down ? "down" : "up"}, ` +
    `column ${Math.round(pad.pen[0] / 10)}, row ${Math.round(pad.pen[1] / 10)} of 28`);
  if (pad.down) sendPad(event.timeStamp); else drawPad();
});
find("clear").addEventListener("click", clearPad);
find("undo").addEventListener("click", () => { pad.photo = null; pad.strokes.pop(); sendPad(); });
repaints.push(drawPad);

// --- ten digits, a photo, the camera -----------------------------------------------------------

function canvasOf(image, width, height, most) {
  const share = Math.min(1, most / Math.max(width, height));
  const canvas = made("canvas", {width: Math.max(1, Math.round(width * share)),
                                 height: Math.max(1, Math.round(height * share))});
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}
function takePicture(canvas) {
  pad.strokes = [];
  pad.photo = canvas;
  drawPad();
  canvas.toBlob(blob => readPhoto(blob, performance.now()), "image/png");
}
async function takeFile(file) {
  try {
    const image = await createImageBitmap(file);
    takePicture(canvasOf(image, image.width, image.height, 640));
  } catch { trouble(`${file.name}: the browser cannot read this as a picture.`); }
}
const examples = numbers(facts.digits);
for (let digit = 0; digit < 10; digit++) {
  const small = made("canvas"), pixels = examples.subarray(784 * digit, 784 * (digit + 1));
  paintGrey(small, pixels, 1, 28, 28);
  const button = made("button", {type: "button"}, small);
  button.setAttribute("aria-label", `a drawn ${digit}`);
  button.addEventListener("click", () => takePicture(small));
  find("digits").append(button);
}
find("photo").addEventListener("change", event => {
  if (event.target.files.length) takeFile(event.target.files[0]);
  event.target.value = "";
});
document.addEventListener("dragover", event => event.preventDefault());
document.addEventListener("drop", event => {
  event.preventDefault();
  if (event.dataTransfer.files.length) takeFile(event.dataTransfer.files[0]);
});
find("camera").hidden = !navigator.mediaDevices;
find("camera").addEventListener("click", async () => {
  const video = find("video");
  if (video.srcObject) {                      // it runs: this is the shot
    takePicture(canvasOf(video, video.videoWidth, video.videoHeight, 640));
    video.srcObject.getTracks().forEach(track => track.stop());
    video.srcObject = null;
  } else {
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({video: true});
      await video.play();
    } catch { trouble("There is no camera, or the browser may not use it."); }
  }
  video.hidden = !video.srcObject;
  find("camera").textContent = video.srcObject ? "Take the picture" : "Camera";
});
