// Fused operations over rows that stay in shared memory. A block has 8 warps; each warp owns R rows with
// all their columns, and all warps load the weights together. Sums use the order of products.cu and
// norms the order of rows.cu, so the results equal those of the separate operations bit for bit.
#include "common.cuh"

#define DEEP 16
#define WARPS 8
#define HALF 128 // adjacent columns of a warp, 4 per lane

// Floats of a row in shared memory, padded with zeros to a multiple of DEEP.
__device__ __forceinline__ int pitch(int width) {
  return (width + DEEP - 1) / DEEP * DEEP + 4;
}

// Weights of a product in shared memory: two buffers of DEEP inputs.
template <int N>
struct Brought {
  static const int FLOATS = DEEP * N * HALF;
  static const int PARTS = FLOATS / 4 / (32 * WARPS); // groups of four that a thread loads

  // Of the inputs from k0 on: span0 columns from n0 on, then span1 from n0 + apart on, zeros beyond.
  __device__ static __forceinline__ void fetch(
      const float *weight, int ld, int inputs, int k0, int n0, int apart, int span0, int span1,
      Four (&w)[PARTS]) {
#pragma unroll
    for (int p = 0; p < PARTS; p++) {
      int i = threadIdx.x + p * 32 * WARPS;
      int k = k0 + i / (N * HALF / 4);
      int j = i % (N * HALF / 4) * 4;
      int h = j / HALF;
      j -= h * HALF;
      bool there = k < inputs && j < (h == 0 ? span0 : span1);
      w[p] = there
          ? four(*reinterpret_cast<const float4 *>(
                weight + (size_t) k * ld + n0 + h * apart + j))
          : Four{{0, 0, 0, 0}};
    }
  }

  __device__ static __forceinline__ void keep(float *buffer, const Four (&w)[PARTS]) {
#pragma unroll
    for (int p = 0; p < PARTS; p++) {
      reinterpret_cast<float4 *>(buffer)[threadIdx.x + p * 32 * WARPS] = packed(w[p]);
    }
  }
};

// sum[r][h][c] = (W x_r) at column n0 + h apart + 4 lane + c
//   x: the warp's first row in shared memory, rows `row` floats apart
//   spans: number of columns of either half, up to HALF; multiples of 4
template <int R, int N>
__device__ __forceinline__ void products(
    const float *x,
    int row,
    const float *weight,
    int ld,
    int inputs,
    int n0,
    int apart,
    int span0,
    int span1,
    float *brought,
    float (&sum)[R][N][4]) {
  typedef Brought<N> W;
  int lane = threadIdx.x % 32;
  Four w[W::PARTS];
#pragma unroll
  for (int r = 0; r < R; r++) {
#pragma unroll
    for (int h = 0; h < N; h++) {
#pragma unroll
      for (int c = 0; c < 4; c++) {
        sum[r][h][c] = 0;
      }
    }
  }
  __syncthreads(); // all threads have used the previous weights and written their rows
  W::fetch(weight, ld, inputs, 0, n0, apart, span0, span1, w);
  W::keep(brought, w);
  __syncthreads();
  int buffer = 0;
  for (int k = 0; k < inputs; k += DEEP) {
    bool more = k + DEEP < inputs;
    if (more) {
      W::fetch(weight, ld, inputs, k + DEEP, n0, apart, span0, span1, w);
    }
    const float *ws = brought + buffer * W::FLOATS + 4 * lane;
#pragma unroll
    for (int d = 0; d < DEEP; d += 4) {
      Four a[R];
#pragma unroll
      for (int r = 0; r < R; r++) {
        a[r] = four(*reinterpret_cast<const float4 *>(x + r * row + k + d));
      }
#pragma unroll
      for (int c = 0; c < 4; c++) {
#pragma unroll
        for (int h = 0; h < N; h++) {
          Four b = four(
              *reinterpret_cast<const float4 *>(ws + (d + c) * N * HALF + h * HALF));
#pragma unroll
          for (int r = 0; r < R; r++) {
#pragma unroll
            for (int i = 0; i < 4; i++) {
              sum[r][h][i] = fmaf(a[r].v[c], b.v[i], sum[r][h][i]);
            }
          }
        }
      }
    }
    if (more) {
      buffer ^= 1;
      W::keep(brought + buffer * W::FLOATS, w);
      __syncthreads();
    }
  }
}

