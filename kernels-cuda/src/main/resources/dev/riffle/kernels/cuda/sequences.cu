// Operations along sequences. starts [sequences + 1] contains the first row of each sequence, then the
// number of rows. If starts is null, sequence b consists of row b, as when each key takes one step.
#include "common.cuh"

__device__ __forceinline__ int firstRow(const int *starts, int b) {
  return starts == nullptr ? b : starts[b];
}

// Steps whose inputs are loaded ahead of the dependent chain.
#define AHEAD 8

// h_t = lambda (.) h_(t-1) + u_t, complex; a thread computes one number of a sequence for all steps.
// u [rows, groups, 2, width]: real parts, then imaginary ones; state likewise
extern "C" __global__ void __launch_bounds__(128) recurrence(
    const float *lambdaRe,
    const float *lambdaIm,
    float *u,
    const int *starts,
    int sequences,
    float *state,
    int groups,
    int width) {
  u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  int row = groups * width; // complex numbers of a row
  u32 b = i / row;
  if (b >= (u32) sequences) {
    return;
  }
  int g = (i - b * row) / width;
  int j = i - b * row - g * width;
  int at = 2 * g * width + j;
  float lr = lambdaRe[j];
  float li = lambdaIm[j];
  float *h = state + (int) b * 2 * row + at;
  float re = h[0];
  float im = h[width];
  int t = firstRow(starts, b);
  int end = firstRow(starts, b + 1);
  while (t < end) {
    float ur[AHEAD];
    float ui[AHEAD];
#pragma unroll
    for (int k = 0; k < AHEAD; k++) {
      if (t + k < end) {
        ur[k] = u[(t + k) * 2 * row + at];
        ui[k] = u[(t + k) * 2 * row + at + width];
      }
    }
#pragma unroll
    for (int k = 0; k < AHEAD; k++) {
      if (t + k < end) {
        step(lr, li, re, im, ur[k], ui[k]);
        u[(t + k) * 2 * row + at] = re;
        u[(t + k) * 2 * row + at + width] = im;
      }
    }
    t += AHEAD;
  }
  h[0] = re;
  h[width] = im;
}

// c_t = f'_t (.) c_(t-1) + i_t (.) z_t, y_t = o_t (.) c_t of gates before their activations
// zfoi [rows, gates, width], state [sequences, width]
extern "C" __global__ void __launch_bounds__(128) fo_pooling(
    int f,
    float zoneout,
    const float *zfoi,
    int gates,
    const int *starts,
    int sequences,
    float *state,
    float *y,
    int width) {
  u32 n = blockIdx.x * blockDim.x + threadIdx.x;
  u32 b = n / width;
  if (b >= (u32) sequences) {
    return;
  }
  int j = n - b * width;
  float c = state[n];
  int t = firstRow(starts, b);
  int end = firstRow(starts, b + 1);
  float kept = __fsub_rn(1, zoneout);
  while (t < end) {
    float in[AHEAD / 2][4];
#pragma unroll
    for (int k = 0; k < AHEAD / 2; k++) {
#pragma unroll
      for (int g = 0; g < 4; g++) {
        in[k][g] = t + k < end && g < gates ? zfoi[((t + k) * gates + g) * width + j] : 0;
      }
    }
#pragma unroll
    for (int k = 0; k < AHEAD / 2; k++) {
      if (t + k < end) {
        float z = activation(f, in[k][0]);
        float forget = fmaf(kept, sigmoid(in[k][1]), zoneout);
        float input = gates > 3 ? sigmoid(in[k][3]) : __fsub_rn(1, forget);
        c = fmaf(forget, c, __fmul_rn(input, z));
        y[(t + k) * width + j] = gates > 2 ? __fmul_rn(sigmoid(in[k][2]), c) : c;
      }
    }
    t += AHEAD / 2;
  }
  state[n] = c;
}

