// Element by element, where NumPy's way would take several passes over the arrays.

// y = max(x, 0), NaN stays NaN;  passed = 0 where y is 0, for the gradient (null: not wanted)
extern "C" __global__ void relu(const real* x, real* y, unsigned char* passed, whole count)
{
    for EACH(k, count) {
        wide value = get(x[k]);
        bool stopped = value <= 0;
        y[k] = stopped ? real(0) : x[k];
        if (passed) passed[k] = !stopped;
    }
}

// dx = dy where passed, else 0: chosen, for infinity * 0 is NaN
extern "C" __global__ void pass_on(const real* dy, const unsigned char* passed, real* dx,
                                   whole count)
{
    for EACH(k, count) dx[k] = passed[k] ? dy[k] : real(0);
}

// swish: y = x s, s = 1 / (1 + e^-x).  e^-|x| never overflows; at -infinity y is its limit, 0
__device__ inline wide sigmoid(wide x)
{
    wide small = exp(x < 0 ? x : -x);
    return (x < 0 ? small : 1) / (1 + small);
}

extern "C" __global__ void silu(const real* x, real* y, whole count)
{
    for EACH(k, count) {
        wide value = get(x[k]);
        y[k] = put((value < -10000 ? -10000 : value) * sigmoid(value));
    }
}

// dx = dy (s + x s (1 - s))
extern "C" __global__ void silu_backward(const real* dy, const real* x, real* dx, whole count)
{
    for EACH(k, count) {
        wide value = get(x[k]), s = sigmoid(value);
        value = value < -10000 ? -10000 : value > 10000 ? 10000 : value;       // infinity * 0
        dx[k] = put(get(dy[k]) * (s + value * s * (1 - s)));
    }
}

// y = s, as above, and dx = dy s (1 - s)
extern "C" __global__ void logistic(const real* x, real* y, whole count)
{
    for EACH(k, count) y[k] = put(sigmoid(get(x[k])));
}

extern "C" __global__ void logistic_backward(const real* dy, const real* x, real* dx, whole count)
{
    for EACH(k, count) {
        wide s = sigmoid(get(x[k]));
        dx[k] = put(get(dy[k]) * s * (1 - s));
    }
}

// y = A tanh(S x),   dx = dy A S (1 - tanh^2)
extern "C" __global__ void scaled_tanh(const real* x, real* y, whole count, wide A, wide S)
{
    for EACH(k, count) y[k] = put(A * tanh(S * get(x[k])));
}

extern "C" __global__ void scaled_tanh_backward(const real* dy, const real* x, real* dx,
                                                whole count, wide A, wide S)
{
    for EACH(k, count) {
        wide t = tanh(S * get(x[k]));
        dx[k] = put(get(dy[k]) * A * S * (1 - t * t));
    }
}

// GELU: y = x Phi(x), Phi(x) = erfc(-x / sqrt 2) / 2; beyond 40 it is 0 or 1 to the last digit
__device__ inline wide normal(wide x) { return wide(0.5) * erfc(x * wide(-0.70710678118654752)); }

extern "C" __global__ void gelu(const real* x, real* y, whole count)
{
    for EACH(k, count) {
        wide value = get(x[k]);
        value = value < -40 ? -40 : value;
        y[k] = put(value * normal(value));
    }
}

// dx = dy (Phi + x e^(-x^2/2) / sqrt(2 pi))
extern "C" __global__ void gelu_backward(const real* dy, const real* x, real* dx, whole count)
{
    for EACH(k, count) {
        wide value = get(x[k]);
        value = value < -40 ? -40 : value > 40 ? 40 : value;
        wide density = exp(wide(-0.5) * value * value) * wide(0.39894228040143268);
        dx[k] = put(get(dy[k]) * (normal(value) + value * density));
    }
}

// y[c, p, n] = s[c, n] x[c, p, n],  p < run, n < S:   dx = dy s,   sums[stretch, c, n] = sum of dy x
//
// S = 1: one s for a channel, and all its pixels of all images are one run.  s may lie in any way.
// dx or sums is null where it is not wanted.  A block has several threads for each n; those that
// are over do nothing.
extern "C" __global__ void multiply_backward(const real* dy, const real* x, const real* s, real* dx,
                                             wide* sums, whole C, whole run, whole S, whole stretch,
                                             whole channel, whole image)
{
    whole stretches = (run + stretch - 1) / stretch;
    whole threads = blockDim.x, lanes = S < threads ? S : threads, turns = threads / lanes;
    whole lane = threadIdx.x % lanes, turn = threadIdx.x / lanes;
    for ROWS(c, C) {
        for (whole part = blockIdx.x; part < stretches; part += gridDim.x) {
            whole start = part * stretch, end = start + stretch < run ? start + stretch : run;
            for (whole first = 0; first < S; first += lanes) {
                whole n = first + lane;
                wide sum = 0;
                if (n < S && turn < turns) {
                    wide scale = get(s[c * channel + n * image]);
                    for (whole p = start + turn; p < end; p += turns) {
                        whole at = (c * run + p) * S + n;
                        wide slope = get(dy[at]);
                        if (dx) dx[at] = put(slope * scale);
                        if (sums) sum += slope * get(x[at]);
                    }
                }
                sum = block_sum(sum, lanes);
                if (sums && n < S && turn == 0) sums[(part * C + c) * S + n] = sum;
            }
        }
    }
}

// Stored pixels, bytes (N, C, H, W), to what a network reads, (C, H, W, N):
//
//     x[c, p, n] = (pixels[n, c, p] / 255 - mean[c]) / std[c]          p < P = H W
extern "C" __global__ void standardised(real* x, const unsigned char* pixels, const real* mean,
                                        const real* std, whole C, whole P, whole N)
{
    for ROWS(c, C) {
        wide centre = get(mean[c]), s = get(std[c]);
        for EACH(k, P * N) {
            wide p = pixels[(k % N * C + c) * P + k / N];
            x[c * P * N + k] = put((p / 255 - centre) / s);
        }
    }
}
