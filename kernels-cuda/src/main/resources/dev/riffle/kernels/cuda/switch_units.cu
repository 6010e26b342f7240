// Switch units of the Residual Shuffle-Exchange network: the products of tiles.cuh with a norm between
// them, in float32 and in TF32.
#include "tiles.cuh"

// ------------------------------------------------------------------------- a switch unit

// Mean and summed squares of each column over each 64 rows of a tile: moments [rows / 64, 2,
// outputs]. The number of rows is a multiple of 64. Mean and squares of a thread's
// 4 rows are merged in the order of the rows, as distances to the first: a column that never changes
// has no variance. The bits are the same in tiles of either size.
template <class T, int BM, int BN, int TM, int TN>
__device__ __forceinline__ void moments(
    const float (&sum)[TM][TN],
    float *pool,
    float *moments,
    int rows,
    int outputs,
    int row0,
    int column0) {
  const int GROUPS = BM / 4;
  static_assert(2 * GROUPS * BN <= T::FLOATS, "moments need the tile's memory");
  float *means = pool;
  float *squares = pool + GROUPS * BN;
  __syncthreads(); // all threads have used the last inputs of the tile
#pragma unroll
  for (int p = 0; p < TM / 4; p++) {
    int group = T::rowOf(p) / 4;
#pragma unroll
    for (int n = 0; n < TN; n++) {
      float a = sum[4 * p][n];
      float b = sum[4 * p + 1][n];
      float c = sum[4 * p + 2][n];
      float d = sum[4 * p + 3][n];
      float mean = __fmul_rn(0.25f, __fadd_rn(__fadd_rn(a, b), __fadd_rn(c, d)));
      a = __fsub_rn(a, mean);
      b = __fsub_rn(b, mean);
      c = __fsub_rn(c, mean);
      d = __fsub_rn(d, mean);
      int at = group * BN + T::columnOf(n / 4) + n % 4;
      means[at] = mean;
      squares[at] = fmaf(a, a, fmaf(b, b, fmaf(c, c, __fmul_rn(d, d))));
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < BM / 64 * BN; i += T::THREADS) {
    int half = i / BN;
    int j = i % BN;
    int row = row0 + 64 * half;
    if (row >= rows || column0 + j >= outputs) {
      continue;
    }
    const float *m = means + half * 16 * BN + j;
    const float *q = squares + half * 16 * BN + j;
    float first = m[0];
    float total = 0;
#pragma unroll
    for (int g = 0; g < 16; g++) {
      total = __fadd_rn(total, __fsub_rn(m[g * BN], first));
    }
    float mean = fmaf(total, 1 / 16.0f, first);
    float square = 0;
#pragma unroll
    for (int g = 0; g < 16; g++) {
      float d = __fsub_rn(m[g * BN], mean);
      square = __fadd_rn(square, fmaf(__fmul_rn(4, d), d, q[g * BN]));
    }
    float *to = moments + (size_t) (row / 64) * 2 * outputs + column0 + j;
    to[0] = mean;
    to[outputs] = square;
  }
}

// a = W x + b and its moments.
template <class T, int BM, int BN, int TM, int TN>
__device__ __forceinline__ void expand(
    const float *weight,
    int ld,
    const float *bias,
    const float *x,
    float *a,
    float *toMoments,
    int rows,
    int inputs,
    int outputs) {
  __shared__ float4 pool[T::FLOATS / 4];
  int row0 = blockIdx.x * BM;
  int column0 = blockIdx.y * BN;
  float *floats = reinterpret_cast<float *>(pool);
  float sum[TM][TN];
  T::sums(Plain(x, inputs, inputs), weight, ld, rows, inputs, row0, column0, floats, sum);
  if (bias != nullptr) {
#pragma unroll
    for (int p = 0; p < TN / 4; p++) {
      Four b = load(bias, column0 + T::columnOf(p), outputs, true);
#pragma unroll
      for (int m = 0; m < TM; m++) {
#pragma unroll
        for (int c = 0; c < 4; c++) {
          sum[m][4 * p + c] = __fadd_rn(sum[m][4 * p + c], b.v[c]);
        }
      }
    }
  }
  T::write(Write(a, nullptr, NONE, outputs), rows, outputs, row0, column0, sum);
  moments<T, BM, BN, TM, TN>(sum, floats, toMoments, rows, outputs, row0, column0);
}

extern "C" __global__ void __launch_bounds__(256, 2) expand_128(
    const float *weight, int ld, const float *bias, const float *x, float *a, float *moments,
    int rows, int inputs, int outputs) {
  expand<Large, 128, 128, 8, 8>(weight, ld, bias, x, a, moments, rows, inputs, outputs);
}

extern "C" __global__ void __launch_bounds__(128) expand_64(
    const float *weight, int ld, const float *bias, const float *x, float *a, float *moments,
    int rows, int inputs, int outputs) {
  expand<Small, 64, 64, 8, 4>(weight, ld, bias, x, a, moments, rows, inputs, outputs);
}

// y_(shuffled i) = scale (.) x_i + (W f((a - mean) (.) scale + shift) + b)_i
extern "C" __global__ void __launch_bounds__(256, 2) contract_128(
    const float *weight, int ld, const float *bias, const float *a, const float *table, int f,
    const float *x, const float *scale, float *y, int length, int width, int shuffle, int rows,
    int inputs) {
  product<Large, 128, 128, 8, 8>(
      Normed(a, table, f, length / 2, inputs), weight, ld, rows, inputs, 2 * width,
      Residual(x, scale, bias, y, length, width, shuffle));
}

extern "C" __global__ void __launch_bounds__(128) contract_64(
    const float *weight, int ld, const float *bias, const float *a, const float *table, int f,
    const float *x, const float *scale, float *y, int length, int width, int shuffle, int rows,
    int inputs) {
  product<Small, 64, 64, 8, 4>(
      Normed(a, table, f, length / 2, inputs), weight, ld, rows, inputs, 2 * width,
      Residual(x, scale, bias, y, length, width, shuffle));
}

// -------------------------------------------------------------- a switch unit on tensor cores

// x rounded to 11 bits, the precision of tensor cores.
__device__ __forceinline__ float tf32(float x) {
#ifdef __CUDA_ARCH__
  u32 rounded;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(rounded) : "f"(x));
  return __uint_as_float(rounded);
#else
  u32 bits = __float_as_uint(x);
  bool finite = (bits & 0x7f800000u) != 0x7f800000u;
  return finite ? __uint_as_float((bits + 0x1000u) & 0xffffe000u) : x;
#endif
}

