// Attention of one head within sets of gathered rows, with an online softmax (Milakov and Gimelshein
// 2018): no buffer of size queries x keys is needed.
#include "common.cuh"

#define KEYS 32 // keys of a tile, one per lane
#define WARPS 4
#define QUERIES 4 // queries per warp
#define PART 64 // columns of q and k in shared memory at a time
#define COLUMNS 128 // columns of v and o per block, 4 per lane, 32 apart

// o_q = sum_k softmax(l_q)_k v_k for the queries of a tile in their set. tiles [tiles, 2]: set and
// first query. o [queries of all sets, width]. A block computes COLUMNS of the width.
extern "C" __global__ void __launch_bounds__(128, 4) attend(
    const int *tiles,
    const int *queries,
    const int *queryStarts,
    const int *keys,
    const int *keyStarts,
    const int *queryTimes,
    const int *keyTimes,
    float ownRow,
    float scale,
    const float *q,
    const float *k,
    const float *v,
    int stride,
    float *o,
    int width) {
  __shared__ float ks[KEYS][PART + 1];
  __shared__ float qs[WARPS * QUERIES][PART];
  __shared__ float vs[KEYS][COLUMNS];
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  int window = tiles[2 * blockIdx.x];
  int first = tiles[2 * blockIdx.x + 1];
  int end = queryStarts[window + 1];
  int firstKey = keyStarts[window];
  int keyCount = keyStarts[window + 1] - firstKey;
  int column0 = blockIdx.y * COLUMNS;

  int query[QUERIES];
  int time[QUERIES];
  float m[QUERIES]; // maximum of the logits so far
  float total[QUERIES]; // sum of exp(l - m)
  float sum[QUERIES][4]; // of exp(l - m) v
#pragma unroll
  for (int i = 0; i < QUERIES; i++) {
    int at = first + warp * QUERIES + i;
    query[i] = at < end ? queries[at] : -1;
    time[i] = at < end ? queryTimes[query[i]] : 0;
    m[i] = -INFINITY;
    total[i] = 0;
#pragma unroll
    for (int c = 0; c < 4; c++) {
      sum[i][c] = 0;
    }
  }

  for (int n0 = 0; n0 < keyCount; n0 += KEYS) {
    int key = n0 + lane < keyCount ? keys[firstKey + n0 + lane] : -1;

    // l = scale (q . k), one key per lane
    float l[QUERIES];
#pragma unroll
    for (int i = 0; i < QUERIES; i++) {
      l[i] = 0;
    }
    for (int j0 = 0; j0 < width; j0 += PART) {
      __syncthreads(); // all threads have used the previous tile
      for (int i = threadIdx.x; i < KEYS * PART; i += 32 * WARPS) {
        int n = i / PART;
        int j = j0 + i % PART;
        bool there = n0 + n < keyCount && j < width;
        ks[n][i % PART] = there ? k[(size_t) keys[firstKey + n0 + n] * stride + j] : 0;
      }
      for (int i = threadIdx.x; i < WARPS * QUERIES * PART; i += 32 * WARPS) {
        int at = first + i / PART;
        int j = j0 + i % PART;
        qs[i / PART][i % PART] =
            at < end && j < width ? q[(size_t) queries[at] * stride + j] : 0;
      }
      if (j0 == 0) {
        for (int i = threadIdx.x; i < KEYS * COLUMNS; i += 32 * WARPS) {
          int n = i / COLUMNS;
          int j = column0 + i % COLUMNS;
          bool there = n0 + n < keyCount && j < width;
          vs[n][i % COLUMNS] = there ? v[(size_t) keys[firstKey + n0 + n] * stride + j] : 0;
        }
      }
      __syncthreads();
      int deep = min(PART, width - j0);
      for (int j = 0; j < deep; j++) {
        float a = ks[lane][j];
#pragma unroll
        for (int i = 0; i < QUERIES; i++) {
          l[i] = fmaf(qs[warp * QUERIES + i][j], a, l[i]);
        }
      }
    }

    int keyTime = key < 0 ? 0 : keyTimes[key];
#pragma unroll
    for (int i = 0; i < QUERIES; i++) {
      l[i] *= scale;
      if (key == query[i] && !isnan(ownRow)) {
        l[i] = ownRow;
      } else if (keyTime > time[i]) {
        l[i] = -3.402823466e38f; // AttentionSets.HIDDEN
      }
      if (key < 0) {
        l[i] = -INFINITY;
      }
      float now = fmaxf(m[i], warpMax(l[i]));
      float fade = expf(m[i] - now);
      m[i] = now;
      l[i] = expf(l[i] - now);
      total[i] = fmaf(total[i], fade, warpSum(l[i]));
#pragma unroll
      for (int c = 0; c < 4; c++) {
        sum[i][c] *= fade;
      }
    }
    int count = min(KEYS, keyCount - n0);
    for (int n = 0; n < count; n++) {
      float a[4];
#pragma unroll
      for (int c = 0; c < 4; c++) {
        a[c] = vs[n][lane + 32 * c];
      }
#pragma unroll
      for (int i = 0; i < QUERIES; i++) {
        float p = __shfl_sync(ALL, l[i], n);
#pragma unroll
        for (int c = 0; c < 4; c++) {
          sum[i][c] = fmaf(p, a[c], sum[i][c]);
        }
      }
    }
  }

#pragma unroll
  for (int i = 0; i < QUERIES; i++) {
    int at = first + warp * QUERIES + i;
    if (at < end) {
      float share = keyCount == 0 ? 0 : __fdiv_rn(1, total[i]);
#pragma unroll
      for (int c = 0; c < 4; c++) {
        int j = column0 + lane + 32 * c;
        if (j < width) {
          o[(size_t) at * width + j] = sum[i][c] * share;
        }
      }
    }
  }
}

// y_q = (sum of o_q over the sets that contain q) / divisor_q; 0 if no set does. The results of row r
// are at places[placeStarts[r]] .. of o, in the order of the sets.
extern "C" __global__ void __launch_bounds__(256) attended(
    const float *o,
    const int *places,
    const int *placeStarts,
    float epsilon,
    float *y,
    int yStride,
    int rows,
    int width) {
  u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  u32 row = i / width;
  if (row >= (u32) rows) {
    return;
  }
  int j = i - row * width;
  int first = placeStarts[row];
  int end = placeStarts[row + 1];
  float sum = 0;
  for (int p = first; p < end; p++) {
    sum = __fadd_rn(sum, o[(size_t) places[p] * width + j]);
  }
  y[(size_t) row * yStride + j] =
      first == end ? 0 : __fdiv_rn(sum, __fadd_rn(end - first, epsilon));
}
