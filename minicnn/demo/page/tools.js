// What all parts of the page use.

const find = id => document.getElementById(id);
const facts = JSON.parse(find("facts").textContent);

function trouble(text = "") { find("trouble").textContent = text; }

// newest(send) gives a function; what it is called with while an answer is awaited replaces what
// waited before: one request of a kind is on its way, frames are dropped and never queued.
function newest(send) {
  let busy = false, waiting = null;
  return async function next(...what) {
    if (busy) { waiting = what; return; }
    busy = true;
    try { await send(...what); trouble(); } catch (problem) { trouble(problem.message); }
    busy = false;
    if (waiting) { const later = waiting; waiting = null; next(...later); }
  };
}

function numbers({data, bytes}) {
  if (typeof data !== "string") return data;
  const text = atob(data), raw = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k++) raw[k] = text.charCodeAt(k);
  return bytes === 1 ? raw : new Float32Array(raw.buffer);
}
function said(q) {                            // as explanations say a number
  if (q === 0) return "0";
  if (!Number.isFinite(q)) return String(q);
  return Math.abs(q) < 0.0005 || Math.abs(q) >= 1e7 ? q.toExponential(1) : q.toFixed(4);
}
function made(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}
// How long something took, where a measurement can find it.
function took(name, start) {
  requestAnimationFrame(() => performance.measure(name, {start, end: performance.now()}));
}
