// y = W x + b in float32. Each sum adds the inputs in order, in one accumulator, and then the bias. A
// row therefore has the same bits in each of these kernels and in any number of rows.
//
// Weights are stored as [inputs, ld], where ld is the outputs rounded up to a multiple of 4, with zeros
// as padding.
#include "common.cuh"

// Inputs of a tile in shared memory at a time, padded with zeros.
#define DEEP 16

// ------------------------------------------------------------------------ sources of rows

// Rows of a matrix, stride apart.
struct Plain {
  const float *x;
  int stride;
  int inputs;
  bool whole;

  __device__ __forceinline__ Plain(const float *x, int stride, int inputs)
      : x(x), stride(stride), inputs(inputs), whole(aligned(x) && stride % 4 == 0) {}

  __device__ __forceinline__ Four at(int row, int k) const {
    return load(x + (size_t) row * stride, k, inputs, whole);
  }
};

// f((x - mean) (.) scale + shift) of rows, by the table [sequences, 3, inputs] of their sequence.
struct Normed {
  const float *x;
  const float *table;
  int f;
  int rowsOfSequence;
  int inputs;
  bool whole;

  __device__ __forceinline__ Normed(
      const float *x, const float *table, int f, int rowsOfSequence, int inputs)
      : x(x),
        table(table),
        f(f),
        rowsOfSequence(rowsOfSequence),
        inputs(inputs),
        whole(aligned(x) && inputs % 4 == 0) {}

  __device__ __forceinline__ Four at(int row, int k) const {
    Four v = load(x + (size_t) row * inputs, k, inputs, whole);
    const float *t = table + (size_t) (row / rowsOfSequence) * 3 * inputs;
    Four mean = load(t, k, inputs, whole);
    Four scale = load(t + inputs, k, inputs, whole);
    Four shift = load(t + 2 * inputs, k, inputs, whole);
#pragma unroll
    for (int c = 0; c < 4; c++) {
      if (k + c < inputs) {
        v.v[c] = activation(f, scaled(v.v[c], mean.v[c], scale.v[c], shift.v[c]));
      }
    }
    return v;
  }
};

// ------------------------------------------------------------------- destinations of rows

// y [rows, outputs] = f(sum + bias)
struct Write {
  float *y;
  const float *bias; // null for none
  int f;
  int outputs;
  bool whole;

  __device__ __forceinline__ Write(float *y, const float *bias, int f, int outputs)
      : y(y), bias(bias), f(f), outputs(outputs), whole(aligned(y) && outputs % 4 == 0) {}

  __device__ __forceinline__ void take(int row, int n, Four sum) const {
    if (bias != nullptr) {
      Four b = load(bias, n, outputs, true);
#pragma unroll
      for (int c = 0; c < 4; c++) {
        sum.v[c] = __fadd_rn(sum.v[c], b.v[c]);
      }
    }
    if (f != NONE) {
#pragma unroll
      for (int c = 0; c < 4; c++) {
        sum.v[c] = activation(f, sum.v[c]);
      }
    }
    store(y + (size_t) row * outputs, n, outputs, whole, sum);
  }
};

// y_(shuffled i) = scale_(i mod 2) (.) x_i + sum + bias, where a row is the positions 2 row and
// 2 row + 1 of width values each. Four columns are in one position if width is a multiple of 4.
struct Residual {
  const float *x;
  const float *scale; // [2, width]
  const float *bias; // [2 width]
  float *y;
  int length;
  int width;
  int shuffle;
  bool whole;

  __device__ __forceinline__ Residual(
      const float *x,
      const float *scale,
      const float *bias,
      float *y,
      int length,
      int width,
      int shuffle)
      : x(x),
        scale(scale),
        bias(bias),
        y(y),
        length(length),
        width(width),
        shuffle(shuffle),
        whole(aligned(x) && aligned(scale) && aligned(y) && width % 4 == 0) {}

  __device__ __forceinline__ void take(int row, int n, Four sum) const {
    if (whole) {
      if (n < 2 * width) {
        int odd = n >= width;
        Four v = load(x + (size_t) row * 2 * width, n, 2 * width, true);
        Four s = load(scale, n, 2 * width, true);
#pragma unroll
        for (int c = 0; c < 4; c++) {
          v.v[c] = fmaf(s.v[c], v.v[c], biased(sum.v[c], n + c));
        }
        store(y + target(row, odd), n - odd * width, width, true, v);
      }
      return;
    }
#pragma unroll
    for (int c = 0; c < 4; c++) {
      int j = n + c;
      if (j < 2 * width) {
        int odd = j >= width;
        y[target(row, odd) + j - odd * width] =
            fmaf(scale[j], x[(size_t) row * 2 * width + j], biased(sum.v[c], j));
      }
    }
  }

  __device__ __forceinline__ float biased(float sum, int j) const {
    return bias == nullptr ? sum : __fadd_rn(sum, bias[j]);
  }