// c += A B, A 16 x 8 and B 8 x 8. With g = lane / 4 and t = lane % 4, a lane holds A(g, t),
// A(g + 8, t), A(g, t + 4), A(g + 8, t + 4), B(t, g), B(t + 4, g), and of c (g, 2t), (g, 2t + 1),
// (g + 8, 2t), (g + 8, 2t + 1).
__device__ __forceinline__ void multiplyAdd(
    float (&c)[4], const float (&a)[4], const float (&b)[2]) {
#ifdef __CUDA_ARCH__
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(__float_as_uint(a[0])), "r"(__float_as_uint(a[1])), "r"(__float_as_uint(a[2])),
        "r"(__float_as_uint(a[3])), "r"(__float_as_uint(b[0])), "r"(__float_as_uint(b[1])));
#else
  int lane = threadIdx.x % 32;
  int row = lane / 4 * 4;
  int column = lane % 4 * 8;
  for (int k = 0; k < 8; k++) {
    float upper = __shfl_sync(ALL, a[k / 4 * 2], row + k % 4);
    float lower = __shfl_sync(ALL, a[k / 4 * 2 + 1], row + k % 4);
    float left = __shfl_sync(ALL, b[k / 4], column + k % 4);
    float right = __shfl_sync(ALL, b[k / 4], column + 4 + k % 4);
    c[0] = fmaf(upper, left, c[0]);
    c[1] = fmaf(upper, right, c[1]);
    c[2] = fmaf(lower, left, c[2]);
    c[3] = fmaf(lower, right, c[3]);
  }
#endif
}

// BM x BN outputs of a block. A warp computes 64 x WN, which contains all rows of its moments.
template <int BM, int BN, int WN>
struct Cores {
  static const int THREADS = 32 * (BM / 64) * (BN / WN);
  static const int PAD_A = BM + 8; // a fragment's 4 inputs lie in 4 x 8 banks
  static const int PAD_B = BN + 8;
  typedef Buffers<BM, BN, PAD_A, PAD_B, THREADS> Shared;
  static const int FLOATS = Shared::FLOATS;
  static const int N = WN / 8;

  // First row and column of a warp.
  __device__ static __forceinline__ int rowOfWarp() {
    return threadIdx.x / 32 / (BN / WN) * 64;
  }

  __device__ static __forceinline__ int columnOfWarp() {
    return threadIdx.x / 32 % (BN / WN) * WN;
  }

  __device__ static __forceinline__ void round(Four &v) {
#pragma unroll
    for (int c = 0; c < 4; c++) {
      v.v[c] = tf32(v.v[c]);
    }
  }

