// Normalisation: batch norm, with one mean and one variance for each channel of x, and LRN across
// channels.  x lies in memory as (C, run) with run = H W N.  The formulas and the NumPy are in
// minicnn/layers/batchnorm.py and lrn.py.
//
// A channel is cut into stretches.  A block of threads adds up one stretch, a second kernel joins
// the stretches of a channel.  Every sum is taken in a fixed order: the same numbers in every run.

// Of each stretch: its mean, and its sum of squares measured from that mean
//
// The second pass finds the stretch in the cache.  E[x^2] - mean^2 would cancel.
extern "C" __global__ void moments(const real* x, wide* means, wide* squares,
                                   whole C, whole run, whole stretch)
{
    whole stretches = (run + stretch - 1) / stretch;
    for ROWS(c, C) {
        for (whole s = blockIdx.x; s < stretches; s += gridDim.x) {
            whole start = s * stretch, end = start + stretch < run ? start + stretch : run;
            wide sum = 0, square = 0;
            for (whole k = start + threadIdx.x; k < end; k += blockDim.x)
                sum += get(x[c * run + k]);
            wide mean = block_sum(sum) / (end - start);
            for (whole k = start + threadIdx.x; k < end; k += blockDim.x) {
                wide far = get(x[c * run + k]) - mean;
                square += far * far;
            }
            square = block_sum(square);
            if (threadIdx.x == 0) {
                means[c * stretches + s] = mean;
                squares[c * stretches + s] = square;
            }
        }
    }
}

// Running averages of every channel, and the number of batches so far; null where they are not kept
#define AVERAGES const real* old_mean, const real* old_var, const long long* batches, \
                 real* new_mean, real* new_var, long long* new_batches, whole counted, \
                 wide momentum, wide correction

// Channel c of them after one more batch:
//
//     running <- (1 - momentum) running + momentum new         new variance: var n / (n - 1)
//
// momentum < 0: the plain mean of all batches, 1 / number.
__device__ inline void move_averages(whole c, wide mean, wide var, AVERAGES)
{
    long long number = *batches + counted;
    wide share = momentum < 0 ? 1 / wide(number) : momentum;
    new_mean[c] = put((1 - share) * get(old_mean[c]) + share * mean);
    new_var[c] = put((1 - share) * get(old_var[c]) + share * (correction * var));
    if (c == 0) *new_batches = number;
}

// mean = the mean of all stretches, var = 1/run of the squares measured from it
//
//     sum (x - mean)^2 = sum over stretches of squares + count (means - mean)^2
//
// and the running averages, where they are kept
extern "C" __global__ void join_moments(const real*, const wide* means, const wide* squares,
                                        wide* mean, wide* var, whole C, whole run, whole stretch,
                                        AVERAGES)
{
    whole stretches = (run + stretch - 1) / stretch;
    for ROWS(c, C) {
        wide sum = 0, square = 0;
        for (whole s = threadIdx.x; s < stretches; s += blockDim.x) {
            whole count = s * stretch + stretch < run ? stretch : run - s * stretch;
            sum += means[c * stretches + s] * count;
        }
        wide centre = block_sum(sum) / run;
        for (whole s = threadIdx.x; s < stretches; s += blockDim.x) {
            whole count = s * stretch + stretch < run ? stretch : run - s * stretch;
            wide far = means[c * stretches + s] - centre;
            square += squares[c * stretches + s] + count * far * far;
        }
        square = block_sum(square);
        if (threadIdx.x == 0) {
            mean[c] = centre;
            var[c] = square / run;
            if (old_mean)
                move_averages(c, centre, square / run, old_mean, old_var, batches, new_mean,
                              new_var, new_batches, counted, momentum, correction);
        }
    }
}

// y = gamma (x - mean) / sqrt(var + eps) + beta
extern "C" __global__ void normalise(const real* x, const wide* mean, const wide* var,
                                     const real* gamma, const real* beta, real* y,
                                     whole C, whole run, wide eps)
{
    for ROWS(c, C) {
        wide centre = mean[c], scale = get(gamma[c]) / sqrt(var[c] + eps), shift = get(beta[c]);
        for EACH(k, run) y[c * run + k] = put((get(x[c * run + k]) - centre) * scale + shift);
    }
}

// Of each stretch: sum dy  and  sum dy (x - mean)
extern "C" __global__ void products(const real* dy, const real* x, const wide* mean,
                                    wide* sums, wide* slopes, whole C, whole run, whole stretch)
{
    whole stretches = (run + stretch - 1) / stretch;
    for ROWS(c, C) {
        for (whole s = blockIdx.x; s < stretches; s += gridDim.x) {
            whole start = s * stretch, end = start + stretch < run ? start + stretch : run;
            wide sum = 0, slope = 0;
            for (whole k = start + threadIdx.x; k < end; k += blockDim.x) {
                wide d = get(dy[c * run + k]);
                sum += d;
                slope += d * (get(x[c * run + k]) - mean[c]);
            }
            sum = block_sum(sum);
            slope = block_sum(slope);
            if (threadIdx.x == 0) {
                sums[c * stretches + s] = sum;
                slopes[c * stretches + s] = slope;
            }
        }
    }
}