// y_t = [x_(t-taps+1), ..., x_t]; tail [sequences, taps - 1, width]: the rows ahead of the first
extern "C" __global__ void __launch_bounds__(256) causal_unfold(
    const float *x,
    const int *starts,
    int sequences,
    const float *tail,
    float *y,
    int n,
    int width,
    int taps) {
  u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= (u32) n) {
    return;
  }
  int row = i / (taps * width);
  int k = (i - row * taps * width) / width;
  int j = i - (row * taps + k) * width;
  int b = starts == nullptr ? row : sequenceOf(starts, sequences, row);
  int before = taps - 1 - k; // how many rows this tap looks back
  int t = row - firstRow(starts, b) - before;
  y[i] = t >= 0 ? x[(row - before) * width + j]
                : tail[(b * (taps - 1) + taps - 1 + t) * width + j];
}

// Updates the tail after the last row; a thread moves one column, the oldest row first.
extern "C" __global__ void __launch_bounds__(256) causal_unfold_tail(
    const float *x, const int *starts, int sequences, float *tail, int width, int taps) {
  u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  u32 b = i / width;
  if (b >= (u32) sequences) {
    return;
  }
  int j = i - b * width;
  int first = firstRow(starts, b);
  int steps = firstRow(starts, b + 1) - first;
  float *column = tail + (int) b * (taps - 1) * width + j;
  for (int k = 0; k < taps - 1; k++) {
    int t = steps - (taps - 1) + k; // the row that moves here
    column[k * width] = t >= 0 ? x[(first + t) * width + j] : column[(k + steps) * width];
  }
}

// sum += x_t, y_t = sum / (count + t + 1); sums [sequences, 2, width]: the sum, then its excess
// (Kahan 1965)
extern "C" __global__ void __launch_bounds__(128) running_mean(
    const float *x,
    const int *starts,
    int sequences,
    const long long *counts,
    float *sums,
    float *y,
    int width) {
  u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  u32 b = i / width;
  if (b >= (u32) sequences) {
    return;
  }
  int j = i - b * width;
  float *at = sums + (int) b * 2 * width + j;
  float sum = at[0];
  float excess = at[width];
  long long steps = counts[b];
  int end = firstRow(starts, b + 1);
  for (int t = firstRow(starts, b); t < end; t++) {
    float due = __fsub_rn(x[t * width + j], excess);
    float after = __fadd_rn(sum, due);
    excess = __fsub_rn(__fsub_rn(after, sum), due);
    sum = after;
    steps++;
    y[t * width + j] = __fdiv_rn(after, (float) steps);
  }
  at[0] = sum;
  at[width] = excess;
}

// ----------------------------------------------------------------- statistics over positions

// Statistics of each column over SEGMENT rows of a sequence: blocks of 32 columns, 8 threads each.
// A sequence has ceil(rows / SEGMENT) segments; those of sequence b begin at segments[b].
#define SEGMENT 64

// sums [segments, width], in double
extern "C" __global__ void __launch_bounds__(256) segment_sums(
    const float *x,
    const int *starts,
    const int *segments,
    int sequences,
    double *sums,
    int width) {
  __shared__ double parts[8][32];
  int b = sequenceOf(segments, sequences, blockIdx.x);
  int first = starts[b] + ((int) blockIdx.x - segments[b]) * SEGMENT;
  int end = min(first + SEGMENT, starts[b + 1]);
  int lane = threadIdx.x % 32;
  int part = threadIdx.x / 32;
  int j = blockIdx.y * 32 + lane;
  double sum = 0;
  if (j < width) {
    for (int t = first + part; t < end; t += 8) {
      sum += x[t * width + j];
    }
  }
  parts[part][lane] = sum;
  __syncthreads();
  if (part == 0 && j < width) {
    sum = 0;
    for (int i = 0; i < 8; i++) {
      sum += parts[i][lane];
    }
    sums[blockIdx.x * (size_t) width + j] = sum;
  }
}

