// Kernels that try the host side and the emulator.

extern "C" __global__ void scale(const float *x, float *y, int n, float by) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    y[i] = by * x[i];
  }
}

// The sum of each block's 256 values, by warps and by shared memory.
extern "C" __global__ void __launch_bounds__(256) block_sum(const float *x, float *sums) {
  __shared__ float parts[8];
  float v = x[blockIdx.x * 256 + threadIdx.x];
  for (int o = 16; o > 0; o >>= 1) {
    v += __shfl_xor_sync(0xffffffffu, v, o);
  }
  if (threadIdx.x % 32 == 0) {
    parts[threadIdx.x / 32] = v;
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    float sum = 0;
    for (int w = 0; w < 8; w++) {
      sum += parts[w];
    }
    sums[blockIdx.x] = sum;
  }
}

// y = x reversed within each block, through dynamic shared memory.
extern "C" __global__ void __launch_bounds__(1024) reverse(const float *x, float *y) {
  extern __shared__ float values[];
  int at = blockIdx.x * blockDim.x;
  values[threadIdx.x] = x[at + threadIdx.x];
  __syncthreads();
  y[at + threadIdx.x] = values[blockDim.x - 1 - threadIdx.x];
}

// The first index that is given, and the last block's number.
extern "C" __global__ void where(int *out) {
  if (threadIdx.x == 0) {
    int block = blockIdx.y * gridDim.x + blockIdx.x;
    out[block] = block;
  }
}

extern "C" __global__ void widths(long long wide, int narrow, float real, double *out) {
  out[0] = (double) wide;
  out[1] = narrow;
  out[2] = real;
}

// --------------------------------------------------------------------------- what goes wrong

extern "C" __global__ void beyond(float *y, int at) {
  y[at] = 1;
}

extern "C" __global__ void no_meeting() {
  if (threadIdx.x < 16) {
    __syncthreads();
  }
}

extern "C" __global__ void two_meetings() {
  if (threadIdx.x < 16) {
    __syncthreads();
  } else {
    __syncthreads();
  }
}

// Lacks a barrier between the write and the read.
extern "C" __global__ void racing(float *y) {
  extern __shared__ float values[];
  values[threadIdx.x] = threadIdx.x;
  y[blockIdx.x * blockDim.x + threadIdx.x] = values[blockDim.x - 1 - threadIdx.x];
}