// dbeta = sum dy,   dgamma = sum dy x_hat,   over all stretches of a channel
extern "C" __global__ void join_products(const real*, const wide* sums, const wide* slopes,
                                         const wide* var, wide* dgamma, wide* dbeta,
                                         whole C, whole stretches, wide eps)
{
    for ROWS(c, C) {
        wide sum = 0, slope = 0;
        for (whole s = threadIdx.x; s < stretches; s += blockDim.x) {
            sum += sums[c * stretches + s];
            slope += slopes[c * stretches + s];
        }
        sum = block_sum(sum);
        slope = block_sum(slope);
        if (threadIdx.x == 0) {
            dbeta[c] = sum;
            dgamma[c] = slope / sqrt(var[c] + eps);
        }
    }
}

// dx = gamma / s (dy - 1/n dbeta - x_hat 1/n dgamma),   s = sqrt(var + eps),   n = run
extern "C" __global__ void normalise_backward(const real* dy, const real* x, const wide* mean,
                                          const wide* var, const real* gamma, const wide* dgamma,
                                          const wide* dbeta, real* dx,
                                          whole C, whole run, wide eps)
{
    for ROWS(c, C) {
        wide centre = mean[c], inv_s = 1 / sqrt(var[c] + eps), scale = get(gamma[c]) * inv_s;
        wide lift = dbeta[c] / run, tilt = dgamma[c] * inv_s / run;
        for EACH(k, run) {
            wide q = get(x[c * run + k]) - centre;
            dx[c * run + k] = put(scale * (get(dy[c * run + k]) - lift - q * tilt));
        }
    }
}

// Over the channels of a pixel:  mean = 1/C sum x,  var = 1/C sum (x - mean)^2,
// y = (x - mean) / sqrt(var + eps)
extern "C" __global__ void standardise(const real* x, real* y, wide* mean, wide* var, whole C,
                                       whole run, wide eps)
{
    for EACH(k, run) {
        wide sum = 0, square = 0;
        for (whole c = 0; c < C; c++) sum += get(x[c * run + k]);
        wide centre = sum / C;
        for (whole c = 0; c < C; c++) {
            wide far = get(x[c * run + k]) - centre;
            square += far * far;
        }
        mean[k] = centre;
        var[k] = square / C;
        wide s = sqrt(var[k] + eps);
        for (whole c = 0; c < C; c++) y[c * run + k] = put((get(x[c * run + k]) - centre) / s);
    }
}

// dx = 1/s (dy - mean of dy - x_hat mean of (dy x_hat)),   s = sqrt(var + eps)
extern "C" __global__ void standardise_backward(const real* dy, const real* x, const wide* mean,
                                                const wide* var, real* dx, whole C, whole run,
                                                wide eps)
{
    for EACH(k, run) {
        wide sum = 0, slope = 0, inv_s = 1 / sqrt(var[k] + eps);
        for (whole c = 0; c < C; c++) {
            wide d = get(dy[c * run + k]);
            sum += d;
            slope += d * (get(x[c * run + k]) - mean[k]);
        }
        wide lift = sum / C, tilt = slope * inv_s * inv_s / C;
        for (whole c = 0; c < C; c++) {
            wide q = get(x[c * run + k]) - mean[k];
            dx[c * run + k] = put(inv_s * (get(dy[c * run + k]) - lift - q * tilt));
        }
    }
}

// y = a x + b
extern "C" __global__ void scale_and_shift(const real* x, const wide* a, const wide* b, real* y,
                                           whole C, whole run)
{
    for ROWS(c, C) {
        wide scale = a[c], shift = b[c];
        for EACH(k, run) y[c * run + k] = put(scale * get(x[c * run + k]) + shift);
    }
}

// s = k + a sum of x^2 over the channels c - before ... c + after,   y = x s^-beta
extern "C" __global__ void respond(const real* x, real* y, wide* s, wide* damping, whole C,
                                   whole run, whole before, whole after, wide a, wide beta, wide k0)
{
    for ROWS(c, C) {
        whole from = c < before ? 0 : c - before, to = c + after < C ? c + after : C - 1;
        for EACH(k, run) {
            wide sum = 0;
            for (whole b = from; b <= to; b++) {
                wide value = get(x[b * run + k]);
                sum += value * value;
            }
            whole at = c * run + k;
            s[at] = k0 + a * sum;
            damping[at] = pow(s[at], -beta);
            y[at] = put(get(x[at]) * damping[at]);
        }
    }
}

// dx = dy s^-beta - slope x sum of dy x s^(-beta - 1) over the channels that saw x
extern "C" __global__ void respond_backward(const real* dy, const real* x, const wide* s,
                                        const wide* damping, real* dx, whole C, whole run,
                                        whole before, whole after, wide slope)
{
    for ROWS(c, C) {
        whole from = c < before ? 0 : c - before, to = c + after < C ? c + after : C - 1;
        for EACH(k, run) {
            wide sum = 0;
            for (whole b = from; b <= to; b++) {
                whole there = b * run + k;
                sum += get(dy[there]) * damping[there] * get(x[there]) / s[there];
            }
            whole at = c * run + k;
            dx[at] = put(get(dy[at]) * damping[at] - slope * get(x[at]) * sum);
        }
    }
}
