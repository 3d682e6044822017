// Windows to columns and back for convolution, and pooling.  The formulas and the NumPy are in
// minicnn/columns.py and in minicnn/layers/maxpool.py and avgpool.py.

// cols[c, u, v, i, j, n] = x_pad[n, c, i SH + u DH, j SW + v DW]
//
// One row of the grid for each (c, u, v).  x may lie in memory in any way: xn, xc, xh and xw are the
// steps from one image, channel, row and pixel to the next.
extern "C" __global__ void im2col(const real* x, real* cols, whole C, WINDOW,
                                  whole xn, whole xc, whole xh, whole xw)
{
    whole run = OH * OW * N;
    for ROWS(row, C * KH * KW) {
        whole v = row % KW, u = row / KW % KH, c = row / (KW * KH);
        for EACH(k, run) {
            whole n = k % N, j = k / N % OW, i = k / N / OW;
            whole h = i * SH + u * DH - top, w = j * SW + v * DW - left;
            bool inside = 0 <= h && h < H && 0 <= w && w < W;
            cols[row * run + k] = inside ? x[n * xn + c * xc + h * xh + w * xw] : real(0);
        }
    }
}

// image[c, h, r, q, n] = x_pad[n, c, h, q SW + r]: the padded image, columns sorted by remainder
extern "C" __global__ void laid_out(const real* x, real* image, whole C, whole H, whole W, whole N,
                                   whole H_pad, whole Q, whole SW, whole top, whole left,
                                   whole xn, whole xc, whole xh, whole xw)
{
    whole run = H_pad * SW * Q * N;
    for ROWS(c, C) {
        for EACH(k, run) {
            whole n = k % N, q = k / N % Q, r = k / N / Q % SW;
            whole w = q * SW + r - left, h = k / N / Q / SW - top;
            bool inside = 0 <= h && h < H && 0 <= w && w < W;
            image[c * run + k] = inside ? x[n * xn + c * xc + h * xh + w * xw] : real(0);
        }
    }
}

// cols[c, k, i, j, n] = x_pad[n, c, (first + i) SH + top_k, j SW + left_k], of an image as laid out
//
// The K corners are (top_k, left_k);  i < R, j < OW.
extern "C" __global__ void gather(const real* image, real* cols, const int* corners, whole C,
                                  whole K, whole H, whole Q, whole N, whole first, whole R,
                                  whole OW, whole SH, whole SW)
{
    whole run = R * OW * N;
    for ROWS(row, C * K) {
        whole c = row / K, top = corners[row % K * 2], left = corners[row % K * 2 + 1];
        for EACH(k, run) {
            whole n = k % N, j = k / N % OW, i = k / N / OW;
            whole line = (c * H + (first + i) * SH + top) * SW + left % SW;
            cols[row * run + k] = image[(line * Q + j + left / SW) * N + n];
        }
    }
}

// dx[c, h, w, n] = the sum of dcols[c, u, v, i, j, n] over the windows (i, j) that saw the pixel
//
// Every pixel gathers its own sum: no thread waits for another, and the order is always the same.
extern "C" __global__ void col2im(const real* dcols, real* dx, whole C, WINDOW)
{
    whole run = H * W * N, reach_h = DH * (KH - 1) + 1, reach_w = DW * (KW - 1) + 1;
    for ROWS(c, C) {
        for EACH(k, run) {
            whole n = k % N, w = k / N % W, h = k / N / W;
            whole i_last = last_window(h + top, OH, SH), j_last = last_window(w + left, OW, SW);
            wide sum = 0;
            for (whole i = first_window(h + top, reach_h, SH); i <= i_last; i++) {
                whole down = h + top - i * SH;             // rows from the window's first to here
                if (DH > 1 && down % DH) continue;         // between two cells
                for (whole j = first_window(w + left, reach_w, SW); j <= j_last; j++) {
                    whole right = w + left - j * SW;
                    if (DW > 1 && right % DW) continue;
                    whole cell = (c * KH + down / DH) * KW + right / DW;
                    sum += get(dcols[((cell * OH + i) * OW + j) * N + n]);
                }
            }
            dx[c * run + k] = put(sum);
        }
    }
}

