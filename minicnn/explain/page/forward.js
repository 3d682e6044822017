// How a value comes about: {lines, value, size, lead}.  Only sums of products, maxima and straight
// lines are done again here; all else comes as text from Python.

function sumOf(terms, bias, what) {
  // terms: {what, factors, value, lead}
  const shown = terms
    .filter(term => term.value !== 0)
    .sort((p, q) => Math.abs(q.value) - Math.abs(p.value));
  const total = terms.reduce((sum, term) => sum + term.value, 0);
  const lines = termLines(shown);
  const value = total + (bias || 0);
  const most = terms.reduce((sum, term) => sum + Math.abs(term.value), Math.abs(bias || 0));
  lines.push(
    bias === undefined || bias === null
      ? `${what} ${number(value)}`
      : `${what} ${number(total)} + bias ${number(bias)} = ${number(value)}`,
  );
  return { lines, value, size: most, lead: shown.length ? shown[0].lead : null };
}
// "what   factor x factor = value", one under the other, and the rest together.
function termLines(shown) {
  const first = shown.slice(0, 8),
    names = first.map(term => term.what),
    values = first.map(term => term.value);
  if (shown.length > 8) {
    names.push(`and ${shown.length - 8} more`);
    values.push(shown.slice(8).reduce((sum, term) => sum + term.value, 0));
  }
  const factors = (first.length ? first[0].factors : []).map((_, k) =>
    aligned(numbersOf(first.map(term => term.factors[k]))),
  );
  const products = first.map((_, k) =>
    factors.map(column => column[k]).join(" x ") + (factors.length ? " = " : ""),
  );
  const [longest, middle] = [names, products].map(texts => Math.max(0, ...texts.map(q => q.length)));
  return aligned(numbersOf(values)).map(
    (text, k) => `  ${names[k].padEnd(longest)}   ${(products[k] || "").padEnd(middle)}${text}`,
  );
}
function rowText(cells, width) {
  return cells.map(text => text.padStart(width)).join(" ");
}

// Two tables with their names, one below the other where there is no room.
function beside([name, left], [other, right], columns) {
  if (left[0].length + 3 + right[0].length > columns) return [name, ...left, other, ...right];
  return [
    `${name.padEnd(left[0].length)}   ${other}`,
    ...left.map((row, u) => `${row}   ${right[u]}`),
  ];
}

