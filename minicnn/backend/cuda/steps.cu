// The steps of the optimisers, for many weights in one launch.  The formulas are in minicnn/optim/.
//
// table holds six numbers a weight: the addresses of w, of its gradient g and of up to three arrays
// that are remembered, 0 where there is none, and how many numbers each has.  The first argument
// only says what `real` is.  What is remembered is kept in `wide`.
#define EACH_WEIGHT(table, count) \
    for ROWS(row, count) \
        if (const long long* place = table + 6 * row) \
            for (long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x; k < place[5]; \
                 k += (long long)gridDim.x * blockDim.x)
#define WEIGHT ((real*)place[0])[k]
#define GRADIENT ((const real*)place[1])[k]
#define KEPT(number) ((wide*)place[2 + number])[k]
#define HAS(number) place[2 + number]

// SGD:  g <- g + decay w,   v <- momentum v + (1 - dampening) g,   w <- w - lr v
//
// nesterov: w <- w - lr (g + momentum v).  first: v <- g.  Without v: w <- w - lr g.
extern "C" __global__ void sgd_steps(const real*, const long long* table, whole count, wide lr,
                                     wide momentum, wide dampening, wide decay, whole nesterov,
                                     whole first)
{
    EACH_WEIGHT(table, count) {
        wide weight = get(WEIGHT), slope = get(GRADIENT) + decay * weight;
        if (HAS(0)) {
            wide v = first ? slope : momentum * KEPT(0) + (1 - dampening) * slope;
            KEPT(0) = v;
            slope = nesterov ? slope + momentum * v : v;
        }
        WEIGHT = put(weight - lr * slope);
    }
}

// Adam, with m_scale = lr / (1 - b1^t) and v_scale = 1 / (1 - b2^t):
//
//     m <- b1 m + (1 - b1) g,   v <- b2 v + (1 - b2) g^2
//     w <- keep w - m_scale m / (sqrt(v v_scale) + eps)
//
// decay stands inside the gradient; AdamW passes keep = 1 - lr decay and decay = 0.
extern "C" __global__ void adam_steps(const real*, const long long* table, whole count, wide b1,
                                      wide b2, wide m_scale, wide v_scale, wide eps, wide decay,
                                      wide keep)
{
    EACH_WEIGHT(table, count) {
        wide weight = get(WEIGHT), slope = get(GRADIENT) + decay * weight;
        wide m = b1 * KEPT(0) + (1 - b1) * slope;
        wide v = b2 * KEPT(1) + (1 - b2) * slope * slope;
        KEPT(0) = m;
        KEPT(1) = v;
        WEIGHT = put(keep * weight - m_scale * m / (sqrt(v * v_scale) + eps));
    }
}

// RMSprop:  s <- alpha s + (1 - alpha) g^2,   w <- w - lr g / (sqrt(s) + eps)
//
// with a: s - a^2 in place of s, a the mean of g;  with v: w <- w - lr v
extern "C" __global__ void rmsprop_steps(const real*, const long long* table, whole count, wide lr,
                                         wide alpha, wide eps, wide decay, wide momentum)
{
    EACH_WEIGHT(table, count) {
        wide weight = get(WEIGHT), slope = get(GRADIENT) + decay * weight;
        wide s = alpha * KEPT(0) + (1 - alpha) * slope * slope;
        KEPT(0) = s;
        if (HAS(1)) {
            wide a = alpha * KEPT(1) + (1 - alpha) * slope;
            KEPT(1) = a;
            s -= a * a;
            s = s < 0 ? 0 : s;                             // NaN stays
        }
        slope /= sqrt(s) + eps;
        if (HAS(2)) {
            slope += momentum * KEPT(2);
            KEPT(2) = slope;
        }
        WEIGHT = put(weight - lr * slope);
    }
}

// AdaGrad:  s <- s + g^2,   w <- w - lr g / (sqrt(s) + eps)
extern "C" __global__ void adagrad_steps(const real*, const long long* table, whole count, wide lr,
                                         wide eps, wide decay, wide start)
{
    EACH_WEIGHT(table, count) {
        wide weight = get(WEIGHT), slope = get(GRADIENT) + decay * weight;
        wide s = start + KEPT(0) + slope * slope;
        KEPT(0) = s;
        WEIGHT = put(weight - lr * slope / (sqrt(s) + eps));
    }
}
