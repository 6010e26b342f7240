// y = W x + b and its few-rows form; the tiles are in tiles.cuh.
#include "tiles.cuh"

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
