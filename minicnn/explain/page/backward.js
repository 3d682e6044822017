// How a gradient comes about: what comes back through each user of a value, added up.

// What comes back to input `which` of a user at a place: {lines, value}
function backThrough(k, which, at) {
  const node = data.nodes[k],
    dy = place => node.dy[flat(node.shape, place)],
    terms = [];
  if (node.kind === "conv") {
    const [c, h, q] = at,
      [KH, KW] = node.kernel,
      [F, OH, OW] = node.shape,
      width = data.nodes[node.inputs[0]].shape[0] / node.groups;
    const filters = F / node.groups,
      first = Math.floor(c / width) * filters;
    for (let u = 0; u < KH; u++)
      for (let v = 0; v < KW; v++) {
        const i = (h + node.pad[0] - u * node.dilation[0]) / node.stride[0],
          j = (q + node.pad[1] - v * node.dilation[1]) / node.stride[1];
        if (!Number.isInteger(i) || !Number.isInteger(j) || i < 0 || j < 0 || i >= OH || j >= OW)
          continue;
        for (let f = first; f < first + filters; f++) {
          const w = node.w[((f * width + (c % width)) * KH + u) * KW + v];
          terms.push({
            what: `filter ${f} at (${i},${j}): it was cell (${u},${v})`,
            factors: [dy([f, i, j]), w],
            value: dy([f, i, j]) * w,
            lead: [k, [f, i, j]],
          });
        }
      }
    return sumOf(terms, null, `${node.name}: sum over ${terms.length} windows and filters`);
  }
  if (node.kind === "linear") {
    const m = flat(data.nodes[node.inputs[0]].shape, at),
      M = size(data.nodes[node.inputs[0]]);
    for (let d = 0; d < node.shape[0]; d++)
      terms.push({
        what: `unit ${d}`,
        factors: [node.dy[d], node.w[d * M + m]],
        value: node.dy[d] * node.w[d * M + m],
        lead: [k, [d]],
      });
    return sumOf(terms, null, `${node.name}: sum over the units`);
  }
  if (node.kind === "relu") {
    const x = valueOf(node.inputs[0], at),
      open = x > 0;
    return {
      lines: [
        `${node.name}: x = ${number(x)}, it is ` +
          (open ? `open: dy ${number(dy(at))}` : "closed: 0"),
      ],
      value: open ? dy(at) : 0,
      lead: [k, at],
    };
  }
  if (node.kind === "add")
    return {
      lines: [`${node.name}: a sum hands dy on unchanged, ${number(dy(at))}`],
      value: dy(at),
      lead: [k, at],
    };
  if (node.kind === "affine") {
    const value = node.a[at[0]] * dy(at);
    return {
      lines: [`${node.name}: ${number(node.a[at[0]])} x dy ${number(dy(at))} = ${number(value)}`],
      value,
      lead: [k, at],
    };
  }
  if (node.kind === "maxpool" || node.kind === "avgpool") {
    const [c, h, q] = at;
    let windows = 0;
    for (let i = 0; i < node.shape[1]; i++)
      for (let j = 0; j < node.shape[2]; j++) {
        if (!cellsUnder(node, i, j).some(cell => cell[0] === h && cell[1] === q)) continue;
        windows++;
        if (node.kind === "avgpool") {
          const share = 1 / node.counts[i * node.shape[2] + j];
          terms.push({
            what: `window (${i},${j})   dy x share`,
            factors: [dy([c, i, j]), share],
            value: dy([c, i, j]) * share,
            lead: [k, [c, i, j]],
          });
        } else if (winner(node, c, i, j).join() === `${h},${q}`) {
          terms.push({
            what: `won window (${i},${j})`,
            factors: [],
            value: dy([c, i, j]),
            lead: [k, [c, i, j]],
          });
        }
      }
    return sumOf(terms, null, `${node.name}: of ${windows} windows, sum`);
  }
  if (node.kind === "move") {
    let own = flat(data.nodes[node.inputs[which]].shape, at);
    for (let before = 0; before < which; before++) own += size(data.nodes[node.inputs[before]]);
    let value = 0;
    const lines = [];
    node.origins.forEach((origin, place) => {
      if (origin !== own) return;
      const through = gradient(k, unflat(node.shape, place));
      value += through.value;
      lines.push(...through.lines);
    });
    return { lines, value, lead: null };
  }
  const dx = node.dxs[which];
  const value = dx ? dx[flat(data.nodes[node.inputs[which]].shape, at)] : 0;
  return {
    lines: [...(node.back || []), `${node.name}: ${number(value)} comes back`],
    value,
    lead: null,
  };
}

function gradient(k, at) {
  if (data.nodes[k].place) return learntGradient(data.nodes[k], at);
  const users = data.nodes[k].users,
    parts = users.map(([user, which]) => backThrough(user, which, at));
  const value = parts.reduce((sum, part) => sum + part.value, 0),
    size = parts.reduce((sum, part) => sum + (part.size || Math.abs(part.value)), 0);
  const lines = parts.flatMap(part => part.lines);
  if (users.length > 1) lines.push(`it was used ${users.length} times: together ${number(value)}`);
  if (!users.length)
    return {
      lines: ["the loss itself"],
      value: data.nodes[k].dy ? data.nodes[k].dy[flat(data.nodes[k].shape, at)] : 1,
      lead: null,
    };
  return { lines, value, size, lead: (parts.find(part => part.lead) || {}).lead || null };
}

// columns: so many letters find room in a line
function explain(k, at, way, columns = 80) {
  const node = data.nodes[k];
  const found = way === "backward" ? gradient(k, at) : FORWARD[node.kind](node, at, columns);
  const stored =
    way === "backward" ? node.dy && node.dy[flat(node.shape, at)] : node.y[flat(node.shape, at)];
  const title = way === "backward" ? `d loss / d ${named(k, at)}` : named(k, at);
  const known = stored !== undefined && stored !== null;
  // Both are made of numbers of four bytes, so they agree to about six digits of the largest term.
  const near =
    !known ||
    Math.abs(found.value - stored) <= 1e-4 * Math.max(1e-4, Math.abs(stored), found.size || 0);
  return {
    ...found,
    title,
    stored,
    text: [
      `${title} = ${number(known ? stored : found.value)}`,
      ...found.lines,
      known ? (near ? "equals the layer" : `MISMATCH: the layer has ${number(stored)}`) : "",
    ].join("\n"),
  };
}
