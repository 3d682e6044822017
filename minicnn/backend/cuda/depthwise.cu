// Depthwise convolution: every filter sees one channel.  F = C m filters, those of channel c are
// c m ... c m + m - 1.  Columns would hold each pixel KH KW times; here x is read through the cache.

// y[f, i, j, n] = b[f] + sum_{u, v} w[f, u, v] x_pad[f / m, i SH + u DH, j SW + v DW, n]
extern "C" __global__ void depthwise(const real* x, const real* w, const real* b, real* y, whole m,
                                     whole C, WINDOW)
{
    whole run = OH * OW * N;
    for ROWS(f, C * m) {
        const real* image = x + f / m * H * W * N;
        for EACH(k, run) {
            whole n = k % N, j = k / N % OW, i = k / N / OW;
            wide sum = b ? get(b[f]) : wide(0);
            for (whole u = 0; u < KH; u++) {
                whole h = i * SH + u * DH - top;
                if (h < 0 || h >= H) continue;
                for (whole v = 0; v < KW; v++) {
                    whole column = j * SW + v * DW - left;
                    if (column < 0 || column >= W) continue;
                    sum += get(w[(f * KH + u) * KW + v]) * get(image[(h * W + column) * N + n]);
                }
            }
            y[f * run + k] = put(sum);
        }
    }
}

// dx[c, h, w, n] = the sum of w dy over the windows that saw the pixel, and over the m filters
extern "C" __global__ void depthwise_dx(const real* dy, const real* w, real* dx, whole m, whole C,
                                        WINDOW)
{
    whole run = H * W * N, reach_h = DH * (KH - 1) + 1, reach_w = DW * (KW - 1) + 1;
    for ROWS(c, C) {
        for EACH(k, run) {
            whole n = k % N, column = k / N % W, h = k / N / W;
            whole i_last = last_window(h + top, OH, SH), j_last = last_window(column + left, OW, SW);
            wide sum = 0;
            for (whole i = first_window(h + top, reach_h, SH); i <= i_last; i++) {
                whole down = h + top - i * SH;
                if (DH > 1 && down % DH) continue;         // between two cells
                for (whole j = first_window(column + left, reach_w, SW); j <= j_last; j++) {
                    whole right = column + left - j * SW;
                    if (DW > 1 && right % DW) continue;
                    for (whole f = c * m; f < c * m + m; f++)
                        sum += get(w[(f * KH + down / DH) * KW + right / DW])
                             * get(dy[((f * OH + i) * OW + j) * N + n]);
                }
            }
            dx[c * run + k] = put(sum);
        }
    }
}

// dw[f, u, v] = sum_{i, j, n} dy[f, i, j, n] x_pad[f / m, i SH + u DH, j SW + v DW, n]
//
// One block of threads adds up one weight, in a fixed order.
extern "C" __global__ void depthwise_dw(const real* dy, const real* x, real* dw, whole m, whole C,
                                        WINDOW)
{
    whole run = OH * OW * N;
    for ROWS(row, C * m * KH * KW) {
        whole v = row % KW, u = row / KW % KH, f = row / (KW * KH);
        const real* image = x + f / m * H * W * N;
        wide mine = 0;
        for (whole k = threadIdx.x; k < run; k += blockDim.x) {
            whole n = k % N, j = k / N % OW, i = k / N / OW;
            whole h = i * SH + u * DH - top, column = j * SW + v * DW - left;
            if (0 <= h && h < H && 0 <= column && column < W)
                mine += get(dy[f * run + k]) * get(image[(h * W + column) * N + n]);
        }
        mine = block_sum(mine);
        if (threadIdx.x == 0) dw[row] = put(mine);
    }
}
