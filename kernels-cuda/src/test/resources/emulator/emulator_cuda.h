// CUDA C++ as g++ sees it: what kernels use of the language, on a scheduler that emulator_cuda.cpp brings.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <math.h>
#include <utility>

struct float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct int2 { int x, y; };
struct alignas(16) int4 { int x, y, z, w; };
struct uint3 { unsigned x, y, z; };
typedef uint3 dim3;
static inline float2 make_float2(float x, float y) { return {x, y}; }
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
static inline int2 make_int2(int x, int y) { return {x, y}; }
static inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }

#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __shared__ static // one copy of this library runs one block at a time
#define __align__(n) alignas(n)

struct EmulatorRuntime {
  void (*barrier)(int line);
  // values of all lanes of the mask, once all have come
  const uint64_t *(*exchange)(unsigned mask, uint64_t value, int line);
  void *(*dynamicShared)();
  void (*fault)(int code, const char *message);
};

// All that is no shared memory has a value at first: what is left in .bss may be poisoned.
struct EmulatorCopy {
  const EmulatorRuntime *runtime;
  uint3 threadIdx, blockIdx, blockDim, gridDim;
};
static EmulatorCopy emulator = {(const EmulatorRuntime *) 1, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}};
extern "C" __attribute__((visibility("hidden"))) char __bss_start[], _end[];
extern "C" __attribute__((used)) inline EmulatorCopy *emulator_copy() { return &emulator; }
extern "C" __attribute__((used)) inline void emulator_bss(char **from, char **to) {
  *from = __bss_start;
  *to = _end;
}
#define threadIdx (emulator.threadIdx)
#define blockIdx (emulator.blockIdx)
#define blockDim (emulator.blockDim)
#define gridDim (emulator.gridDim)
#define warpSize 32

#define __syncthreads() emulator.runtime->barrier(__LINE__)
#define __syncwarp(...) ((void) emulator.runtime->exchange(emulator_mask(__VA_ARGS__), 0, __LINE__))
static inline unsigned emulator_mask() { return 0xffffffffu; }
static inline unsigned emulator_mask(unsigned mask) { return mask; }
static inline void __threadfence() {}
static inline void __threadfence_block() {}
static inline void emulator_fault(int code) { emulator.runtime->fault(code, "the kernel asked for it"); }

static inline int emulator_lane() {
  return (threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) % 32;
}
template <class T> static inline T emulator_from(unsigned mask, T v, int from, int line) {
  uint64_t bits = 0;
  static_assert(sizeof v <= 8, "values of up to 8 bytes go through a shuffle");
  memcpy(&bits, &v, sizeof v);
  const uint64_t *all = emulator.runtime->exchange(mask, bits, line);
  if (!(mask >> from & 1)) {
    emulator.runtime->fault(719, "a shuffle reads a lane that is not in its mask");
  }
  memcpy(&v, &all[from], sizeof v);
  return v;
}
template <class T>
static inline T __shfl_sync(unsigned mask, T v, int from, int width = 32, int line = __builtin_LINE()) {
  int lane = emulator_lane();
  return emulator_from(mask, v, (lane & ~(width - 1)) | (from & (width - 1)), line);
}
template <class T>
static inline T __shfl_xor_sync(unsigned mask, T v, int x, int width = 32, int line = __builtin_LINE()) {
  int lane = emulator_lane(), from = lane ^ x;
  return emulator_from(mask, v, from / width > lane / width ? lane : from, line);
}
template <class T>
static inline T __shfl_up_sync(unsigned mask, T v, int d, int width = 32, int line = __builtin_LINE()) {
  int lane = emulator_lane();
  return emulator_from(mask, v, lane % width < d ? lane : lane - d, line);
}
template <class T>
static inline T __shfl_down_sync(unsigned mask, T v, int d, int width = 32, int line = __builtin_LINE()) {
  int lane = emulator_lane();
  return emulator_from(mask, v, lane % width + d >= width ? lane : lane + d, line);
}
static inline unsigned __ballot_sync(unsigned mask, int vote, int line = __builtin_LINE()) {
  const uint64_t *all = emulator.runtime->exchange(mask, vote != 0, line);
  unsigned votes = 0;
  for (int i = 0; i < 32; i++) {
    votes |= (mask >> i & 1) && all[i] ? 1u << i : 0;
  }
  return votes;
}
static inline int __any_sync(unsigned mask, int vote, int line = __builtin_LINE()) {
  return __ballot_sync(mask, vote, line) != 0;
}
static inline int __all_sync(unsigned mask, int vote, int line = __builtin_LINE()) {
  return __ballot_sync(mask, vote, line) == mask;
}