  template <class Source>
  __device__ static __forceinline__ void sums(
      const Source &source,
      const float *weight,
      int ld,
      int rows,
      int inputs,
      int row0,
      int column0,
      float *pool,
      float (&sum)[4][N][4]) {
    int g = threadIdx.x % 32 / 4;
    int t = threadIdx.x % 4;
    Four a[Shared::PARTS_A];
    Four b[Shared::PARTS_B];
#pragma unroll
    for (int m = 0; m < 4; m++) {
#pragma unroll
      for (int n = 0; n < N; n++) {
#pragma unroll
        for (int c = 0; c < 4; c++) {
          sum[m][n][c] = 0;
        }
      }
    }
    Shared::fetch(source, weight, ld, rows, inputs, row0, column0, 0, a, b);
    keep(pool, a, b);
    __syncthreads();
    int buffer = 0;
    for (int k = 0; k < inputs; k += DEEP) {
      bool more = k + DEEP < inputs;
      if (more) {
        Shared::fetch(source, weight, ld, rows, inputs, row0, column0, k + DEEP, a, b);
      }
      __syncwarp(); // mma.sync.aligned needs converged lanes; they diverged over rows and zeros
      const float *xs = pool + buffer * (Shared::A + Shared::B) + t * PAD_A + rowOfWarp() + g;
      const float *ws =
          pool + buffer * (Shared::A + Shared::B) + Shared::A + t * PAD_B + columnOfWarp() + g;
#pragma unroll
      for (int d = 0; d < DEEP; d += 8) {
        float w[N][2];
#pragma unroll
        for (int n = 0; n < N; n++) {
          w[n][0] = ws[d * PAD_B + 8 * n];
          w[n][1] = ws[(d + 4) * PAD_B + 8 * n];
        }
#pragma unroll
        for (int m = 0; m < 4; m++) {
          float x[4] = {
              xs[d * PAD_A + 16 * m],
              xs[d * PAD_A + 16 * m + 8],
              xs[(d + 4) * PAD_A + 16 * m],
              xs[(d + 4) * PAD_A + 16 * m + 8]};
#pragma unroll
          for (int n = 0; n < N; n++) {
            multiplyAdd(sum[m][n], x, w[n]);
          }
        }
      }
      if (more) {
        buffer ^= 1;
        keep(pool + buffer * (Shared::A + Shared::B), a, b);
        __syncthreads();
      }
    }
  }

  __device__ static __forceinline__ void keep(
      float *buffer, Four (&a)[Shared::PARTS_A], Four (&b)[Shared::PARTS_B]) {
#pragma unroll
    for (int p = 0; p < Shared::PARTS_A; p++) {
      round(a[p]);
    }
#pragma unroll
    for (int p = 0; p < Shared::PARTS_B; p++) {
      round(b[p]);
    }
    Shared::keep(buffer, a, b);
  }

  // Neighboring lanes exchange halves, so that each has four columns of one row.
  template <class Sink>
  __device__ static __forceinline__ void write(
      const Sink &sink,
      int rows,
      int outputs,
      int row0,
      int column0,
      const float (&sum)[4][N][4]) {
    int g = threadIdx.x % 32 / 4;
    int t = threadIdx.x % 4;
    bool upper = t % 2 == 0;
#pragma unroll
    for (int m = 0; m < 4; m++) {
#pragma unroll
      for (int n = 0; n < N; n++) {
        const float (&c)[4] = sum[m][n];
        float first = __shfl_xor_sync(ALL, upper ? c[2] : c[0], 1);
        float second = __shfl_xor_sync(ALL, upper ? c[3] : c[1], 1);
        int row = row0 + rowOfWarp() + 16 * m + g + (upper ? 0 : 8);
        int column = column0 + columnOfWarp() + 8 * n + t / 2 * 4;
        if (row < rows && column < outputs) {
          Four v = upper ? Four{{c[0], c[1], first, second}} : Four{{first, second, c[2], c[3]}};
          sink.take(row, column, v);
        }
      }
    }
  }

  // Sums of equal values by halves are exact: a column that never changes has no variance.
  __device__ static __forceinline__ float overRows(const float (&v)[8]) {
    float sum = __fadd_rn(
        __fadd_rn(__fadd_rn(v[0], v[1]), __fadd_rn(v[2], v[3])),
        __fadd_rn(__fadd_rn(v[4], v[5]), __fadd_rn(v[6], v[7])));
#pragma unroll
    for (int o = 4; o < 32; o <<= 1) {
      sum = __fadd_rn(sum, __shfl_xor_sync(ALL, sum, o));
    }
    return sum;
  }