  __device__ __forceinline__ size_t target(int row, int odd) const {
    int position = 2 * row + odd;
    int i = position % length;
    return (size_t) (position - i + shuffled(shuffle, i, length)) * width;
  }
};

// ---------------------------------------------------------------------------------- tiles

// x and weights of a block in shared memory: two buffers of DEEP inputs, x transposed. Inputs are PAD_A
// and PAD_B floats apart.
template <int BM, int BN, int PAD_A, int PAD_B, int THREADS>
struct Buffers {
  static const int A = DEEP * PAD_A; // floats of x in a buffer
  static const int B = DEEP * PAD_B; // and of weights
  static const int FLOATS = 2 * (A + B);
  static const int PARTS_A = BM * DEEP / 4 / THREADS; // groups of four that a thread loads
  static const int PARTS_B = DEEP * BN / 4 / THREADS;

  template <class Source>
  __device__ static __forceinline__ void fetch(
      const Source &source,
      const float *weight,
      int ld,
      int rows,
      int inputs,
      int row0,
      int column0,
      int k0,
      Four (&a)[PARTS_A],
      Four (&b)[PARTS_B]) {
#pragma unroll
    for (int p = 0; p < PARTS_A; p++) {
      int i = threadIdx.x + p * THREADS;
      int row = row0 + i / (DEEP / 4);
      a[p] = row < rows ? source.at(row, k0 + i % (DEEP / 4) * 4) : Four{{0, 0, 0, 0}};
    }
#pragma unroll
    for (int p = 0; p < PARTS_B; p++) {
      int i = threadIdx.x + p * THREADS;
      int k = k0 + i / (BN / 4);
      int n = column0 + i % (BN / 4) * 4;
      b[p] = k < inputs && n < ld
          ? four(*reinterpret_cast<const float4 *>(weight + (size_t) k * ld + n))
          : Four{{0, 0, 0, 0}};
    }
  }

  __device__ static __forceinline__ void keep(
      float *buffer, const Four (&a)[PARTS_A], const Four (&b)[PARTS_B]) {
#pragma unroll
    for (int p = 0; p < PARTS_A; p++) {
      int i = threadIdx.x + p * THREADS;
#pragma unroll
      for (int c = 0; c < 4; c++) {
        buffer[(i % (DEEP / 4) * 4 + c) * PAD_A + i / (DEEP / 4)] = a[p].v[c];
      }
    }
#pragma unroll
    for (int p = 0; p < PARTS_B; p++) {
      int i = threadIdx.x + p * THREADS;
      *reinterpret_cast<float4 *>(buffer + A + i / (BN / 4) * PAD_B + i % (BN / 4) * 4) = packed(b[p]);
    }
  }
};

// BM x BN outputs of a block. A thread computes TM x TN of them in parts of 4 x 4, which are
// BM / (TM / 4) rows and BN / (TN / 4) columns apart. The inputs of the next step are loaded while the
// multiprocessor computes the current one.
template <int BM, int BN, int TM, int TN>
struct Tile {
  static const int THREADS = BM / TM * (BN / TN);
  static const int PAD = BM + 4; // avoids bank conflicts between columns of x
  typedef Buffers<BM, BN, PAD, BN, THREADS> Shared;
  static const int A = Shared::A;
  static const int B = Shared::B;
  static const int FLOATS = Shared::FLOATS;
  static const int COLUMNS = BN / TN; // threads side by side

  // First row and column of a thread's parts.
  __device__ static __forceinline__ int rowOf(int part) {
    return threadIdx.x / COLUMNS * 4 + part * (BM / (TM / 4));
  }

  __device__ static __forceinline__ int columnOf(int part) {
    return threadIdx.x % COLUMNS * 4 + part * (BN / (TN / 4));
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
      float (&sum)[TM][TN]) {
    Four a[Shared::PARTS_A];
    Four b[Shared::PARTS_B];
#pragma unroll
    for (int m = 0; m < TM; m++) {
#pragma unroll
      for (int n = 0; n < TN; n++) {
        sum[m][n] = 0;
      }
    }
    Shared::fetch(source, weight, ld, rows, inputs, row0, column0, 0, a, b);
    Shared::keep(pool, a, b);
    __syncthreads();
    int buffer = 0;
    for (int k = 0; k < inputs; k += DEEP) {
      bool more = k + DEEP < inputs;
      if (more) {
        Shared::fetch(source, weight, ld, rows, inputs, row0, column0, k + DEEP, a, b);
      }
      const float *xs = pool + buffer * (A + B);
      const float *ws = xs + A;
#pragma unroll
      for (int d = 0; d < DEEP; d++) {
        float x[TM];
        float w[TN];
#pragma unroll
        for (int p = 0; p < TM / 4; p++) {
          Four v = four(*reinterpret_cast<const float4 *>(xs + d * PAD + rowOf(p)));
#pragma unroll
          for (int c = 0; c < 4; c++) {
            x[4 * p + c] = v.v[c];
          }
        }
#pragma unroll
        for (int p = 0; p < TN / 4; p++) {
          Four v = four(*reinterpret_cast<const float4 *>(ws + d * BN + columnOf(p)));
#pragma unroll
          for (int c = 0; c < 4; c++) {
            w[4 * p + c] = v.v[c];
          }
        }
#pragma unroll
        for (int m = 0; m < TM; m++) {
#pragma unroll
          for (int n = 0; n < TN; n++) {
            sum[m][n] = fmaf(x[m], w[n], sum[m][n]);
          }
        }
      }
      if (more) {
        buffer ^= 1;
        Shared::keep(pool + buffer * (A + B), a, b);
        __syncthreads();
      }
    }
  }