// Loads a warp's rows of x [rows, width] into shared memory, norms them, and pads them with zeros.
template <int R, int N>
__device__ __forceinline__ void bring(
    const float *x,
    int row0,
    int rows,
    int width,
    float *to,
    int row,
    int norm,
    const float *weight,
    const float *bias,
    float epsilon) {
  int lane = threadIdx.x % 32;
  bool whole = aligned(x) && width % 4 == 0;
#pragma unroll
  for (int r = 0; r < R; r++) {
    for (int j = 4 * lane; j < row - 4; j += HALF) {
      Four v = row0 + r < rows ? load(x + (size_t) (row0 + r) * width, j, width, whole)
                               : Four{{0, 0, 0, 0}};
      *reinterpret_cast<float4 *>(to + r * row + j) = packed(v);
    }
  }
  if (norm == NO_NORM) {
    return;
  }
  for (int r = 0; r < R; r++) {
    Four v[N];
#pragma unroll
    for (int i = 0; i < N; i++) {
      int j = HALF * i + 4 * lane;
      v[i] = load(to + r * row, j, width, true);
    }
    normRow<N>(norm, v, width, lane, weight, bias, epsilon);
#pragma unroll
    for (int i = 0; i < N; i++) {
      store(to + r * row, HALF * i + 4 * lane, width, true, v[i]);
    }
  }
}

__device__ __forceinline__ Four biased(const float *bias, int n, int end, const float (&sum)[4]) {
  Four v = {{sum[0], sum[1], sum[2], sum[3]}};
  if (bias != nullptr) {
    Four b = load(bias, n, end, true);
#pragma unroll
    for (int c = 0; c < 4; c++) {
      v.v[c] = __fadd_rn(v.v[c], b.v[c]);
    }
  }
  return v;
}

// y = W2 f(W1 norm(x) + b1) + b2, rows of up to 512 values, of which up to 128 N are hidden
template <int R, int N>
__device__ __forceinline__ void perceptron(
    const float *x,
    int norm,
    const float *normWeight,
    const float *normBias,
    float epsilon,
    const float *weight1,
    int ld1,
    const float *bias1,
    int f,
    const float *weight2,
    int ld2,
    const float *bias2,
    float *y,
    int rows,
    int width,
    int hidden,
    int outputs) {
  extern __shared__ float4 memory[];
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  int row0 = (blockIdx.x * WARPS + warp) * R;
  int row = pitch(max(width, hidden));
  float *brought = reinterpret_cast<float *>(memory);
  float *own = brought + 2 * Brought<2>::FLOATS + warp * R * row;

  bring<R, 4>(x, row0, rows, width, own, row, norm, normWeight, normBias, epsilon);
  {
    float sum[R][N][4];
    products<R, N>(own, row, weight1, ld1, width, 0, HALF, ld1, ld1 - HALF, brought, sum);
    __syncwarp(); // all lanes have read the rows of x
#pragma unroll
    for (int h = 0; h < N; h++) {
      int j = h * HALF + 4 * lane;
#pragma unroll
      for (int r = 0; r < R; r++) {
        if (j < row - 4) {
          Four v = biased(bias1, j, hidden, sum[r][h]);
#pragma unroll
          for (int c = 0; c < 4; c++) {
            v.v[c] = j + c < hidden ? activation(f, v.v[c]) : 0;
          }
          *reinterpret_cast<float4 *>(own + r * row + j) = packed(v);
        }
      }
    }
  }
  bool whole = aligned(y) && outputs % 4 == 0;
  for (int n0 = 0; n0 < outputs; n0 += 2 * HALF) {
    float sum[R][2][4];
    products<R, 2>(own, row, weight2, ld2, hidden, n0, HALF, ld2 - n0, ld2 - n0 - HALF, brought, sum);
#pragma unroll
    for (int r = 0; r < R; r++) {
#pragma unroll
      for (int h = 0; h < 2; h++) {
        int j = n0 + h * HALF + 4 * lane;
        if (row0 + r < rows && j < outputs) {
          store(y + (size_t) (row0 + r) * outputs, j, outputs, whole,
                biased(bias2, j, outputs, sum[r][h]));
        }
      }
    }
  }
}

