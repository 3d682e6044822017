// Weights and biases of a layer, as maps of their own: what each is, and how its gradient comes about.
//
// Each becomes a node behind those of the layers.  A filter is KH x KW, one for each channel that it
// reads; the weights of a fully connected unit stand in rows.

// The largest number of columns, at most 20, into which M weights go without a rest.
function columnsFor(M) {
  let columns = Math.min(20, M);
  while (M % columns) columns--;
  return columns;
}
function addLearnt(k, name, shape, place) {
  const owner = data.nodes[k],
    [short, long] = name === "bias" ? ["b", "db"] : ["w", "dw"];
  data.nodes.push({
    name: `${owner.name}.${name}`,
    kind: name,
    shape,
    y: owner[short],
    dy: owner[long],
    inputs: [],
    users: [],
    owner: k,
    source: owner.source,
    layer: owner.layer,
    place, // at in maps of the page -> at in the array of the layer
  });
}
data.nodes.slice().forEach((node, k) => {
  if (!node.w) return;
  const outputs = node.shape[0],
    each = node.w.length / outputs;
  if (node.kind === "conv") {
    const width = each / (node.kernel[0] * node.kernel[1]);
    addLearnt(k, "weight", [outputs * width, ...node.kernel], ([map, u, v]) => [
      Math.floor(map / width),
      map % width,
      u,
      v,
    ]);
  } else {
    const columns = columnsFor(each);
    addLearnt(k, "weight", [outputs, each / columns, columns], ([d, row, column]) => [
      d,
      row * columns + column,
    ]);
  }
  if (node.b) addLearnt(k, "bias", [outputs], at => at);
});

FORWARD.weight = FORWARD.bias = function (node, at) {
  const owner = data.nodes[node.owner],
    [H, W] = owner.shape.slice(1),
    shared = `learnt: one number, used at ${H} x ${W} = ${H * W} places of ${owner.name}`;
  return { lines: [H ? shared : "learnt"], value: node.y[flat(node.shape, at)], lead: null };
};
// d loss / d of a weight: what it met, times what came back there, over all places.
function learntGradient(node, at) {
  const owner = data.nodes[node.owner],
    k = node.owner,
    source = owner.inputs[0],
    [f, c, u, v] = node.place(at),
    terms = [];
  const dy = place => owner.dy[flat(owner.shape, place)];
  if (owner.kind === "linear") {
    const met = unflat(data.nodes[source].shape, c || 0),
      x = data.nodes[source].y[c || 0];
    const own = node.kind === "bias" ? [1, ""] : [x, ` x ${nameOf(source, met)} ${number(x)}`];
    return {
      lines: [`dy of ${named(k, [f])} ${number(dy([f]))}${own[1]} = ${number(dy([f]) * own[0])}`],
      value: dy([f]) * own[0],
      lead: node.kind === "bias" ? [k, [f]] : [source, met],
    };
  }
  const [, OH, OW] = owner.shape,
    [C, H, W] = data.nodes[source].shape,
    first = Math.floor(f / (owner.shape[0] / owner.groups)) * (C / owner.groups);
  let closed = 0;
  for (let i = 0; i < OH; i++)
    for (let j = 0; j < OW; j++) {
      const back = dy([f, i, j]);
      if (back === 0) closed++;
      if (node.kind === "bias") {
        terms.push({ what: `dy at (${i},${j})`, factors: [], value: back, lead: [k, [f, i, j]] });
        continue;
      }
      const h = i * owner.stride[0] - owner.pad[0] + u * owner.dilation[0],
        q = j * owner.stride[1] - owner.pad[1] + v * owner.dilation[1];
      if (h < 0 || h >= H || q < 0 || q >= W) continue;
      const x = valueOf(source, [first + c, h, q]);
      terms.push({
        what: `dy at (${i},${j}) x ${nameOf(source, [first + c, h, q])}`,
        factors: [back, x],
        value: back * x,
        lead: [k, [f, i, j]],
      });
    }
  const found = sumOf(terms, null, `${owner.name}: sum over ${terms.length} places`);
  const zeros = closed ? `; dy is 0 at ${closed} of them` : "";
  found.lines.unshift(`it was used at ${OH} x ${OW} = ${OH * OW} places${zeros}`);
  return found;
}

// "filter 5, channel 2"
function mapName(node, map) {
  if (!node.place) return `map ${map}`;
  const [f, c] = node.place([map, 0, 0]);
  return data.nodes[node.owner].kind === "conv" ? `filter ${f}, channel ${c}` : `unit ${f}`;
}