// y[c, i, j, n] = the largest value of the window; winner = its number u KW + v, one byte
//
// The first of the largest wins; a NaN wins over every number.  Where all is minus infinity, the first cell on the image wins.
// winner is null where no gradient is wanted.
extern "C" __global__ void max_pool(const real* x, real* y, unsigned char* winner, whole C, WINDOW)
{
    whole run = OH * OW * N;
    for ROWS(c, C) {
        for EACH(k, run) {
            whole n = k % N, j = k / N % OW, i = k / N / OW;
            wide best = 0;
            whole number = -1;                             // no cell on the image so far
            for (whole u = 0; u < KH; u++) {
                whole h = i * SH + u * DH - top;
                if (h < 0 || h >= H) continue;
                for (whole v = 0; v < KW; v++) {
                    whole w = j * SW + v * DW - left;
                    if (w < 0 || w >= W) continue;
                    wide value = get(x[((c * H + h) * W + w) * N + n]);
                    bool first_nan = value != value && best == best;
                    if (number < 0 || value > best || first_nan) {
                        best = value;
                        number = u * KW + v;
                    }
                }
            }
            y[c * run + k] = put(best);
            if (winner) winner[c * run + k] = (unsigned char)number;
        }
    }
}

// dx[c, h, w, n] = the sum of dy over the windows in which the pixel won
extern "C" __global__ void max_pool_backward(const real* dy, const unsigned char* winner, real* dx,
                                         whole C, WINDOW)
{
    whole run = H * W * N, reach_h = DH * (KH - 1) + 1, reach_w = DW * (KW - 1) + 1;
    for ROWS(c, C) {
        for EACH(k, run) {
            whole n = k % N, w = k / N % W, h = k / N / W;
            whole i_last = last_window(h + top, OH, SH), j_last = last_window(w + left, OW, SW);
            wide sum = 0;
            for (whole i = first_window(h + top, reach_h, SH); i <= i_last; i++) {
                whole down = h + top - i * SH;
                if (DH > 1 && down % DH) continue;
                for (whole j = first_window(w + left, reach_w, SW); j <= j_last; j++) {
                    whole right = w + left - j * SW;
                    if (DW > 1 && right % DW) continue;
                    whole place = ((c * OH + i) * OW + j) * N + n;
                    if (winner[place] == down / DH * KW + right / DW) sum += get(dy[place]);
                }
            }
            dx[c * run + k] = put(sum);
        }
    }
}

// How many cells of the window from `start` on count in its mean: those from `from` to `to`.
__device__ inline whole counted(whole start, whole kernel, whole from, whole to)
{
    return (start + kernel < to ? start + kernel : to) - (start > from ? start : from);
}

// y[c, i, j, n] = the mean of the window over the cells between rows h0 and h1, columns w0 and w1,
// counted from the padding's edge: either the image alone or the image with its padding
extern "C" __global__ void average_pool(const real* x, real* y, whole C, WINDOW,
                                        whole h0, whole h1, whole w0, whole w1)
{
    whole run = OH * OW * N;
    for ROWS(c, C) {
        for EACH(k, run) {
            whole n = k % N, j = k / N % OW, i = k / N / OW;
            wide sum = 0;
            for (whole u = 0; u < KH; u++) {
                whole h = i * SH + u - top;
                if (h < 0 || h >= H) continue;
                for (whole v = 0; v < KW; v++) {
                    whole w = j * SW + v - left;
                    if (w < 0 || w >= W) continue;
                    sum += get(x[((c * H + h) * W + w) * N + n]);
                }
            }
            whole cells = counted(i * SH, KH, h0, h1) * counted(j * SW, KW, w0, w1);
            y[c * run + k] = put(sum / cells);
        }
    }
}

// dx[c, h, w, n] = the sum of dy / cells over the windows that saw the pixel
extern "C" __global__ void average_pool_backward(const real* dy, real* dx, whole C, WINDOW,
                                             whole h0, whole h1, whole w0, whole w1)
{
    whole run = H * W * N;
    for ROWS(c, C) {
        for EACH(k, run) {
            whole n = k % N, w = k / N % W, h = k / N / W;
            whole i_last = last_window(h + top, OH, SH), j_last = last_window(w + left, OW, SW);
            wide sum = 0;
            for (whole i = first_window(h + top, KH, SH); i <= i_last; i++)
                for (whole j = first_window(w + left, KW, SW); j <= j_last; j++) {
                    whole cells = counted(i * SH, KH, h0, h1) * counted(j * SW, KW, w0, w1);
                    sum += get(dy[((c * OH + i) * OW + j) * N + n]) / cells;
                }
            dx[c * run + k] = put(sum);
        }
    }
}
