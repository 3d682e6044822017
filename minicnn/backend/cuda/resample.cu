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