function conv(node, at, columns) {
  const [f, i, j] = at,
    source = node.inputs[0],
    [C, H, W] = data.nodes[source].shape;
  const [KH, KW] = node.kernel,
    width = C / node.groups,
    first = Math.floor(f / (node.shape[0] / node.groups)) * width;
  const top = i * node.stride[0] - node.pad[0],
    left = j * node.stride[1] - node.pad[1];
  const sums = [],
    terms = [];
  for (let c = 0; c < width; c++) {
    let sum = 0;
    for (let u = 0; u < KH; u++)
      for (let v = 0; v < KW; v++) {
        const h = top + u * node.dilation[0],
          q = left + v * node.dilation[1];
        if (h < 0 || h >= H || q < 0 || q >= W) continue;
        const x = valueOf(source, [first + c, h, q]),
          w = node.w[((f * width + c) * KH + u) * KW + v];
        sum += x * w;
        terms.push({
          what: `${nameOf(source, [first + c, h, q])} cell (${u},${v})`,
          factors: [x, w],
          value: x * w,
          lead: [source, [first + c, h, q]],
        });
      }
    sums.push(sum);
  }
  const lines = [
    `filter ${f} over rows ${top}..${top + (KH - 1) * node.dilation[0]}, columns ${left}..` +
      `${left + (KW - 1) * node.dilation[1]} of ${data.nodes[source].name} (${C}x${H}x${W})`,
  ];
  if (width > 1) {
    const order = sums
      .map((sum, c) => c)
      .sort((p, q) => Math.abs(sums[q]) - Math.abs(sums[p]))
      .slice(0, 8)
      .sort((p, q) => p - q);
    const many = Math.max(1, Math.floor((columns - 8) / 10)); // so many find room in a line
    for (let k = 0; k < order.length; k += many) {
      const some = order.slice(k, k + many);
      lines.push(`channel ${rowText(some.map(c => String(first + c)), 9)}`);
      lines.push(`sum     ${rowText(some.map(c => number(sums[c])), 9)}`);
    }
    lines.push(`all ${width} channels are added: one filter makes one map`);
  }
  const best = sums.reduce((p, sum, c) => (Math.abs(sum) > Math.abs(sums[p]) ? c : p), 0);
  if (KH * KW > 1 && KH <= 7) {
    const grids = [[], [], []];
    for (let u = 0; u < KH; u++) {
      const xs = [],
        ws = [],
        products = [];
      let sum = 0;
      for (let v = 0; v < KW; v++) {
        const h = top + u * node.dilation[0],
          q = left + v * node.dilation[1];
        const inside = h >= 0 && h < H && q >= 0 && q < W;
        const x = inside ? valueOf(source, [first + best, h, q]) : 0,
          w = node.w[((f * width + best) * KH + u) * KW + v];
        xs.push(inside ? x.toFixed(2) : ".");
        ws.push(w.toFixed(2));
        products.push((x * w).toFixed(3));
        sum += x * w;
      }
      grids[0].push(rowText(xs, 6));
      grids[1].push(rowText(ws, 6));
      grids[2].push(`${rowText(products, 7)}   ${number(sum).padStart(8)}`);
    }
    lines.push(
      ...beside([`channel ${first + best}: patch`, grids[0]], ["filter", grids[1]], columns),
      `${"patch x filter".padEnd(8 * KW - 1)}    row sum`,
      ...grids[2],
    );
  }
  const counted =
    width > 1 && KH * KW > 1 ? `${width} x ${KH * KW} = ${width * KH * KW}` : width * KH * KW;
  const summed = sumOf(terms, node.b ? node.b[f] : null, `sum of ${counted} products`);
  const last = summed.lines[summed.lines.length - 1];
  return {
    lines: [...lines, ...(KH * KW > 1 ? [last] : summed.lines)],
    value: summed.value,
    size: summed.size,
    lead: summed.lead,
    patch: {
      source,
      channel: first + best,
      box: [top, left, top + (KH - 1) * node.dilation[0], left + (KW - 1) * node.dilation[1]],
    },
  };
}

function cellsUnder(node, i, j) {
  const [, H, W] = data.nodes[node.inputs[0]].shape,
    cells = [];
  for (let u = 0; u < node.kernel[0]; u++)
    for (let v = 0; v < node.kernel[1]; v++) {
      const h = i * node.stride[0] - node.pad[0] + u * node.dilation[0],
        q = j * node.stride[1] - node.pad[1] + v * node.dilation[1];
      if (h >= 0 && h < H && q >= 0 && q < W) cells.push([h, q]);
    }
  return cells;
}
function winner(node, c, i, j) {
  let best = null,
    most = -Infinity;
  for (const [h, q] of cellsUnder(node, i, j)) {
    const x = valueOf(node.inputs[0], [c, h, q]);
    if (best === null || x > most) {
      best = [h, q];
      most = x;
    }
  }
  return best;
}
function boxOf(cells) {
  const rows = cells.map(cell => cell[0]),
    columns = cells.map(cell => cell[1]);
  return [Math.min(...rows), Math.min(...columns), Math.max(...rows), Math.max(...columns)];
}
function pool(node, at) {
  const [c, i, j] = at,
    source = node.inputs[0],
    cells = cellsUnder(node, i, j),
    box = boxOf(cells);
  const lines = [
    `window at rows ${box[0]}..${box[2]}, columns ${box[1]}..${box[3]} of ` +
      `${data.nodes[source].name}, map ${c}`,
  ];
  lines.push(...cells.map(([h, q]) => `  (${h},${q})  ${number(valueOf(source, [c, h, q]))}`));
  const patch = { source, channel: c, box };
  if (node.kind === "maxpool") {
    const won = winner(node, c, i, j),
      value = valueOf(source, [c, ...won]);
    const equal = cells.filter(([h, q]) => valueOf(source, [c, h, q]) === value).length;
    if (equal > 1)
      lines.push(
        `${equal} cells are equally large: the first in row order wins, and alone gets a gradient`,
      );
    lines.push(`largest: ${number(value)} at (${won.join(",")})`);
    return { lines, value, lead: [source, [c, ...won]], patch };
  }
  const K = node.counts[i * node.shape[2] + j],
    sum = cells.reduce((total, [h, q]) => total + valueOf(source, [c, h, q]), 0);
  lines.push(`sum ${number(sum)} / ${K} = ${number(sum / K)}`);
  return { lines, value: sum / K, lead: [source, [c, ...cells[0]]], patch };
}