  // Moments [rows / 64, 2, outputs] of the sums; rows are a multiple of 64.
  __device__ static __forceinline__ void moments(
      const float (&sum)[4][N][4],
      float *moments,
      int rows,
      int outputs,
      int row0,
      int column0) {
    int row = row0 + rowOfWarp();
    bool first = threadIdx.x % 32 < 4;
#pragma unroll
    for (int n = 0; n < N; n++) {
#pragma unroll
      for (int c = 0; c < 2; c++) {
        float v[8];
#pragma unroll
        for (int m = 0; m < 4; m++) {
          v[2 * m] = sum[m][n][c];
          v[2 * m + 1] = sum[m][n][c + 2];
        }
        float mean = __fmul_rn(1 / 64.0f, overRows(v));
#pragma unroll
        for (int i = 0; i < 8; i++) {
          float d = __fsub_rn(v[i], mean);
          v[i] = __fmul_rn(d, d);
        }
        float squares = overRows(v);
        int column = column0 + columnOfWarp() + 8 * n + 2 * (threadIdx.x % 4) + c;
        if (first && row < rows && column < outputs) {
          float *to = moments + (size_t) (row / 64) * 2 * outputs + column;
          to[0] = mean;
          to[outputs] = squares;
        }
      }
    }
  }
};

template <class T, int BM, int BN>
__device__ __forceinline__ void expandOnCores(
    const float *weight,
    int ld,
    const float *bias,
    const float *x,
    float *a,
    float *moments,
    int rows,
    int inputs,
    int outputs) {
  __shared__ float4 pool[T::FLOATS / 4];
  int row0 = blockIdx.x * BM;
  int column0 = blockIdx.y * BN;
  float sum[4][T::N][4];
  T::sums(
      Plain(x, inputs, inputs), weight, ld, rows, inputs, row0, column0,
      reinterpret_cast<float *>(pool), sum);
  if (bias != nullptr) {
#pragma unroll
    for (int n = 0; n < T::N; n++) {
#pragma unroll
      for (int c = 0; c < 2; c++) {
        int column = column0 + T::columnOfWarp() + 8 * n + 2 * (threadIdx.x % 4) + c;
        float b = column < outputs ? bias[column] : 0;
#pragma unroll
        for (int m = 0; m < 4; m++) {
          sum[m][n][c] = __fadd_rn(sum[m][n][c], b);
          sum[m][n][c + 2] = __fadd_rn(sum[m][n][c + 2], b);
        }
      }
    }
  }
  T::write(Write(a, nullptr, NONE, outputs), rows, outputs, row0, column0, sum);
  T::moments(sum, moments, rows, outputs, row0, column0);
}

template <class T, int BM, int BN>
__device__ __forceinline__ void contractOnCores(
    const float *weight, int ld, const float *bias, const float *a, const float *table, int f,
    const float *x, const float *scale, float *y, int length, int width, int shuffle, int rows,
    int inputs) {
  __shared__ float4 pool[T::FLOATS / 4];
  int row0 = blockIdx.x * BM;
  int column0 = blockIdx.y * BN;
  float sum[4][T::N][4];
  T::sums(
      Normed(a, table, f, length / 2, inputs), weight, ld, rows, inputs, row0, column0,
      reinterpret_cast<float *>(pool), sum);
  T::write(
      Residual(x, scale, bias, y, length, width, shuffle), rows, 2 * width, row0, column0, sum);
}

typedef Cores<128, 128, 32> LargeCores;
typedef Cores<64, 64, 16> SmallCores;

extern "C" __global__ void __launch_bounds__(256, 2) expand_128_tf32(
    const float *weight, int ld, const float *bias, const float *x, float *a, float *moments,
    int rows, int inputs, int outputs) {
  expandOnCores<LargeCores, 128, 128>(
      weight, ld, bias, x, a, moments, rows, inputs, outputs);
}

extern "C" __global__ void __launch_bounds__(128) expand_64_tf32(
    const float *weight, int ld, const float *bias, const float *x, float *a, float *moments,
    int rows, int inputs, int outputs) {
  expandOnCores<SmallCores, 64, 64>(weight, ld, bias, x, a, moments, rows, inputs, outputs);
}

extern "C" __global__ void __launch_bounds__(256, 2) contract_128_tf32(
    const float *weight, int ld, const float *bias, const float *a, const float *table, int f,
    const float *x, const float *scale, float *y, int length, int width, int shuffle, int rows,
    int inputs) {
  contractOnCores<LargeCores, 128, 128>(
      weight, ld, bias, a, table, f, x, scale, y, length, width, shuffle, rows, inputs);
}

extern "C" __global__ void __launch_bounds__(128) contract_64_tf32(
    const float *weight, int ld, const float *bias, const float *a, const float *table, int f,
    const float *x, const float *scale, float *y, int length, int width, int shuffle, int rows,
    int inputs) {
  contractOnCores<SmallCores, 64, 64>(
      weight, ld, bias, a, table, f, x, scale, y, length, width, shuffle, rows, inputs);
}
