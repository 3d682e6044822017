// Dropout, and its mask: drawn on the GPU, by the very numbers that NumPy's generator would give.
//
// PCG64 (O'Neill 2014; NumPy's default): the state is a number of 128 bits, and
//
//     state <- a state + c,     64 bits of it are handed out, halves of which make two float32
//
// Steps can be left out: after d of them the state is a^d state + c (a^(d-1) + ... + 1), which takes
// 2 log2 d products.  So each thread jumps to where its own numbers begin.

typedef unsigned long long word;       // 64 bits

struct Wide { word high, low; };       // 128 bits

__device__ inline Wide times(Wide p, Wide q)
{
    return {__umul64hi(p.low, q.low) + p.high * q.low + p.low * q.high, p.low * q.low};
}

__device__ inline Wide plus(Wide p, Wide q)
{
    word low = p.low + q.low;
    return {p.high + q.high + (low < p.low), low};
}

__device__ inline Wide factor() { return {2549297995355413924ULL, 4865540595714422341ULL}; }

// The state after `steps` steps
__device__ inline Wide jump(Wide state, Wide c, word steps)
{
    Wide a = factor(), all_a = {0, 1}, all_c = {0, 0};
    for (; steps; steps /= 2) {        // a and c: of 1, 2, 4, 8, ... steps in one
        if (steps % 2) {
            all_a = times(all_a, a);
            all_c = plus(times(all_c, a), c);
        }
        c = times(plus(a, {0, 1}), c);
        a = times(a, a);
    }
    return plus(times(all_a, state), all_c);
}

__device__ inline word handed_out(Wide state)
{
    word mixed = state.high ^ state.low, by = state.high >> 58;
    return mixed >> by | mixed << (64 - by) % 64;
}

// kept[m, n] = whether number n M + m of the generator, 24 bits, is at least `threshold`
//
// N images of M numbers each; the images lie innermost.  Counted are halves of pairs: pair j is what
// the state after j steps hands out, and the numbers begin at half `first`: at 2, with pair 1, or at
// 1, where `half` is left of the pair before.  A thread makes RUN numbers of one image, its
// neighbours those of the next.
#define RUN 64
extern "C" __global__ void draw(const real*, unsigned char* kept, whole N, whole M, word high,
                                word low, word c_high, word c_low, word first, word half,
                                word threshold)
{
    whole runs = (M + RUN - 1) / RUN;
    Wide c = {c_high, c_low};
    for EACH(k, runs * N) {
        whole n = k % N, m = k / N * RUN, end = m + RUN < M ? m + RUN : M;
        word i = first + (word)n * M + m;
        Wide state = jump({high, low}, c, i / 2);
        word pair = i < 2 ? half << 32 : handed_out(state);
        for (; m < end; m++, i++) {
            word number = i % 2 ? pair >> 32 : pair & 0xffffffffULL;
            kept[m * N + n] = number >> 8 >= threshold;
            if (i % 2) {
                state = plus(times(state, factor()), c);
                pair = handed_out(state);
            }
        }
    }
}

// y[c, p, n] = scale x[c, p, n] where kept, else 0: infinity * 0 would be NaN
//
// kept has one value for all pixels p, or C = P = 1; channel and image are its steps for c and n
extern "C" __global__ void drop(const real* x, const unsigned char* kept, real* y, whole C, whole P,
                                whole N, whole channel, whole image, wide scale)
{
    for ROWS(c, C) {
        for EACH(k, P * N) {
            whole at = c * P * N + k;
            y[at] = kept[c * channel + k % N * image] ? put(scale * get(x[at])) : real(0);
        }
    }
}