  template <class Sink>
  __device__ static __forceinline__ void write(
      const Sink &sink, int rows, int outputs, int row0, int column0, const float (&sum)[TM][TN]) {
#pragma unroll
    for (int m = 0; m < TM; m++) {
      int row = row0 + rowOf(m / 4) + m % 4;
      if (row < rows) {
#pragma unroll
        for (int p = 0; p < TN / 4; p++) {
          int n = column0 + columnOf(p);
          if (n < outputs) {
            sink.take(
                row, n, {{sum[m][4 * p], sum[m][4 * p + 1], sum[m][4 * p + 2], sum[m][4 * p + 3]}});
          }
        }
      }
    }
  }
};

// Neighboring blocks share columns of weights, which stay in the L2 cache, and advance along the rows.
template <class T, int BM, int BN, int TM, int TN, class Source, class Sink>
__device__ __forceinline__ void product(
    const Source &source,
    const float *weight,
    int ld,
    int rows,
    int inputs,
    int outputs,
    const Sink &sink) {
  __shared__ float4 pool[T::FLOATS / 4];
  int row0 = blockIdx.x * BM;
  int column0 = blockIdx.y * BN;
  float sum[TM][TN];
  T::sums(
      source, weight, ld, rows, inputs, row0, column0, reinterpret_cast<float *>(pool), sum);
  T::write(sink, rows, outputs, row0, column0, sum);
}

typedef Tile<128, 128, 8, 8> Large;
typedef Tile<64, 64, 8, 4> Small;

extern "C" __global__ void __launch_bounds__(256, 2) product_128(
    const float *weight, int ld, const float *bias, const float *x, int stride, float *y, int f,
    int rows, int inputs, int outputs) {
  product<Large, 128, 128, 8, 8>(
      Plain(x, stride, inputs), weight, ld, rows, inputs, outputs, Write(y, bias, f, outputs));
}

extern "C" __global__ void __launch_bounds__(128) product_64(
    const float *weight, int ld, const float *bias, const float *x, int stride, float *y, int f,
    int rows, int inputs, int outputs) {
  product<Small, 64, 64, 8, 4>(
      Plain(x, stride, inputs), weight, ld, rows, inputs, outputs, Write(y, bias, f, outputs));
}

// Few rows: a block computes 8 rows and 32 columns, a warp one row, a lane one column. All threads load
// 128 inputs of the weights at a time.
extern "C" __global__ void __launch_bounds__(256) product_8(
    const float *weight, int ld, const float *bias, const float *x, int stride, float *y, int f,
    int rows, int inputs, int outputs) {
  const int BROUGHT = 128;
  __shared__ float4 ws[BROUGHT][32 / 4];
  __shared__ float4 xs[8][BROUGHT / 4];
  int row0 = blockIdx.x * 8;
  int column0 = blockIdx.y * 32;
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  Plain source(x, stride, inputs);
  float sum = 0;
  for (int k0 = 0; k0 < inputs; k0 += BROUGHT) {
    int deep = min(BROUGHT, (inputs - k0 + DEEP - 1) / DEEP * DEEP);
    Four w[4];
#pragma unroll
    for (int p = 0; p < 4; p++) {
      int i = threadIdx.x + p * 256;
      int k = k0 + i / 8;
      int n = column0 + i % 8 * 4;
      w[p] = k < inputs && n < ld
          ? four(*reinterpret_cast<const float4 *>(weight + (size_t) k * ld + n))
          : Four{{0, 0, 0, 0}};
    }
    Four v = {{0, 0, 0, 0}};
    if (row0 + warp < rows) {
      v = source.at(row0 + warp, k0 + 4 * lane);
    }
    __syncthreads();
#pragma unroll
    for (int p = 0; p < 4; p++) {
      int i = threadIdx.x + p * 256;
      ws[i / 8][i % 8] = packed(w[p]);
    }
    xs[warp][lane] = packed(v);
    __syncthreads();
    const float *column = reinterpret_cast<const float *>(ws) + lane;
    const float *row = reinterpret_cast<const float *>(xs[warp]);
#pragma unroll 16
    for (int d = 0; d < deep; d++) {
      sum = fmaf(row[d], column[d * 32], sum);
    }
  }
  int n = column0 + lane;
  if (row0 + warp < rows && n < outputs) {
    sum = bias == nullptr ? sum : __fadd_rn(sum, bias[n]);
    y[(size_t) (row0 + warp) * outputs + n] = activation(f, sum);
  }
}

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
