// Operations on values and on single rows. A thread computes four neighboring values, or a warp a row.
#include "common.cuh"

// The first of a thread's four values, of n.
#define FIRST(i)                                                                 \
  u32 i##Unsigned = 4 * (blockIdx.x * blockDim.x + threadIdx.x);                 \
  if (i##Unsigned >= (u32) n) {                                                  \
    return;                                                                      \
  }                                                                              \
  int i = i##Unsigned;

extern "C" __global__ void __launch_bounds__(256) activate(
    int f, const float *x, float *y, int n) {
  FIRST(i);
  bool whole = aligned(x) && aligned(y);
  Four a = load(x, i, n, whole);
#pragma unroll
  for (int c = 0; c < 4; c++) {
    a.v[c] = activation(f, a.v[c]);
  }
  store(y, i, n, whole, a);
}

// y = x (.) g
extern "C" __global__ void __launch_bounds__(256) multiply(
    const float *x, const float *g, float *y, int n) {
  FIRST(i);
  bool whole = aligned(x) && aligned(g) && aligned(y);
  Four a = load(x, i, n, whole);
  Four b = load(g, i, n, whole);
#pragma unroll
  for (int c = 0; c < 4; c++) {
    a.v[c] *= b.v[c];
  }
  store(y, i, n, whole, a);
}

// The columns of four neighboring values, which may continue in the next row.
__device__ __forceinline__ Four columns(const float *p, int i, int width) {
  Four a;
  int j = i % width;
#pragma unroll
  for (int c = 0; c < 4; c++) {
    a.v[c] = p[j];
    j = j + 1 == width ? 0 : j + 1;
  }
  return a;
}

// y = f(y + d (.) x)
extern "C" __global__ void __launch_bounds__(256) add_scaled(
    const float *d, const float *x, float *y, int f, int n, int width) {
  FIRST(i);
  bool whole = aligned(x) && aligned(y);
  Four a = load(x, i, n, whole);
  Four b = load(y, i, n, whole);
  Four scale = columns(d, i, width);
#pragma unroll
  for (int c = 0; c < 4; c++) {
    a.v[c] = activation(f, fmaf(scale.v[c], a.v[c], b.v[c]));
  }
  store(y, i, n, whole, a);
}

// y = x (.) scale + shift
extern "C" __global__ void __launch_bounds__(256) affine(
    const float *scale, const float *shift, const float *x, float *y, int n, int width) {
  FIRST(i);
  bool whole = aligned(x) && aligned(y);
  Four a = load(x, i, n, whole);
  Four s = columns(scale, i, width);
  Four b = columns(shift, i, width);
#pragma unroll
  for (int c = 0; c < 4; c++) {
    a.v[c] = fmaf(a.v[c], s.v[c], b.v[c]);
  }
  store(y, i, n, whole, a);
}

// y = x + a (.) sigmoid(b), ab [rows, 2 width]
extern "C" __global__ void __launch_bounds__(256) glu_residual(
    const float *x, const float *ab, float *y, int n, int width) {
  FIRST(i);
  bool whole = aligned(x) && aligned(y);
  bool wholeGates = aligned(ab) && width % 4 == 0;
  Four v = load(x, i, n, whole);
  int row = i / width;
  int j = i - row * width;
  if (wholeGates) {
    Four a = load(ab, row * 2 * width + j, 2 * n, true);
    Four b = load(ab, row * 2 * width + width + j, 2 * n, true);
#pragma unroll
    for (int c = 0; c < 4; c++) {
      v.v[c] = fmaf(a.v[c], sigmoid(b.v[c]), v.v[c]);
    }
  } else {
#pragma unroll
    for (int c = 0; c < 4; c++) {
      if (i + c < n) {
        int at = row * 2 * width + j;
        v.v[c] = fmaf(ab[at], sigmoid(ab[at + width]), v.v[c]);
        j++;
        if (j == width) {
          j = 0;
          row++;
        }
      }
    }
  }
  store(y, i, n, whole, v);
}

// y[r, j] = x[r, entries[j]], or constants[-entries[j] - 1]
extern "C" __global__ void __launch_bounds__(256) gather(
    const int *entries,
    const float *constants,
    const float *x,
    float *y,
    int n,
    int inputs,
    int outputs) {
  u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < (u32) n) {
    int row = i / outputs;
    int entry = entries[i - row * outputs];
    y[i] = entry >= 0 ? x[row * inputs + entry] : constants[-entry - 1];
  }
}

