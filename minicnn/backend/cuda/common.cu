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