#define PERCEPTRON(R, N)                                                                        \
  perceptron<R, N>(                                                                             \
      x, norm, normWeight, normBias, epsilon, weight1, ld1, bias1, f, weight2, ld2, bias2, y,   \
      rows, width, hidden, outputs)

extern "C" __global__ void __launch_bounds__(256, 1) mlp_4_128(
    const float *x, int norm, const float *normWeight, const float *normBias, float epsilon,
    const float *weight1, int ld1, const float *bias1, int f, const float *weight2, int ld2,
    const float *bias2, float *y, int rows, int width, int hidden, int outputs) {
  PERCEPTRON(4, 1);
}

extern "C" __global__ void __launch_bounds__(256) mlp_8_128(
    const float *x, int norm, const float *normWeight, const float *normBias, float epsilon,
    const float *weight1, int ld1, const float *bias1, int f, const float *weight2, int ld2,
    const float *bias2, float *y, int rows, int width, int hidden, int outputs) {
  PERCEPTRON(8, 1);
}

extern "C" __global__ void __launch_bounds__(256, 1) mlp_4_256(
    const float *x, int norm, const float *normWeight, const float *normBias, float epsilon,
    const float *weight1, int ld1, const float *bias1, int f, const float *weight2, int ld2,
    const float *bias2, float *y, int rows, int width, int hidden, int outputs) {
  PERCEPTRON(4, 2);
}

extern "C" __global__ void __launch_bounds__(256) mlp_8_256(
    const float *x, int norm, const float *normWeight, const float *normBias, float epsilon,
    const float *weight1, int ld1, const float *bias1, int f, const float *weight2, int ld2,
    const float *bias2, float *y, int rows, int width, int hidden, int outputs) {
  PERCEPTRON(8, 2);
}