// What these give is not contracted with what follows.
static inline float emulator_rounded(float r) { asm("" : "+x"(r)); return r; }
static inline double emulator_rounded(double r) { asm("" : "+x"(r)); return r; }
static inline float __fadd_rn(float a, float b) { return emulator_rounded(a + b); }
static inline float __fsub_rn(float a, float b) { return emulator_rounded(a - b); }
static inline float __fmul_rn(float a, float b) { return emulator_rounded(a * b); }
static inline float __fdiv_rn(float a, float b) { return emulator_rounded(a / b); }
static inline float __fsqrt_rn(float a) { return emulator_rounded(__builtin_sqrtf(a)); }
static inline float __frcp_rn(float a) { return emulator_rounded(1 / a); }
static inline float __fmaf_rn(float a, float b, float c) { return emulator_rounded(__builtin_fmaf(a, b, c)); }
static inline double __dadd_rn(double a, double b) { return emulator_rounded(a + b); }
static inline double __dsub_rn(double a, double b) { return emulator_rounded(a - b); }
static inline double __dmul_rn(double a, double b) { return emulator_rounded(a * b); }
static inline double __ddiv_rn(double a, double b) { return emulator_rounded(a / b); }
static inline double __dsqrt_rn(double a) { return emulator_rounded(__builtin_sqrt(a)); }
static inline double __fma_rn(double a, double b, double c) { return emulator_rounded(__builtin_fma(a, b, c)); }
// Of the fast ones: what the exact ones give; and, as on a GPU, 0 for a divisor beyond 2^126.
static inline float __fdividef(float a, float b) {
  float size = __builtin_fabsf(b);
  return size > 8.507059e37f ? (size <= 3.4028235e38f ? 0 * a : a / b) : a / b;
}
#define __expf(a) expf(a) // glibc has functions of these names
#define __logf(a) logf(a)
static inline float __frsqrt_rn(float a) { return emulator_rounded((float) (1 / __builtin_sqrt((double) a))); }
static inline float rsqrtf(float a) { return 1 / __builtin_sqrtf(a); }
static inline float __saturatef(float a) { return a > 1 ? 1 : a > 0 ? a : 0; }
static inline float __int2float_rn(int a) { return (float) a; }
static inline float __double2float_rn(double a) { return (float) a; }
static inline int __float_as_int(float a) { int i; memcpy(&i, &a, 4); return i; }
static inline unsigned __float_as_uint(float a) { unsigned i; memcpy(&i, &a, 4); return i; }
static inline float __int_as_float(int i) { float a; memcpy(&a, &i, 4); return a; }
static inline float __uint_as_float(unsigned i) { float a; memcpy(&a, &i, 4); return a; }
static inline int __popc(unsigned a) { return __builtin_popcount(a); }
static inline int __ffs(int a) { return __builtin_ffs(a); }
static inline int __clz(int a) { return a == 0 ? 32 : __builtin_clz(a); }
static inline unsigned __umulhi(unsigned a, unsigned b) { return (uint64_t) a * b >> 32; }
static inline int __mulhi(int a, int b) { return (int64_t) a * b >> 32; }
template <class T> static inline T __ldg(const T *p) { return *p; }
template <class T> static inline T __ldcg(const T *p) { return *p; }
template <class T> static inline T __ldcs(const T *p) { return *p; }
template <class T> static inline void __stcs(T *p, T v) { *p = v; }
template <class T> static inline void __stcg(T *p, T v) { *p = v; }

#define EMULATOR_MINMAX(T)                                   \
  static inline T min(T a, T b) { return b < a ? b : a; } \
  static inline T max(T a, T b) { return a < b ? b : a; }
EMULATOR_MINMAX(int)
EMULATOR_MINMAX(unsigned)
EMULATOR_MINMAX(long long)
EMULATOR_MINMAX(unsigned long long)
static inline float min(float a, float b) { return fminf(a, b); }
static inline float max(float a, float b) { return fmaxf(a, b); }
static inline double min(double a, double b) { return fmin(a, b); }
static inline double max(double a, double b) { return fmax(a, b); }

template <class T, class F> static inline T emulator_atomic(T *p, F change) {
  T seen, next;
  __atomic_load(p, &seen, __ATOMIC_SEQ_CST);
  do {
    next = change(seen);
  } while (!__atomic_compare_exchange(p, &seen, &next, true, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
  return seen;
}
template <class T> static inline T atomicAdd(T *p, T v) {
  return emulator_atomic(p, [v](T a) { return a + v; });
}
template <class T> static inline T atomicMax(T *p, T v) {
  return emulator_atomic(p, [v](T a) { return a < v ? v : a; });
}
template <class T> static inline T atomicMin(T *p, T v) {
  return emulator_atomic(p, [v](T a) { return v < a ? v : a; });
}
template <class T> static inline T atomicExch(T *p, T v) {
  return emulator_atomic(p, [v](T) { return v; });
}
template <class T> static inline T atomicCAS(T *p, T expected, T v) {
  return emulator_atomic(p, [expected, v](T a) { return a == expected ? v : a; });
}

// ---------------------------------------------------------------- how a kernel is called

template <class... A, size_t... I>
static inline __attribute__((always_inline)) void emulator_apply(
    void (*kernel)(A...), void **arguments, std::index_sequence<I...>) {
  kernel(*(A *) arguments[I]...);
}
template <class... A>
static inline __attribute__((always_inline)) void emulator_call(void (*kernel)(A...), void **arguments) {
  emulator_apply(kernel, arguments, std::index_sequence_for<A...>());
}
template <class... A> static inline int emulator_sizes(void (*)(A...), int *sizes) {
  int all[] = {(int) sizeof(A)..., 0};
  memcpy(sizes, all, sizeof all);
  return sizeof...(A);
}
#define EMULATOR_KERNEL(name)                                                                      \
  extern "C" void emulator_call_##name(void **arguments) { emulator_call(name, arguments); }        \
  extern "C" int emulator_sizes_##name(int *sizes) { return emulator_sizes(name, sizes); }

// What nvcc has of C++'s headers and NVRTC has not.
#undef INFINITY
#undef NAN
#undef HUGE_VALF
#undef M_PI
#undef INT_MAX
#undef FLT_MAX
#pragma GCC poison std int8_t uint8_t int16_t uint16_t int32_t uint32_t int64_t uint64_t