// y_b = 1/n sum_t x_t
extern "C" __global__ void __launch_bounds__(128) mean(
    const double *sums,
    const int *starts,
    const int *segments,
    int sequences,
    float *y,
    int width) {
  u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  u32 b = i / width;
  if (b >= (u32) sequences) {
    return;
  }
  int j = i - b * width;
  double sum = 0;
  for (int s = segments[b]; s < segments[b + 1]; s++) {
    sum += sums[s * (size_t) width + j];
  }
  y[i] = (float) (sum / (starts[b + 1] - starts[b])); // 0 / 0 where there are no rows
}

// Mean and summed squares of the distance to it: moments [segments, 2, width]. What is summed is
// the distance to the segment's first row, so that a column that never changes has no variance.
extern "C" __global__ void __launch_bounds__(256) segment_moments(
    const float *x,
    const int *starts,
    const int *segments,
    int sequences,
    float *moments,
    int width) {
  __shared__ float parts[8][32];
  int b = sequenceOf(segments, sequences, blockIdx.x);
  int first = starts[b] + ((int) blockIdx.x - segments[b]) * SEGMENT;
  int rows = min(SEGMENT, starts[b + 1] - first);
  int lane = threadIdx.x % 32;
  int part = threadIdx.x / 32;
  int j = blockIdx.y * 32 + lane;
  bool there = j < width;
  float v[SEGMENT / 8];
  float shift = there ? x[first * width + j] : 0;
  float sum = 0;
#pragma unroll
  for (int k = 0; k < SEGMENT / 8; k++) {
    int t = part + 8 * k;
    v[k] = there && t < rows ? x[(first + t) * width + j] : shift;
    sum = __fadd_rn(sum, __fsub_rn(v[k], shift));
  }
  parts[part][lane] = sum;
  __syncthreads();
  sum = 0;
  for (int i = 0; i < 8; i++) {
    sum = __fadd_rn(sum, parts[i][lane]);
  }
  float mean = __fadd_rn(shift, __fdiv_rn(sum, rows));
  __syncthreads();
  float squares = 0;
#pragma unroll
  for (int k = 0; k < SEGMENT / 8; k++) {
    if (part + 8 * k < rows) {
      float d = __fsub_rn(v[k], mean);
      squares = fmaf(d, d, squares);
    }
  }
  parts[part][lane] = squares;
  __syncthreads();
  if (part == 0 && there) {
    squares = 0;
    for (int i = 0; i < 8; i++) {
      squares = __fadd_rn(squares, parts[i][lane]);
    }
    moments[blockIdx.x * (size_t) (2 * width) + j] = mean;
    moments[blockIdx.x * (size_t) (2 * width) + width + j] = squares;
  }
}

// Mean and summed squares of a column over all segments of a sequence of n rows, in double. With m_s
// and q_s of a segment of n_s rows: m = m_0 + 1/n sum n_s (m_s - m_0), q = sum q_s + n_s (m_s - m)^2
__device__ __forceinline__ void mergeSegments(
    const float *moments, int first, int end, int n, int width, int j, double &m, double &q) {
  size_t row = 2 * (size_t) width;
  double m0 = moments[first * row + j];
  double sum = 0;
  for (int s = first; s < end; s++) {
    int count = min(SEGMENT, n - (s - first) * SEGMENT);
    sum += count * (moments[s * row + j] - m0);
  }
  m = m0 + sum / n;
  q = 0;
  for (int s = first; s < end; s++) {
    int count = min(SEGMENT, n - (s - first) * SEGMENT);
    double d = moments[s * row + j] - m;
    q += moments[s * row + width + j] + count * d * d;
  }
}