// A layer of a linear recurrent unit where each row is one step of a separate state:
//   u = prenorm ? norm(x) : x
//   h = lambda (.) h + B u                        state [rows, 2, n], in place
//   z = f(C h + D (.) u)
//   x = x + a (.) sigmoid(b), [a, b] = W z + bias
//   x = prenorm ? x : norm(x)
// d, the width of x, and n are multiples of 4, up to 128.
template <int R>
__device__ __forceinline__ void lruStep(
    float *x,
    int norm,
    int prenorm,
    const float *normWeight,
    const float *normBias,
    float epsilon,
    const float *weightB,
    int ldB,
    const float *biasB,
    const float *lambdaRe,
    const float *lambdaIm,
    float *state,
    const float *weightC,
    int ldC,
    const float *biasC,
    const float *skip,
    int f,
    const float *weightOut,
    int ldOut,
    const float *biasOut,
    int rows,
    int d,
    int n) {
  extern __shared__ float4 memory[];
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  int row0 = (blockIdx.x * WARPS + warp) * R;
  int rowU = pitch(d);
  int rowH = pitch(2 * n);
  float *brought = reinterpret_cast<float *>(memory);
  float *us = brought + 2 * Brought<2>::FLOATS + warp * R * (rowU + rowH);
  float *hs = us + R * rowU;
  int j = 4 * lane;

  bring<R, 1>(
      x, row0, rows, d, us, rowU, prenorm ? norm : NO_NORM, normWeight, normBias, epsilon);
  {
    float sum[R][2][4];
    products<R, 2>(us, rowU, weightB, ldB, d, 0, n, n, n, brought, sum);
    if (j < n) {
      Four lr = load(lambdaRe, j, n, true);
      Four li = load(lambdaIm, j, n, true);
      bool whole = aligned(state);
#pragma unroll
      for (int r = 0; r < R; r++) {
        if (row0 + r < rows) {
          float *at = state + (size_t) (row0 + r) * 2 * n;
          Four re = load(at, j, n, whole);
          Four im = load(at + n, j, n, whole);
          Four ur = biased(biasB, j, n, sum[r][0]);
          Four ui = biased(biasB == nullptr ? nullptr : biasB + n, j, n, sum[r][1]);
#pragma unroll
          for (int c = 0; c < 4; c++) {
            step(lr.v[c], li.v[c], re.v[c], im.v[c], ur.v[c], ui.v[c]);
          }
          store(at, j, n, whole, re);
          store(at + n, j, n, whole, im);
          *reinterpret_cast<float4 *>(hs + r * rowH + j) = packed(re);
          *reinterpret_cast<float4 *>(hs + r * rowH + n + j) = packed(im);
        } else {
          *reinterpret_cast<float4 *>(hs + r * rowH + j) = make_float4(0, 0, 0, 0);
          *reinterpret_cast<float4 *>(hs + r * rowH + n + j) = make_float4(0, 0, 0, 0);
        }
      }
    }
    if (2 * n + j < rowH - 4) {
#pragma unroll
      for (int r = 0; r < R; r++) {
        *reinterpret_cast<float4 *>(hs + r * rowH + 2 * n + j) = make_float4(0, 0, 0, 0);
      }
    }
  }
  {
    float sum[R][1][4];
    products<R, 1>(hs, rowH, weightC, ldC, 2 * n, 0, HALF, d, 0, brought, sum);
    if (j < d) {
      Four s = load(skip, j, d, aligned(skip));
#pragma unroll
      for (int r = 0; r < R; r++) {
        Four u = load(us + r * rowU, j, d, true);
        Four z = biased(biasC, j, d, sum[r][0]);
#pragma unroll
        for (int c = 0; c < 4; c++) {
          z.v[c] = activation(f, fmaf(s.v[c], u.v[c], z.v[c]));
        }
        *reinterpret_cast<float4 *>(us + r * rowU + j) = packed(z);
      }
    }
  }
  float sum[R][2][4];
  products<R, 2>(us, rowU, weightOut, ldOut, d, 0, d, d, d, brought, sum);
  bool whole = aligned(x);
#pragma unroll
  for (int r = 0; r < R; r++) {
    bool there = row0 + r < rows; // the same for all lanes
    float *at = x + (size_t) (row0 + r) * d;
    if (there) {
      Four v[1] = {load(at, j, d, whole)};
      Four a = biased(biasOut, j, d, sum[r][0]);
      Four b = biased(biasOut == nullptr ? nullptr : biasOut + d, j, d, sum[r][1]);
#pragma unroll
      for (int c = 0; c < 4; c++) {
        v[0].v[c] = fmaf(a.v[c], sigmoid(b.v[c]), v[0].v[c]);
      }
      if (!prenorm) {
        normRow<1>(norm, v, d, lane, normWeight, normBias, epsilon);
      }
      store(at, j, d, whole, v[0]);
    }
  }
}

extern "C" __global__ void __launch_bounds__(256, 1) lru_step_4(
    float *x, int norm, int prenorm, const float *normWeight, const float *normBias, float epsilon,
    const float *weightB, int ldB, const float *biasB, const float *lambdaRe,
    const float *lambdaIm, float *state, const float *weightC, int ldC, const float *biasC,
    const float *skip, int f, const float *weightOut, int ldOut, const float *biasOut, int rows,
    int d, int n) {
  lruStep<4>(
      x, norm, prenorm, normWeight, normBias, epsilon, weightB, ldB, biasB, lambdaRe, lambdaIm,
      state, weightC, ldC, biasC, skip, f, weightOut, ldOut, biasOut, rows, d, n);
}

extern "C" __global__ void __launch_bounds__(256) lru_step_8(
    float *x, int norm, int prenorm, const float *normWeight, const float *normBias, float epsilon,
    const float *weightB, int ldB, const float *biasB, const float *lambdaRe,
    const float *lambdaIm, float *state, const float *weightC, int ldC, const float *biasC,
    const float *skip, int f, const float *weightOut, int ldOut, const float *biasOut, int rows,
    int d, int n) {
  lruStep<8>(
      x, norm, prenorm, normWeight, normBias, epsilon, weightB, ldB, biasB, lambdaRe, lambdaIm,
      state, weightC, ldC, biasC, skip, f, weightOut, ldOut, biasOut, rows, d, n);
}
