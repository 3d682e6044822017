// The pocket LeNet whole: values forward, gradients backward, in a hundred lines.
//
// An array is flat, in the order (map, row, column); its sizes stand beside it.  w has the weights by
// minicnn's names.  The formulas are those of minicnn/layers: conv.py, maxpool.py, linear.py, ...

function conv2d(x, [C, H, W], w, b, K) {      // (C, H, W) -> (F, OH, OW), no padding, stride 1
  const F = b.length, OH = H - K + 1, OW = W - K + 1, y = new Float64Array(F * OH * OW);
  for (let f = 0; f < F; f++)
    for (let i = 0; i < OH; i++)
      for (let j = 0; j < OW; j++) {
        let sum = 0;
        for (let c = 0; c < C; c++)
          for (let u = 0; u < K; u++)
            for (let v = 0; v < K; v++)
              sum += w[((f * C + c) * K + u) * K + v] * x[(c * H + i + u) * W + j + v];
        y[(f * OH + i) * OW + j] = sum + b[f];
      }
  return y;
}
function conv2dBack(dy, [F, OH, OW], w, C, K) {           // dy -> dx (C, OH + K - 1, OW + K - 1)
  const H = OH + K - 1, W = OW + K - 1, dx = new Float64Array(C * H * W);
  for (let f = 0; f < F; f++)
    for (let i = 0; i < OH; i++)
      for (let j = 0; j < OW; j++)
        for (let c = 0; c < C; c++)
          for (let u = 0; u < K; u++)
            for (let v = 0; v < K; v++)       // what lay in several windows gets from each
              dx[(c * H + i + u) * W + j + v] +=
                w[((f * C + c) * K + u) * K + v] * dy[(f * OH + i) * OW + j];
  return dx;
}
function relu(x) { return x.map(q => Math.max(q, 0)); }
function reluBack(dy, x) { return dy.map((d, k) => x[k] > 0 ? d : 0); }

function wonBy(x, W) {                        // of each window of 2 x 2 the place of its largest
  const winners = [];
  for (let row = 0; row < x.length / W; row += 2)         // maps have even rows: none spans two
    for (let column = 0; column < W; column += 2) {
      const first = row * W + column, cells = [first, first + 1, first + W, first + W + 1];
      winners.push(cells.reduce((best, k) => x[k] > x[best] ? k : best));
    }
  return winners;
}
function maxpool(x, W) { return Float64Array.from(wonBy(x, W), k => x[k]); }
function maxpoolBack(dy, x, W) {
  const dx = new Float64Array(x.length);
  wonBy(x, W).forEach((k, window) => { dx[k] = dy[window]; });
  return dx;
}
function linear(x, w, b) {                    // y = x w^T + b, w (D, M)
  return b.map((bias, d) => {
    let sum = 0;
    for (let m = 0; m < x.length; m++) sum += w[d * x.length + m] * x[m];
    return sum + bias;
  });
}
function linearBack(dy, w) {                  // dx = dy w
  const M = w.length / dy.length, dx = new Float64Array(M);
  for (let d = 0; d < dy.length; d++)
    for (let m = 0; m < M; m++) dx[m] += dy[d] * w[d * M + m];
  return dx;
}
function softmax(scores) {
  const most = Math.max(...scores), e = scores.map(q => Math.exp(q - most));
  return e.map(q => q / e.reduce((a, b) => a + b));
}

function lenet(image, w) {                    // image (1, 32, 32) -> what every layer answers
  const y = {image};
  y.CONV1 = conv2d(image, [1, 32, 32], w["CONV1.weight"], w["CONV1.bias"], 5);      // (6, 28, 28)
  y.CONV1_relu = relu(y.CONV1);
  y.POOL1 = maxpool(y.CONV1_relu, 28);                                        // (6, 14, 14)
  y.CONV2 = conv2d(y.POOL1, [6, 14, 14], w["CONV2.weight"], w["CONV2.bias"], 5);    // (16, 10, 10)
  y.CONV2_relu = relu(y.CONV2);
  y.POOL2 = maxpool(y.CONV2_relu, 10);                                        // (16, 5, 5)
  y.FC1 = linear(y.POOL2, w["FC1.weight"], w["FC1.bias"]);                          // (120)
  y.FC1_relu = relu(y.FC1);
  y.FC2 = linear(y.FC1_relu, w["FC2.weight"], w["FC2.bias"]);                       // (100)
  y.FC2_relu = relu(y.FC2);
  y.OUT = linear(y.FC2_relu, w["OUT.weight"], w["OUT.bias"]);                       // (10)
  return y;
}
function gradients(y, w, label) {             // of the cross-entropy, at every value of y
  const d = {OUT: softmax(y.OUT).map((p, k) => p - (k === label ? 1 : 0))};
  d.FC2_relu = linearBack(d.OUT, w["OUT.weight"]);
  d.FC2 = reluBack(d.FC2_relu, y.FC2);
  d.FC1_relu = linearBack(d.FC2, w["FC2.weight"]);
  d.FC1 = reluBack(d.FC1_relu, y.FC1);
  d.POOL2 = linearBack(d.FC1, w["FC1.weight"]);
  d.CONV2_relu = maxpoolBack(d.POOL2, y.CONV2_relu, 10);
  d.CONV2 = reluBack(d.CONV2_relu, y.CONV2);
  d.POOL1 = conv2dBack(d.CONV2, [16, 10, 10], w["CONV2.weight"], 6, 5);
  d.CONV1_relu = maxpoolBack(d.POOL1, y.CONV1_relu, 28);
  d.CONV1 = reluBack(d.CONV1_relu, y.CONV1);
  d.image = conv2dBack(d.CONV1, [6, 28, 28], w["CONV1.weight"], 1, 5);
  return d;
}
