// Images whose rows and columns are mixed: enlarged, padded, averaged.
//
// y[c, i, j, n] = sum_{a, b} down[i, a] along[j, b] x[c, rows[i, a], columns[j, b], n]
//
// down and along are the shares; a row or column below 0 stands for nothing, and is not read:
// infinity * 0 is NaN.
extern "C" __global__ void resample(const real* x, real* y, const int* rows, const int* columns,
                                    const wide* down, const wide* along, whole C, whole H, whole W,
                                    whole N, whole OH, whole OW, whole A, whole B)
{
    whole run = OH * OW * N;
    for ROWS(c, C) {
        for EACH(k, run) {
            whole n = k % N, j = k / N % OW, i = k / N / OW;
            wide sum = 0;
            for (whole a = 0; a < A; a++) {
                whole h = rows[i * A + a];
                if (h < 0) continue;
                wide part = 0;
                for (whole b = 0; b < B; b++) {
                    whole w = columns[j * B + b];
                    if (w >= 0) part += along[j * B + b] * get(x[((c * H + h) * W + w) * N + n]);
                }
                sum += down[i * A + a] * part;
            }
            y[c * run + k] = put(sum);
        }
    }
}

// RoIAlign: a small map for each of K boxes, the same with shares of its own for each box.  The maps
// lie as (C, OH, OW, K).
//
//     y[c, i, j, k] = sum_{h, w} a_y[k, i, h] a_x[k, j, w] x[c, first_h + h, first_w + w, image]
//
// Of each box `places` holds five numbers: its image, the first row that it reads and the number of
// rows, the first column and the number of columns.
#define SIZES whole K, whole C, whole H, whole W, whole N, whole OH, whole OW, whole most_h, \
              whole most_w
extern "C" __global__ void roi_align(const real* x, const wide* a_y, const wide* a_x,
                                     const int* places, real* y, SIZES)
{
    for ROWS(c, C) {
        for EACH(at, OH * OW * K) {
            whole k = at % K, j = at / K % OW, i = at / K / OW;
            const int* place = places + 5 * k;
            wide sum = 0;
            for (whole h = 0; h < place[2]; h++) {
                wide down = a_y[(k * OH + i) * most_h + h], part = 0;
                for (whole w = 0; w < place[4]; w++)
                    part += a_x[(k * OW + j) * most_w + w]
                          * get(x[((c * H + place[1] + h) * W + place[3] + w) * N + place[0]]);
                sum += down * part;
            }
            y[c * OH * OW * K + at] = put(sum);
        }
    }
}

// dx: every pixel gathers its own sum over the boxes that read it, in the order of the boxes
extern "C" __global__ void roi_align_backward(const real* dy, const wide* a_y, const wide* a_x,
                                              const int* places, real* dx, SIZES)
{
    for ROWS(c, C) {
        for EACH(at, H * W * N) {
            whole n = at % N, w = at / N % W, h = at / N / W;
            wide sum = 0;
            for (whole k = 0; k < K; k++) {
                const int* place = places + 5 * k;
                whole down = h - place[1], along = w - place[3];
                if (place[0] != n || down < 0 || down >= place[2] || along < 0
                    || along >= place[4]) continue;
                for (whole i = 0; i < OH; i++) {
                    wide row = a_y[(k * OH + i) * most_h + down], part = 0;
                    if (row == 0) continue;                // as most of them are
                    for (whole j = 0; j < OW; j++)
                        part += a_x[(k * OW + j) * most_w + along]
                              * get(dy[((c * OH + i) * OW + j) * K + k]);
                    sum += row * part;
                }
            }
            dx[c * H * W * N + at] = put(sum);
        }
    }
}
