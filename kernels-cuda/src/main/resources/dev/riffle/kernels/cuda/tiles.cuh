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
