// Numbers as colours: one scale, red above 0 and blue below, and its legend beside every use of it.

let palette = null;                           // 511 colours, from the most below 0 to the most above

function colourOf(name) {
  const text = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return [1, 3, 5].map(k => parseInt(text.slice(k, k + 2), 16));
}
function scale() {
  if (palette) return palette;
  const [zero, above, below] = ["--zero", "--above", "--below"].map(colourOf);
  palette = new Uint32Array(511);             // alpha, blue, green, red: the bytes of a pixel
  for (let k = -255; k <= 255; k++) {
    const far = k > 0 ? above : below, share = Math.sqrt(Math.abs(k) / 255);
    const [r, g, b] = zero.map((q, channel) => Math.round(q + (far[channel] - q) * share));
    palette[k + 255] = (255 << 24 | b << 16 | g << 8 | r) >>> 0;
  }
  return palette;
}
const sheets = new Map();                     // pixels to paint on, one sheet of a size
function sheet(pen, width, height) {
  const size = `${width} ${height}`;
  if (!sheets.has(size)) sheets.set(size, pen.createImageData(width, height));
  return sheets.get(size);
}
function paint(canvas, values, height, width, most) {
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
  const pen = canvas.getContext("2d"), image = sheet(pen, width, height), colours = scale();
  const pixels = new Uint32Array(image.data.buffer), count = Math.min(values.length, width * height);
  for (let k = 0; k < count; k++) {
    const share = most ? Math.max(-1, Math.min(1, values[k] / most)) : 0;
    pixels[k] = colours[Math.round(share * 255) + 255] || 0xff808080;         // no number is grey
  }
  pixels.fill(0, count);                      // of a sheet that was used before
  pen.putImageData(image, 0, 0);
}
function paintGrey(canvas, pixels, channels, height, width) {
  canvas.width = width; canvas.height = height;
  const pen = canvas.getContext("2d"), image = sheet(pen, width, height), size = height * width;
  for (let k = 0; k < size; k++) {
    for (let c = 0; c < 3; c++) image.data[4 * k + c] = pixels[(channels === 3 ? c * size : 0) + k];
    image.data[4 * k + 3] = 255;
  }
  pen.putImageData(image, 0, 0);
}
function legend(place, most) {
  if (!place.firstChild) {
    place.append(made("span"), made("canvas", {width: 101, height: 1}), made("span"));
    place.children[1].setAttribute("role", "img");
    place.children[1].setAttribute("aria-label", "colour scale: blue below 0, red above");
  }
  if (place.palette !== scale()) {            // again when light and dark have changed
    place.palette = scale();
    paint(place.children[1], Float32Array.from({length: 101}, (_, k) => (k - 50) / 50), 1, 101, 1);
  }
  place.children[0].textContent = said(-most);
  place.children[2].textContent = said(most);
}
const repaints = [];                          // called when light and dark change
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  palette = null;
  repaints.forEach(again => again());
});
