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

// SGD with momentum (minicnn/optim/sgd.py):
//
//     g <- g + decay w,   v <- momentum v + (1 - dampening) g,   w <- w - lr v
//
// nesterov: w <- w - lr (g + momentum v).  first: v <- g.  The velocity is kept in `wide`.
extern "C" __global__ void momentum_step(real* w, const real* g, wide* v, whole count, wide lr,
                                         wide momentum, wide dampening, wide decay,
                                         whole nesterov, whole first)
{
    for EACH(k, count) {
        wide weight = get(w[k]), slope = get(g[k]) + decay * weight;
        wide speed = first ? slope : momentum * v[k] + (1 - dampening) * slope;
        v[k] = speed;
        w[k] = put(weight - lr * (nesterov ? slope + momentum * speed : speed));
    }
}

// Adam (minicnn/optim/adam.py), with m_scale = lr / (1 - b1^t) and v_scale = 1 / (1 - b2^t):
//
//     m <- b1 m + (1 - b1) g,   v <- b2 v + (1 - b2) g^2
//     w <- keep w - m_scale m / (sqrt(v v_scale) + eps)
//
// decay stands inside the gradient; AdamW passes keep = 1 - lr decay and decay = 0.
extern "C" __global__ void adam_step(real* w, const real* g, wide* m, wide* v, whole count,
                                     wide b1, wide b2, wide m_scale, wide v_scale, wide eps,
                                     wide decay, wide keep)
{
    for EACH(k, count) {
        wide weight = get(w[k]), slope = get(g[k]) + decay * weight;
        wide mean = b1 * m[k] + (1 - b1) * slope;
        wide square = b2 * v[k] + (1 - b2) * slope * slope;
        m[k] = mean;
        v[k] = square;
        w[k] = put(keep * weight - m_scale * mean / (sqrt(square * v_scale) + eps));
    }
}