// y = [a, b]
extern "C" __global__ void __launch_bounds__(256) concat(
    const float *a, int aWidth, const float *b, int bWidth, float *y, int n) {
  u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    int width = aWidth + bWidth;
    int row = i / width;
    int j = i - row * width;
    y[i] = j < aWidth ? a[row * aWidth + j] : b[row * bWidth + j - aWidth];
  }
}

// y_r = table_(token_r); a thread copies four columns of a row
extern "C" __global__ void __launch_bounds__(256) embed(
    const float *table, const int *tokens, float *y, int rows, int width) {
  int parts = (width + 3) / 4;
  u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  u32 row = i / parts;
  if (row < (u32) rows) {
    int j = 4 * (i - row * parts);
    bool whole = aligned(table) && aligned(y) && width % 4 == 0;
    store(y + (int) row * width, j, width, whole,
          load(table + tokens[row] * width, j, width, whole));
  }
}

// y_r = sum_i weights[r, i] table[entries[r, i]]
extern "C" __global__ void __launch_bounds__(256) embedding_bag(
    const float *table,
    const int *entries,
    const float *weights,
    int bag,
    float *y,
    int rows,
    int width) {
  int parts = (width + 3) / 4;
  u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  u32 row = i / parts;
  if (row < (u32) rows) {
    int j = 4 * (i - row * parts);
    bool whole = aligned(table) && aligned(y) && width % 4 == 0;
    Four sum = {{0, 0, 0, 0}};
    for (int k = 0; k < bag; k++) {
      float weight = weights[(int) row * bag + k];
      Four a = load(table + entries[(int) row * bag + k] * width, j, width, whole);
#pragma unroll
      for (int c = 0; c < 4; c++) {
        sum.v[c] = fmaf(weight, a.v[c], sum.v[c]);
      }
    }
    store(y + (int) row * width, j, width, whole, sum);
  }
}

// Rotates pairs of columns: (a, b) -> (a cos - b sin, b cos + a sin); table contains sines, then cosines.
extern "C" __global__ void __launch_bounds__(256) rotary(
    const float *table,
    const int *positions,
    int interleaved,
    float *x,
    int stride,
    int rows,
    int groups,
    int width) {
  int half = width / 2;
  u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  u32 row = i / (groups * half);
  if (row < (u32) rows) {
    int g = i - row * (groups * half);
    int j = g % half;
    g /= half;
    const float *angles = table + positions[row] * width;
    float sin = angles[j];
    float cos = angles[half + j];
    float *pair = x + (int) row * stride + g * width;
    float *first = pair + (interleaved ? 2 * j : j);
    float *second = pair + (interleaved ? 2 * j + 1 : j + half);
    float a = *first;
    float b = *second;
    *first = fmaf(a, cos, -__fmul_rn(b, sin));
    *second = fmaf(b, cos, __fmul_rn(a, sin));
  }
}

// y_(shuffled i) = scale_(i mod 2) (.) x_i + c_i; a thread computes four columns of a position
extern "C" __global__ void __launch_bounds__(256) residual(
    const float *scale,
    const float *x,
    const float *c,
    float *y,
    int positions,
    int length,
    int width,
    int shuffle) {
  int parts = (width + 3) / 4;
  u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  u32 position = i / parts;
  if (position < (u32) positions) {
    int j = 4 * (i - position * parts);
    int at = position % length;
    int to = position - at + shuffled(shuffle, at, length);
    bool whole =
        aligned(scale) && aligned(x) && aligned(c) && aligned(y) && width % 4 == 0;
    Four s = load(scale + (at & 1) * width, j, width, whole);
    Four v = load(x + (int) position * width, j, width, whole);
    Four r = load(c + (int) position * width, j, width, whole);
#pragma unroll
    for (int k = 0; k < 4; k++) {
      v.v[k] = fmaf(s.v[k], v.v[k], r.v[k]);
    }
    store(y + to * width, j, width, whole, v);
  }
}

// Row of x that a track of y_t reads: (t + o) mod n, o = 0, 1, 2, 4, ... by track.
__device__ __forceinline__ int rotated(int t, int track, int n) {
  u32 o = track == 0 ? 0 : 1u << (track - 1);
  u32 from = t + (o < (u32) n ? o : o % n);
  return from < (u32) n ? from : from % n;
}

