// Shared by all kernels. Numbers are 32-bit floats, matrices row-major. The order of a sum depends on
// its shape only and no kernel adds with atomics, so the bits do not depend on scheduling. Kernels that
// must agree bit for bit use intrinsics for products and sums, which the compiler does not contract.
#pragma once

typedef unsigned int u32;

#ifndef INFINITY // defined in math.h, which NVRTC does not have
#define INFINITY __int_as_float(0x7f800000)
#endif

static const u32 ALL = 0xffffffffu; // lanes of a warp

// Functions by the ordinals of dev.riffle.kernels.Activation.
enum Activation { NONE, RELU, SIGMOID, GELU_TANH, GELU, GELU_QUICK, TANH, SOFTPLUS, EXP };

__device__ __forceinline__ float sigmoid(float x) {
  return __fdividef(1.0f, __fadd_rn(1.0f, expf(-x)));
}

__device__ __forceinline__ float activation(int f, float x) {
  switch (f) {
    case RELU:
      return x < 0 ? 0 : x; // keeps NaN
    case SIGMOID:
      return sigmoid(x);
    case GELU_TANH: {
      // 2 sqrt(2/pi) (x + 0.044715 x^3)
      float cubic = __fmul_rn(__fmul_rn(x, x), x);
      return __fmul_rn(x, sigmoid(__fmul_rn(1.5957691216f, fmaf(0.044715f, cubic, x))));
    }
    case GELU:
      return __fmul_rn(__fmul_rn(0.5f, x), __fadd_rn(1.0f, erff(__fmul_rn(0.70710678119f, x))));
    case GELU_QUICK:
      return __fmul_rn(x, sigmoid(__fmul_rn(1.702f, x)));
    case TANH:
      return tanhf(x);
    case SOFTPLUS:
      return __fadd_rn(fmaxf(0, x), log1pf(expf(-fabsf(x)))); // log(1 + exp(x)) without overflow
    case EXP:
      return expf(x);
    default:
      return x;
  }
}

// ------------------------------------------------------------------ four values at a time

__device__ __forceinline__ bool aligned(const void *p) {
  return (reinterpret_cast<size_t>(p) & 15) == 0;
}

struct Four {
  float v[4];
};

__device__ __forceinline__ Four four(float4 a) {
  return {{a.x, a.y, a.z, a.w}};
}

__device__ __forceinline__ float4 packed(const Four &a) {
  return make_float4(a.v[0], a.v[1], a.v[2], a.v[3]);
}

// p[i] .. p[i + 3], zeros from n on; whole if p + i is aligned.
__device__ __forceinline__ Four load(const float *p, int i, int n, bool whole) {
  if (whole && i < n - 3) {
    return four(*reinterpret_cast<const float4 *>(p + i));
  }
  Four a;
#pragma unroll
  for (int c = 0; c < 4; c++) {
    a.v[c] = i + c < n ? p[i + c] : 0;
  }
  return a;
}

__device__ __forceinline__ void store(float *p, int i, int n, bool whole, const Four &a) {
  if (whole && i < n - 3) {
    *reinterpret_cast<float4 *>(p + i) = packed(a);
    return;
  }
#pragma unroll
  for (int c = 0; c < 4; c++) {
    if (i + c < n) {
      p[i + c] = a.v[c];
    }
  }
}

// ---------------------------------------------------------------------------- reductions

// The same bits in every lane.
__device__ __forceinline__ float warpSum(float v) {
#pragma unroll
  for (int o = 16; o > 0; o >>= 1) {
    v = __fadd_rn(v, __shfl_xor_sync(ALL, v, o));
  }
  return v;
}

__device__ __forceinline__ float warpMax(float v) {
#pragma unroll
  for (int o = 16; o > 0; o >>= 1) {
    v = fmaxf(v, __shfl_xor_sync(ALL, v, o));
  }
  return v;
}

