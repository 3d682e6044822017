"use strict";
// The arrays that Python has put into the page, and how their numbers and places are written.

const data = JSON.parse(document.getElementById("data").textContent);

function floats(text) {
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}
function wholes(text) {
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  return new Int32Array(bytes.buffer);
}
for (const node of data.nodes) {
  for (const name of ["y", "dy", "w", "b", "dw", "db", "a", "counts"])
    if (node[name]) node[name] = floats(node[name]);
  if (node.origins) node.origins = wholes(node.origins);
  node.dxs = (node.dxs || []).map(dx => dx && floats(dx));
  node.users = [];
}
data.nodes.forEach((node, k) =>
  node.inputs.forEach((source, which) => {
    if (source >= 0) data.nodes[source].users.push([k, which]);
  }),
);

function number(x) {
  if (x === 0) return "0";
  if (Number.isNaN(x)) return "NaN";
  if (!Number.isFinite(x)) return x > 0 ? "infinity" : "-infinity";
  const size = Math.abs(x);
  if (size < 0.0005 || size >= 1e7) {
    const [digits, power] = x.toExponential(size < 1 ? 1 : 4).split("e");
    return `${digits}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  }
  if (Number.isInteger(x) && size >= 10) return String(x);
  return x.toFixed(decimals(x));
}
// 0.05 is written so, also when it comes as four bytes; other numbers have four decimals.
function decimals(x) {
  const near = Math.round(100 * x) / 100;
  return Math.abs(near - x) < 1e-12 * Math.abs(x) || Math.fround(near) === x ? 2 : 4;
}
// Numbers that stand together, with as many decimals each; a 0 stays "0".
function numbersOf(values) {
  const most = Math.max(0, ...values.filter(q => q % 1).map(decimals));
  return values.map(q => (Math.abs(q) < 0.0005 || Math.abs(q) >= 1e7 || !Number.isFinite(q)
    ? number(q) : q.toFixed(most)));
}
function aligned(texts) {
  const most = Math.max(0, ...texts.map(text => text.length));
  return texts.map(text => text.padStart(most));
}
function flat(shape, at) {
  return at.reduce((k, i, side) => k * shape[side] + i, 0);
}
function unflat(shape, k) {
  const at = [];
  for (let side = shape.length - 1; side >= 0; side--) {
    at[side] = k % shape[side];
    k = Math.floor(k / shape[side]);
  }
  return at;
}
function named(k, at) {
  const node = data.nodes[k];
  return `${node.name}[${(node.place ? node.place(at) : at).join(",")}]`;
}
function valueOf(k, at) {
  const node = data.nodes[k];
  return node.y[flat(node.shape, at)];
}

// Past all that only moves values.  Returns [node, place], or null for a constant.
function follow(k, at) {
  let node = data.nodes[k];
  while (node.kind === "move") {
    let origin = node.origins[flat(node.shape, at)];
    if (origin < 0) return null;
    let which = 0;
    while (origin >= size(data.nodes[node.inputs[which]]))
      origin -= size(data.nodes[node.inputs[which++]]);
    k = node.inputs[which];
    node = data.nodes[k];
    at = unflat(node.shape, origin);
  }
  return [k, at];
}
function size(node) {
  return node.shape.reduce((a, b) => a * b, 1);
}
function nameOf(k, at) {
  const found = follow(k, at);
  return found ? named(...found) : "outside";
}