const FORWARD = {
  conv,
  maxpool: pool,
  avgpool: pool,
  linear(node, at) {
    const source = node.inputs[0],
      M = size(data.nodes[source]),
      terms = [];
    for (let m = 0; m < M; m++) {
      const x = data.nodes[source].y[m],
        w = node.w[at[0] * M + m],
        place = unflat(data.nodes[source].shape, m);
      terms.push({
        what: nameOf(source, place),
        factors: [x, w],
        value: x * w,
        lead: [source, place],
      });
    }
    return sumOf(terms, node.b ? node.b[at[0]] : null, `sum of ${M} products`);
  },
  relu(node, at) {
    const x = valueOf(node.inputs[0], at),
      value = x > 0 ? x : 0;
    return {
      lines: [
        `x = ${nameOf(node.inputs[0], at)} = ${number(x)}`,
        `max(${number(x)}, 0) = ${number(value)}`,
      ],
      value,
      lead: [node.inputs[0], at],
    };
  },
  add(node, at) {
    const [a, b] = node.inputs.map(source => valueOf(source, at));
    return {
      lines: [
        `${nameOf(node.inputs[0], at)}  ${number(a)}`,
        `${nameOf(node.inputs[1], at)}  ${number(b)}`,
        `${number(a)} + ${number(b)} = ${number(a + b)}`,
      ],
      value: a + b,
      lead: [node.inputs[Math.abs(a) >= Math.abs(b) ? 0 : 1], at],
    };
  },
  affine(node, at) {
    const x = valueOf(node.inputs[0], at),
      a = node.a[at[0]],
      b = node.b[at[0]];
    return {
      lines: [
        `batch norm in test mode is one line: y = ${number(a)} x + ${number(b)}`,
        `x = ${nameOf(node.inputs[0], at)} = ${number(x)}`,
        `${number(a)} x ${number(x)} + ${number(b)} = ${number(a * x + b)}`,
      ],
      value: a * x + b,
      lead: [node.inputs[0], at],
    };
  },
  move(node, at) {
    const found = follow(data.nodes.indexOf(node), at);
    if (!found) return { lines: ["outside: 0"], value: node.y[flat(node.shape, at)], lead: null };
    return {
      lines: [
        `is ${named(...found)} = ${number(valueOf(...found))}: nothing is computed on the way`,
      ],
      value: valueOf(...found),
      lead: found,
    };
  },
  image(node, at) {
    return {
      lines: ["a pixel, as the network reads it"],
      value: node.y[flat(node.shape, at)],
      lead: null,
    };
  },
  text(node, at) {
    const lines = node.lines.length
      ? node.lines
      : [
          "the terminal has the arithmetic of this one:",
          `python -m minicnn explain ${data.asked} --layer ${node.layer} --at ${at.join(",")}`,
        ];
    return {
      lines,
      value: node.y[flat(node.shape, at)],
      lead:
        node.inputs.length && node.inputs[0] >= 0 && size(data.nodes[node.inputs[0]]) === size(node)
          ? [node.inputs[0], at]
          : null,
    };
  },
};