// The values of x that are added to the columns j .. j + 3 of y_t; x begins at its sequence.
__device__ __forceinline__ Four rotation(
    const float *x, int t, int n, int j, int width, int track, bool whole) {
  if (whole && track % 4 == 0) {
    return j < width ? load(x + rotated(t, j / track, n) * width, j, width, true)
                     : Four{{0, 0, 0, 0}};
  }
  Four a;
#pragma unroll
  for (int c = 0; c < 4; c++) {
    a.v[c] = j + c < width ? x[rotated(t, (j + c) / track, n) * width + j + c] : 0;
  }
  return a;
}

// y_t += x_((t + o) mod n)
extern "C" __global__ void __launch_bounds__(256) roll_add(
    const float *x,
    const int *starts,
    float *y,
    const int *yStarts,
    int sequences,
    int rows,
    int width,
    int track) {
  int parts = (width + 3) / 4;
  u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  u32 row = i / parts;
  if (row < (u32) rows) {
    int j = 4 * (i - row * parts);
    int b = sequenceOf(yStarts, sequences, row);
    bool whole = aligned(x) && aligned(y) && width % 4 == 0;
    Four a = rotation(
        x + starts[b] * width, row - yStarts[b], starts[b + 1] - starts[b], j, width, track, whole);
    Four sum = load(y + (int) row * width, j, width, whole);
#pragma unroll
    for (int c = 0; c < 4; c++) {
      sum.v[c] += a.v[c];
    }
    store(y + (int) row * width, j, width, whole, sum);
  }
}

// ----------------------------------------------------------------------- one warp per row

#define ROW_OF_WARP(row, lane)                                                   \
  int lane = threadIdx.x % 32;                                                   \
  int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;                   \
  if (row >= rows) {                                                             \
    return;                                                                      \
  }

// Layer norm of rows of up to 128 N columns, which stay in registers.
template <int N>
__device__ __forceinline__ void normalize(
    const float *weight,
    const float *bias,
    float epsilon,
    const float *x,
    float *y,
    int rows,
    int width) {
  ROW_OF_WARP(row, lane);
  bool whole = aligned(x) && aligned(y) && width % 4 == 0;
  Four v[N];
#pragma unroll
  for (int i = 0; i < N; i++) {
    v[i] = load(x + row * width, 128 * i + 4 * lane, width, whole);
  }
  normalizeRow<N>(v, width, lane, weight, bias, epsilon);
#pragma unroll
  for (int i = 0; i < N; i++) {
    store(y + row * width, 128 * i + 4 * lane, width, whole, v[i]);
  }
}

extern "C" __global__ void __launch_bounds__(256) layer_norm_256(
    const float *weight, const float *bias, float epsilon, const float *x, float *y, int rows,
    int width) {
  normalize<2>(weight, bias, epsilon, x, y, rows, width);
}

extern "C" __global__ void __launch_bounds__(256) layer_norm_1024(
    const float *weight, const float *bias, float epsilon, const float *x, float *y, int rows,
    int width) {
  normalize<8>(weight, bias, epsilon, x, y, rows, width);
}

// Layer norm of rows of any width, read three times: the second and third time from the caches.
extern "C" __global__ void __launch_bounds__(256) layer_norm_wide(
    const float *weight, const float *bias, float epsilon, const float *x, float *y, int rows,
    int width) {
  ROW_OF_WARP(row, lane);
  const float *from = x + row * width;
  float first = from[0];
  float sum = 0;
  for (int j = lane; j < width; j += 32) {
    sum = __fadd_rn(sum, __fsub_rn(from[j], first));
  }
  float mean = __fadd_rn(first, __fdiv_rn(warpSum(sum), width));
  float squares = 0;
  for (int j = lane; j < width; j += 32) {
    float d = __fsub_rn(from[j], mean);
    squares = fmaf(d, d, squares);
  }
  float variance = __fdiv_rn(warpSum(squares), width);
  float scale = __fdiv_rn(1, __fsqrt_rn(__fadd_rn(variance, epsilon)));
  for (int j = lane; j < width; j += 32) {
    y[row * width + j] = fmaf(__fmul_rn(__fsub_rn(from[j], mean), scale), weight[j], bias[j]);
  }
}

