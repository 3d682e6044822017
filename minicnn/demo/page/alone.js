// The page without a server: what it asks is answered here, by the network in network.js.

const {nodes, sources} = arithmetic.data;
const kept = {weights: {}, picture: 0, y: null};

for (const [name, packed] of Object.entries(facts.weights))            // whole hundredths, in bytes
  kept.weights[name] = Float64Array.from(new Int8Array(numbers(packed).buffer), q => q / 100);
for (const node of nodes) {
  node.w = kept.weights[`${node.name}.weight`];
  node.b = kept.weights[`${node.name}.bias`];
}

async function ask(path, body) { return answers[path](body); }

const answers = {
  "/drawing": pad => read(pad, facts.pad, facts.pad),
  async "/photo"(file) {
    const image = await createImageBitmap(file), {width, height} = image;
    const pen = made("canvas", {width, height}).getContext("2d");
    pen.drawImage(image, 0, 0);
    const rgba = pen.getImageData(0, 0, width, height).data;
    return read(Float64Array.from({length: width * height}, (_, k) =>
      (rgba[4 * k] + rgba[4 * k + 1] + rgba[4 * k + 2]) / 3), height, width);
  },
  "/gradient"({label}) {
    const d = derive(label), ink = d.image.map(q => -q);
    return {picture: kept.picture, label, most: strongest(ink),
            image: {shape: [32, 32], data: ink}, layers: layersOf(d)};
  },
  "/explain"({layer, at, label, columns}) {
    const k = nodes.findIndex(node => node.name === layer);
    const way = label === null ? "forward" : "backward";
    if (label !== null) derive(label, at);
    const found = arithmetic.explain(k, at, way, columns);
    const by = label === null ? nodes[k] : nodes[nodes[k].users[0][0]];
    const [where, code] = sources[by.source][way], down = found.lead && arithmetic.follow(...found.lead);
    return {at, text: `${found.text}\n${where}`, code, looks: label === null ? looks(k, at) : {},
            down: down && nodes[down[0]].layer ? {layer: nodes[down[0]].name, at: down[1]} : null};
  },
};

function read(picture, H, W) {
  const seen = asMnist(picture, H, W), image = new Float64Array(32 * 32).fill(facts.low);
  seen.forEach((p, k) => {                    // two pixels around it, and whole hundredths
    image[(Math.floor(k / DIGIT) + 2) * 32 + k % DIGIT + 2] =
      Math.round(100 * (facts.low + (facts.high - facts.low) * p / 255)) / 100;
  });
  kept.y = lenet(image, kept.weights);
  kept.picture += 1;
  for (const node of nodes) node.y = arrayOf(node, kept.y);
  const p = softmax(kept.y.OUT);
  return {picture: kept.picture, seen: {shape: [1, DIGIT, DIGIT], data: seen},
          answers: facts.classes.map((name, k) => ({number: k, name, p: p[k]})),
          layers: layersOf(kept.y)};
}
// What a Reshape or the like hands on is what it got.
function arrayOf(node, arrays) {
  return arrays[node.name] || (node.kind === "move" ? arrayOf(nodes[node.inputs[0]], arrays) : undefined);
}
function layersOf(arrays) {
  return nodes.filter(node => node.layer && !node.hidden && arrays[node.name]).map(node => (
    {name: node.name, size: node.shape, first: 0, step: 1, most: strongest(arrays[node.name]),
     values: {shape: node.shape, data: arrays[node.name]}}));
}
function strongest(values) { return most(values.map(Math.abs)); }

function derive(label, at = [label]) {        // every gradient of the loss that takes label for right
  const d = gradients(kept.y, kept.weights, label), p = softmax(kept.y.OUT), [k] = at;
  for (const node of nodes) node.dy = arrayOf(node, d);
  const loss = nodes.at(-1);
  loss.dxs = [d.OUT];
  loss.back = [`softmax: the share of ${k} is p = ${said(p[k])}; the gradient is p - ` +
    (k === label ? `1, for ${label} is taken for right` : `0, for ${label} is taken for right, not ${k}`)];
  return d;
}
// The part of every earlier layer that a cell depends on: a window makes it larger.
function looks(k, at) {
  const found = {};
  if (at.length !== 3) return found;
  let [, top, left] = at, bottom = top, right = left;
  for (let node = nodes[k]; node.inputs.length; ) {
    if (node.kernel) {
      const [SH, SW] = node.stride, [KH, KW] = node.kernel;
      [top, left, bottom, right] = [top * SH, left * SW, bottom * SH + KH - 1, right * SW + KW - 1];
    }
    node = nodes[node.inputs[0]];
    found[node.name] = [top, left, bottom, right];
  }
  return found;
}
