// What every kernel shares.  launch.py puts this text in front of each source and defines
//
//     REAL     what the arrays hold: float or double; HALF instead for float16
//     WHOLE    int, or long long where an array has 2^30 elements or more
//
// Activations lie as (C, H, W, N), the images of the batch innermost, so that neighbouring threads
// read neighbouring numbers.

typedef WHOLE whole;

#ifdef HALF                            // stored in 16 bits, computed as float: half ends at 65,504
typedef unsigned short real;
typedef float wide;
#ifdef __CUDACC__
__device__ inline wide get(real x) { wide y; asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x)); return y; }
__device__ inline real put(wide x) { real y; asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y) : "f"(x)); return y; }
#endif
#else
typedef REAL real;
typedef REAL wide;
__device__ inline wide get(real x) { return x; }
__device__ inline real put(wide x) { return x; }
#endif

// Loops in which the threads of the whole grid take turns: any number of threads does all the work.
#define EACH(k, count) \
    (whole k = (whole)blockIdx.x * blockDim.x + threadIdx.x; k < (count); \
     k += (whole)gridDim.x * blockDim.x)
#define ROWS(row, count) (whole row = blockIdx.y; row < (count); row += gridDim.y)

#define THREADS 256                    // the most that a block may have

// The sum over the threads of a block, which all of them get.  Where there are several lanes, a sum
// for each: thread t gets that of the threads t % lanes, t % lanes + lanes, ...
__device__ inline wide block_sum(wide mine, unsigned lanes = 1)
{
    __shared__ wide part[THREADS];
    unsigned number = threadIdx.x / lanes, count = blockDim.x / lanes;
    part[threadIdx.x] = mine;
    __syncthreads();
    for (unsigned apart = THREADS / 2; apart > 0; apart /= 2) {
        if (number < apart && number + apart < count)
            part[threadIdx.x] += part[threadIdx.x + apart * lanes];
        __syncthreads();
    }
    wide sum = part[threadIdx.x % lanes];
    __syncthreads();                   // all have read it before the next call writes
    return sum;
}

// The size of the image and of the output, images, kernel, stride, dilation, pixels of padding.
#define WINDOW whole H, whole W, whole OH, whole OW, whole N, whole KH, whole KW, \
               whole SH, whole SW, whole DH, whole DW, whole top, whole left

// The first and the last window that may cover the pixel `at` (counted from the padding's edge).
__device__ inline whole first_window(whole at, whole reach, whole stride)
{
    return at < reach ? 0 : (at - reach) / stride + 1;
}

__device__ inline whole last_window(whole at, whole count, whole stride)
{
    return at / stride < count ? at / stride : count - 1;
}