// y = scale x / max(|x|, floor)
extern "C" __global__ void __launch_bounds__(256) scale_norm(
    float scale, float floor, const float *x, float *y, int rows, int width) {
  ROW_OF_WARP(row, lane);
  bool whole = aligned(x) && aligned(y) && width % 4 == 0;
  const float *from = x + row * width;
  float squares = 0;
  for (int j = 4 * lane; j < width; j += 128) {
    Four v = load(from, j, width, whole);
#pragma unroll
    for (int c = 0; c < 4; c++) {
      squares = fmaf(v.v[c], v.v[c], squares);
    }
  }
  float factor = __fdiv_rn(scale, fmaxf(__fsqrt_rn(warpSum(squares)), floor));
  for (int j = 4 * lane; j < width; j += 128) {
    Four v = load(from, j, width, whole);
#pragma unroll
    for (int c = 0; c < 4; c++) {
      v.v[c] *= factor;
    }
    store(y + row * width, j, width, whole, v);
  }
}

// y = x - m - log(sum_j exp(x_j - m)), m = max_j x_j
extern "C" __global__ void __launch_bounds__(256) log_softmax(
    const float *x, float *y, int rows, int width) {
  ROW_OF_WARP(row, lane);
  const float *from = x + row * width;
  float m = -INFINITY;
  for (int j = lane; j < width; j += 32) {
    m = fmaxf(m, from[j]);
  }
  m = warpMax(m);
  float sum = 0;
  for (int j = lane; j < width; j += 32) {
    sum += expf(from[j] - m);
  }
  float log = logf(warpSum(sum));
  for (int j = lane; j < width; j += 32) {
    y[row * width + j] = from[j] - m - log;
  }
}

// The same with a block of 256 threads per row.
extern "C" __global__ void __launch_bounds__(256) log_softmax_wide(
    const float *x, float *y, int width) {
  __shared__ float parts[8];
  const float *from = x + (int) blockIdx.x * width;
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  float m = -INFINITY;
  for (int j = threadIdx.x; j < width; j += 256) {
    m = fmaxf(m, from[j]);
  }
  m = warpMax(m);
  if (lane == 0) {
    parts[warp] = m;
  }
  __syncthreads();
  for (int i = 0; i < 8; i++) {
    m = fmaxf(m, parts[i]);
  }
  __syncthreads();
  float sum = 0;
  for (int j = threadIdx.x; j < width; j += 256) {
    sum += expf(from[j] - m);
  }
  sum = warpSum(sum);
  if (lane == 0) {
    parts[warp] = sum;
  }
  __syncthreads();
  sum = 0;
  for (int i = 0; i < 8; i++) {
    sum += parts[i];
  }
  float log = logf(sum);
  for (int j = threadIdx.x; j < width; j += 256) {
    y[(int) blockIdx.x * width + j] = from[j] - m - log;
  }
}

// y_t = norm(y_t + x_((t + o) mod n)), rows of up to 128 N columns: the end of a ChordMixer
// block.
template <int N>
__device__ __forceinline__ void addRotatedAndNormalize(
    const float *x,
    const int *starts,
    float *y,
    int sequences,
    int rows,
    int width,
    int track,
    int norm,
    const float *weight,
    const float *bias,
    float epsilon) {
  ROW_OF_WARP(row, lane);
  int b = sequenceOf(starts, sequences, row);
  int t = row - starts[b];
  int n = starts[b + 1] - starts[b];
  bool whole = aligned(x) && aligned(y) && width % 4 == 0;
  Four v[N];
#pragma unroll
  for (int i = 0; i < N; i++) {
    v[i] = load(y + row * width, 128 * i + 4 * lane, width, whole);
    Four a = rotation(x + starts[b] * width, t, n, 128 * i + 4 * lane, width, track, whole);
#pragma unroll
    for (int c = 0; c < 4; c++) {
      v[i].v[c] += a.v[c];
    }
  }
  normRow<N>(norm, v, width, lane, weight, bias, epsilon);
#pragma unroll
  for (int i = 0; i < N; i++) {
    store(y + row * width, 128 * i + 4 * lane, width, whole, v[i]);
  }
}

extern "C" __global__ void __launch_bounds__(256) roll_add_norm_256(
    const float *x, const int *starts, float *y, int sequences, int rows, int width, int track,
    int norm, const float *weight, const float *bias, float epsilon) {
  addRotatedAndNormalize<2>(
      x, starts, y, sequences, rows, width, track, norm, weight, bias, epsilon);
}

extern "C" __global__ void __launch_bounds__(256) roll_add_norm_512(
    const float *x, const int *starts, float *y, int sequences, int rows, int width, int track,
    int norm, const float *weight, const float *bias, float epsilon) {
  addRotatedAndNormalize<4>(
      x, starts, y, sequences, rows, width, track, norm, weight, bias, epsilon);
}
