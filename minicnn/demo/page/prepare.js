// A drawn digit as MNIST's were: its ink, cut out, fitted into 20 x 20, its centre of mass in the
// middle of 28 x 28.  As minicnn/data/as_mnist.py, which says why.

const DIGIT = 28, INNER = 20, LEAST_CONTRAST = 24;

function asMnist(picture, H, W) {             // (H, W), 0 to 255, of a digit -> (28, 28), ink 255
  const ink = inkOf(Float64Array.from(picture), H, W);
  const inked = [...ink.keys()].filter(k => ink[k]);
  if (!inked.length) throw new Error("There is nothing on this picture.");
  const rows = inked.map(k => Math.floor(k / W)), columns = inked.map(k => k % W);
  const [top, left] = [least(rows), least(columns)];
  const h = most(rows) - top + 1, w = most(columns) - left + 1;
  const cut = Uint8Array.from({length: h * w}, (_, k) =>
    ink[(top + Math.floor(k / w)) * W + left + k % w]);
  const side = Math.max(h, w), size = [h, w].map(q => Math.max(1, evenly(q * INNER / side)));
  return centred(resized(cut, [h, w], size, side > INNER), ...size);
}
function least(values) { return values.reduce((a, b) => Math.min(a, b)); }
function most(values) { return values.reduce((a, b) => Math.max(a, b)); }
function total(values) { return values.reduce((a, b) => a + b, 0); }
function evenly(q) {                          // halves to the even side, as Python rounds
  return Math.abs(q % 1) === 0.5 ? 2 * Math.round(q / 2) : Math.round(q);
}

function inkOf(x, H, W) {
  const edge = [...x].filter((_, k) => k < W || k >= (H - 1) * W)
    .concat(...Array.from({length: H}, (_, i) => [x[i * W], x[i * W + W - 1]]));
  if (between(edge, 0.5) < total(x) / x.length) x = x.map(q => 255 - q);    // a light pen
  const paper = paperUnder(x, H, W), away = x.map((q, k) => paper[k] - q);
  const strongest = between(away, 0.998);
  if (strongest < LEAST_CONTRAST) return x.map(() => 0);
  const ink = away.map(q => evenly(Math.max(0, Math.min(255, 255 * q / strongest))));
  const cut = threshold(ink);
  return ink.map(q => q < cut ? 0 : q);
}
function between(values, share) {             // the value that `share` of them lie below
  const sorted = Float64Array.from(values).sort(), place = (sorted.length - 1) * share;
  const k = Math.floor(place), next = Math.min(k + 1, sorted.length - 1);
  return sorted[k] + (sorted[next] - sorted[k]) * (place - k);
}
function paperUnder(x, H, W) {                // a plane through the brighter half
  let bright = x.map(() => 1), plane;
  for (let round = 0; round < 5; round++) {
    plane = planeThrough(x, H, W, bright);
    const below = x.map((q, k) => q - plane[k]), kept = below.filter((_, k) => bright[k]);
    const mean = total(kept) / kept.length;
    const spread = Math.sqrt(total(kept.map(q => (q - mean) ** 2)) / kept.length);
    bright = below.map(q => q > -spread - 1e-9 ? 1 : 0);
  }
  return plane;
}
function planeThrough(x, H, W, bright) {      // least squares: a + b row + c column
  const A = [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]];
  for (let k = 0; k < x.length; k++) {
    if (!bright[k]) continue;
    const f = [1, Math.floor(k / W) / H, (k % W) / W, x[k]];
    for (let p = 0; p < 3; p++)
      for (let n = 0; n < 4; n++) A[p][n] += f[p] * f[n];
  }
  for (let p = 0; p < 3; p++)                 // Gauss: column p is left in row p alone
    for (let r = 0; r < 3; r++) {
      if (r === p) continue;
      const share = A[r][p] / A[p][p];
      for (let n = p; n < 4; n++) A[r][n] -= share * A[p][n];
    }
  const [a, b, c] = A.map((row, p) => row[3] / row[p]);
  return x.map((_, k) => a + b * Math.floor(k / W) / H + c * (k % W) / W);
}
function threshold(ink) {                     // Otsu's, and half of it
  const counts = new Float64Array(256);
  ink.forEach(q => { counts[q] += 1; });
  const all = total(counts), sum = total(counts.map((n, k) => n * k));
  let below = 0, part = 0;
  const apart = [...counts].map((n, k) => {
    below += n;
    part += n * k;
    return below * (all - below) * (part / below - (sum - part) / (all - below)) ** 2;
  });
  const largest = most(apart.filter(q => !Number.isNaN(q)));
  const best = apart.flatMap((q, k) => q >= largest * (1 - 1e-9) ? [k] : []);
  return total(best) / best.length / 2;
}

// As Pillow's resize: smaller by the mean of what a pixel covers, larger along straight lines.
function resized(pixels, [h, w], [H, W], smaller) {
  const wide = along(pixels, h, w, W, smaller);
  return turned(along(turned(wide, h, W), W, h, H, smaller), W, H);
}
function turned(pixels, h, w) {
  return Uint8Array.from({length: h * w}, (_, k) => pixels[(k % h) * w + Math.floor(k / h)]);
}
function along(pixels, h, w, W, smaller) {    // (h, w) -> (h, W)
  const share = w / W, reach = Math.max(share, 1), y = new Uint8Array(h * W);
  for (let j = 0; j < W; j++) {
    const centre = (j + 0.5) * share, support = (smaller ? 0.5 : 1) * reach;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const last = Math.min(w, Math.trunc(centre + support + 0.5));
    const weights = Array.from({length: last - first}, (_, k) => {
      const q = (k + first - centre + 0.5) / reach;
      return smaller ? Number(q > -0.5 && q <= 0.5) : Math.max(0, 1 - Math.abs(q));
    });
    const all = total(weights);
    for (let i = 0; i < h; i++)
      y[i * W + j] = Math.floor(
        total(weights.map((q, k) => q * pixels[i * w + first + k])) / all + 0.5);
  }
  return y;
}
function centred(ink, h, w) {
  const mass = total(ink), mean = place => total([...ink].map((q, k) => q * place(k))) / mass;
  const top = starts(mean(k => Math.floor(k / w)), h), left = starts(mean(k => k % w), w);
  const y = new Uint8Array(DIGIT * DIGIT);
  ink.forEach((q, k) => { y[(top + Math.floor(k / w)) * DIGIT + left + k % w] = q; });
  return y;
}
function starts(middle, size) {
  return Math.max(0, Math.min(DIGIT - size, evenly(DIGIT / 2 - middle)));
}