// The sequence that contains this row: the last b with starts[b] <= row.
__device__ __forceinline__ int sequenceOf(const int *starts, int sequences, int row) {
  int low = 0;
  int high = sequences;
  while (high - low > 1) {
    int middle = (low + high) >> 1;
    if (starts[middle] <= row) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

// The position in y of position j of x, by the ordinals of dev.riffle.kernels.Shuffle.
enum Shuffle { STAY, LEFT, RIGHT };

__device__ __forceinline__ int shuffled(int shuffle, int j, int length) {
  if (shuffle == LEFT) {
    return (j >> 1) + ((j & 1) == 0 ? 0 : length >> 1);
  }
  if (shuffle == RIGHT) {
    return 2 * j < length ? 2 * j : 2 * j - length + 1;
  }
  return j;
}

// h = lambda h + u, complex: (a + ib)(c + id) = ac - bd + i(ad + bc)
__device__ __forceinline__ void step(
    float lr, float li, float &re, float &im, float ur, float ui) {
  float newRe = fmaf(lr, re, fmaf(-li, im, ur));
  im = fmaf(lr, im, fmaf(li, re, ui));
  re = newRe;
}

// Applies a table of positions or groups to a value.
__device__ __forceinline__ float scaled(float x, float mean, float scale, float shift) {
  return fmaf(__fsub_rn(x, mean), scale, shift);
}

// ------------------------------------------------------------- layer norm of a row in a warp

// A lane holds the columns 128 i + 4 lane + c of a row, in all kernels that norm rows.
//   mean = 1/n sum x, taken as distances to the first column: a row of equal values has no variance
//   x <- (x - mean) / sqrt(1/n sum (x - mean)^2 + epsilon) (.) weight + bias
template <int N>
__device__ __forceinline__ void normalizeRow(
    Four (&x)[N], int width, int lane, const float *weight, const float *bias, float epsilon) {
  float first = __shfl_sync(ALL, x[0].v[0], 0);
  float sum = 0;
#pragma unroll
  for (int i = 0; i < N; i++) {
#pragma unroll
    for (int c = 0; c < 4; c++) {
      if (128 * i + 4 * lane + c < width) {
        sum = __fadd_rn(sum, __fsub_rn(x[i].v[c], first));
      }
    }
  }
  float mean = __fadd_rn(first, __fdiv_rn(warpSum(sum), width));
  float squares = 0;
#pragma unroll
  for (int i = 0; i < N; i++) {
#pragma unroll
    for (int c = 0; c < 4; c++) {
      if (128 * i + 4 * lane + c < width) {
        x[i].v[c] = __fsub_rn(x[i].v[c], mean);
        squares = fmaf(x[i].v[c], x[i].v[c], squares);
      }
    }
  }
  float variance = __fdiv_rn(warpSum(squares), width);
  float scale = __fdiv_rn(1, __fsqrt_rn(__fadd_rn(variance, epsilon)));
  bool whole = aligned(weight) && aligned(bias);
#pragma unroll
  for (int i = 0; i < N; i++) {
    Four w = load(weight, 128 * i + 4 * lane, width, whole);
    Four b = load(bias, 128 * i + 4 * lane, width, whole);
#pragma unroll
    for (int c = 0; c < 4; c++) {
      x[i].v[c] = fmaf(__fmul_rn(x[i].v[c], scale), w.v[c], b.v[c]);
    }
  }
}

// The norm of a row in fused kernels: none, a layer norm, or a batch norm folded into weight and bias.
enum Norm { NO_NORM, LAYER_NORM, AFFINE };

template <int N>
__device__ __forceinline__ void normRow(
    int norm,
    Four (&x)[N],
    int width,
    int lane,
    const float *weight,
    const float *bias,
    float epsilon) {
  if (norm == LAYER_NORM) {
    normalizeRow<N>(x, width, lane, weight, bias, epsilon);
  } else if (norm == AFFINE) {
    bool whole = aligned(weight) && aligned(bias);
#pragma unroll
    for (int i = 0; i < N; i++) {
      Four w = load(weight, 128 * i + 4 * lane, width, whole);
      Four b = load(bias, 128 * i + 4 * lane, width, whole);
#pragma unroll
      for (int c = 0; c < 4; c++) {
        x[i].v[c] = fmaf(x[i].v[c], w.v[c], b.v[c]);
      }
    }
  }
}