// z = 2 (x - mean) + offset, z / sqrt(mean(z^2) + epsilon), where mean(z^2) = 4 variance + offset^2:
// writes table [sequences, 3, width]: mean, scale, shift. If segments is null, so is starts: each
// sequence has all segments and n rows.
extern "C" __global__ void __launch_bounds__(64) position_table(
    const float *moments,
    const int *starts,
    const int *segments,
    int sequences,
    int n,
    const float *offset,
    double epsilon,
    float *table,
    int width) {
  u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  u32 b = i / width;
  if (b >= (u32) sequences) {
    return;
  }
  int j = i - b * width;
  int rows = starts == nullptr ? n : starts[b + 1] - starts[b];
  int perSequence = (n + SEGMENT - 1) / SEGMENT;
  int first = segments == nullptr ? b * perSequence : segments[b];
  int end = segments == nullptr ? first + perSequence : segments[b + 1];
  if (rows == 0) {
    return;
  }
  double m;
  double q;
  mergeSegments(moments, first, end, rows, width, j, m, q);
  double o = offset[j];
  double root = sqrt(4 * q / rows + o * o + epsilon);
  float *at = table + (size_t) b * 3 * width + j;
  at[0] = (float) m;
  at[width] = (float) (2 / root);
  at[2 * width] = (float) (o / root);
}

// Mean and summed squares of each column over a sequence: columns [sequences, 2, width]
extern "C" __global__ void __launch_bounds__(64) column_moments(
    const float *moments,
    const int *starts,
    const int *segments,
    int sequences,
    double *columns,
    int width) {
  u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  u32 b = i / width;
  if (b >= (u32) sequences || starts[b] == starts[b + 1]) {
    return;
  }
  int j = i - b * width;
  double m;
  double q;
  mergeSegments(
      moments, segments[b], segments[b + 1], starts[b + 1] - starts[b], width, j, m, q);
  columns[(size_t) b * 2 * width + j] = m;
  columns[(size_t) b * 2 * width + width + j] = q;
}

// (x - mean) / sqrt(variance + epsilon) (.) weight + bias of groups of columns: table as above
extern "C" __global__ void __launch_bounds__(64) group_table(
    const double *columns,
    const int *starts,
    int sequences,
    const float *weight,
    const float *bias,
    double epsilon,
    float *table,
    int width,
    int groups) {
  u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  u32 b = i / groups;
  if (b >= (u32) sequences || starts[b] == starts[b + 1]) {
    return;
  }
  int size = width / groups;
  int first = (i - b * groups) * size;
  double n = starts[b + 1] - starts[b];
  const double *means = columns + (size_t) b * 2 * width + first;
  double sum = 0;
  for (int j = 0; j < size; j++) {
    sum += means[j] - means[0];
  }
  double mean = means[0] + sum / size;
  double squares = 0;
  for (int j = 0; j < size; j++) {
    double d = means[j] - mean;
    squares += means[width + j] + n * d * d;
  }
  double root = sqrt(squares / (n * size) + epsilon);
  for (int j = first; j < first + size; j++) {
    float *at = table + (size_t) b * 3 * width + j;
    at[0] = (float) mean;
    at[width] = (float) (weight[j] / root);
    at[2 * width] = bias[j];
  }
}

// y = f((x - mean) (.) scale + shift) by the table of each row's sequence
extern "C" __global__ void __launch_bounds__(256) apply_table(
    const float *table,
    int f,
    const float *x,
    float *y,
    const int *starts,
    int sequences,
    int rows,
    int width) {
  int parts = (width + 3) / 4;
  u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  u32 row = i / parts;
  if (row >= (u32) rows) {
    return;
  }
  int j = 4 * (i - row * parts);
  int b = sequenceOf(starts, sequences, row);
  bool whole = aligned(x) && aligned(y) && width % 4 == 0;
  const float *at = table + (size_t) b * 3 * width;
  Four m = load(at, j, width, whole);
  Four s = load(at + width, j, width, whole);
  Four o = load(at + 2 * width, j, width, whole);
  Four v = load(x + (int) row * width, j, width, whole);
#pragma unroll
  for (int c = 0; c < 4; c++) {
    v.v[c] = activation(f, scaled(v.v[c], m.v[c], s.v[c], o.v[c]));
  }
  store(y + (int) row * width, j, width, whole, v);
}
