// y = W x + b in float32. Each sum runs over the inputs in their order, in one accumulator, then
// comes the bias: a row has the same bits whichever of these kernels computes it, and among however
// many rows it stands.
//
// Weights lie as [inputs, ld], ld = the outputs rounded up to 4, zeros behind the outputs.
#include "common.cuh"

// Inputs that a tile holds at a time; what is missing to a multiple of it is zeros.
#define DEEP 16

// ------------------------------------------------------------------- where rows come from

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

// ------------------------------------------------------------------------ where rows go to

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

// y_(shuffled i) = scale_(i mod 2) (.) x_i + sum + bias, a row being positions 2 row, 2 row + 1 of
// width values each. Four columns stay within a position where width is a multiple of 4.
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

// BM x BN outputs of a block, of which a thread has TM x TN in parts of 4 x 4, BM / (TM / 4) rows
// and BN / (TN / 4) columns from one to the next. What the next step needs is read from memory
// while the multiprocessor computes on what the last one read.
template <int BM, int BN, int TM, int TN>
struct Tile {
  static const int THREADS = BM / TM * (BN / TN);
  static const int PAD = BM + 4; // keeps columns of x apart in the banks
  static const int A = DEEP * PAD; // floats of x in a buffer
  static const int B = DEEP * BN; // and of weights
  static const int FLOATS = 2 * (A + B);
  static const int PARTS_A = BM * DEEP / 4 / THREADS; // fours that a thread brings
  static const int PARTS_B = DEEP * BN / 4 / THREADS;
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
    Four a[PARTS_A];
    Four b[PARTS_B];
#pragma unroll
    for (int m = 0; m < TM; m++) {
#pragma unroll
      for (int n = 0; n < TN; n++) {
        sum[m][n] = 0;
      }
    }
    fetch(source, weight, ld, rows, inputs, row0, column0, 0, a, b);
    keep(pool, a, b);
    __syncthreads();
    int buffer = 0;
    for (int k = 0; k < inputs; k += DEEP) {
      bool more = k + DEEP < inputs;
      if (more) {
        fetch(source, weight, ld, rows, inputs, row0, column0, k + DEEP, a, b);
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
        keep(pool + buffer * (A + B), a, b);
        __syncthreads();
      }
    }
  }

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
        buffer[(i % (DEEP / 4) * 4 + c) * PAD + i / (DEEP / 4)] = a[p].v[c];
      }
    }
#pragma unroll
    for (int p = 0; p < PARTS_B; p++) {
      int i = threadIdx.x + p * THREADS;
      *reinterpret_cast<float4 *>(buffer + A + i / (BN / 4) * BN + i % (BN / 4) * 4) = packed(b[p]);
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

// Blocks of neighbouring numbers share columns of weights, which stay in the second cache, and walk
// down the rows.
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

// Few rows: a block has 8 of them and 32 columns, a warp one row, a lane one column. All threads
// bring 128 inputs of the weights at a time.
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
// outputs]. Rows are a multiple of 64, so that all of them are there. Mean and squares of a thread's
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
  __syncthreads(); // the tile's last inputs have been used
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
