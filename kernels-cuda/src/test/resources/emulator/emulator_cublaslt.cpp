// cuBLASLt's products of float32 matrices by plain loops.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

extern "C" void emulator_enqueue(void *stream, const std::function<void()> &work);
extern "C" bool emulator_on_card(uint64_t address, size_t bytes);

namespace {
enum { SUCCESS = 0, INVALID_VALUE = 7, NOT_SUPPORTED = 15 };
enum { COMPUTE_32F = 68, FAST_16BF = 75, FAST_TF32 = 77 };
const int TRANSA = 3, EPILOGUE = 7, BIAS_POINTER = 8;
const int RELU_BIT = 2, BIAS_BIT = 4, GELU_BIT = 32;
const int WORKSPACE = 1, ALIGNMENT_A = 5, ALIGNMENT_D = 8;

struct Product {
  int compute, transposed, epilogue;
  const float *bias;
};
struct Layout {
  uint64_t rows, columns;
  int64_t leading;
};
struct Preference {
  uint64_t workspace;
  int least; // of the alignments, in bytes
};
struct Algorithm {
  uint64_t data[8];
};
struct Result {
  Algorithm algorithm;
  size_t workspace;
  int state;
  float waves;
  int reserved[4];
};

// To so many bits after the first, the nearest, of two the even one.
float rounded(float x, int bits) {
  if (!std::isfinite(x)) return x;
  uint32_t u;
  memcpy(&u, &x, 4);
  int drop = 23 - bits;
  u += (1u << (drop - 1)) - 1 + (u >> drop & 1);
  u &= ~0u << drop;
  memcpy(&x, &u, 4);
  return x;
}

std::vector<float> taken(const float *from, uint64_t rows, uint64_t columns, int64_t leading, int compute) {
  int bits = compute == FAST_TF32 ? 10 : compute == FAST_16BF ? 7 : 23;
  std::vector<float> all(rows * columns);
  for (uint64_t c = 0; c < columns; c++)
    for (uint64_t r = 0; r < rows; r++) {
      float v = from[r + c * leading];
      all[r + c * rows] = bits == 23 ? v : rounded(v, bits);
    }
  return all;
}

float function(int epilogue, float v) {
  if (epilogue & RELU_BIT) return v < 0 ? 0 : v;
  if (epilogue & GELU_BIT) return 0.5f * v * (1 + std::tanh(0.7978845608f * (v + 0.044715f * v * v * v)));
  return v;
}

// d = f(a^T b + beta c + bias), column-major: a [inputs, outputs], b [inputs, rows], d [outputs, rows].
// An output is one chain of additions over the inputs, whatever the rows beside it.
void multiply(Product p, const float *a, Layout la, const float *b, Layout lb, float beta, float *d, Layout ld) {
  uint64_t inputs = la.rows, outputs = la.columns, rows = lb.columns;
  std::vector<float> w = taken(a, inputs, outputs, la.leading, p.compute);
  std::vector<float> x = taken(b, inputs, rows, lb.leading, p.compute);
  std::vector<float> t(inputs * outputs); // [inputs][outputs]
  for (uint64_t o = 0; o < outputs; o++)
    for (uint64_t i = 0; i < inputs; i++) t[i * outputs + o] = w[o * inputs + i];
  const int O = 32, R = 4;
  for (uint64_t r = 0; r < rows; r += R)
    for (uint64_t o = 0; o < outputs; o += O) {
      uint64_t many = std::min<uint64_t>(R, rows - r), wide = std::min<uint64_t>(O, outputs - o);
      float sum[R][O] = {};
      if (many == R && wide == O) {
        for (uint64_t i = 0; i < inputs; i++)
          for (int k = 0; k < R; k++)
            for (int j = 0; j < O; j++) sum[k][j] += x[(r + k) * inputs + i] * t[i * outputs + o + j];
      } else {
        for (uint64_t i = 0; i < inputs; i++)
          for (uint64_t k = 0; k < many; k++)
            for (uint64_t j = 0; j < wide; j++) sum[k][j] += x[(r + k) * inputs + i] * t[i * outputs + o + j];
      }
      for (uint64_t k = 0; k < many; k++)
        for (uint64_t j = 0; j < wide; j++) {
          float &to = d[(r + k) * ld.leading + o + j];
          float v = sum[k][j] + (beta == 0 ? 0 : beta * to);
          to = function(p.epilogue, p.epilogue & BIAS_BIT ? v + p.bias[o + j] : v);
        }
    }
}

uint64_t extent(const Layout &l) { return 4 * ((l.columns - 1) * l.leading + l.rows); }
} // namespace

extern "C" {
const char *cublasLtGetStatusName(int s) {
  return s == SUCCESS ? "CUBLAS_STATUS_SUCCESS" : s == INVALID_VALUE ? "CUBLAS_STATUS_INVALID_VALUE"
         : s == NOT_SUPPORTED ? "CUBLAS_STATUS_NOT_SUPPORTED" : "CUBLAS_STATUS_UNKNOWN";
}
const char *cublasLtGetStatusString(int) { return "the emulator's text"; }
size_t cublasLtGetVersion() { return 130000; }
int cublasLtCreate(void **handle) { *handle = new int; return SUCCESS; }

int cublasLtMatmulDescCreate(Product **made, int compute, int) {
  *made = new Product{compute, 0, 1, nullptr};
  return compute == COMPUTE_32F || compute == FAST_16BF || compute == FAST_TF32 ? SUCCESS : NOT_SUPPORTED;
}
int cublasLtMatmulDescDestroy(Product *p) { delete p; return SUCCESS; }
int cublasLtMatmulDescSetAttribute(Product *p, int attribute, const void *value, size_t bytes) {
  if (attribute == BIAS_POINTER && bytes == 8) memcpy(&p->bias, value, 8);
  else if (attribute == TRANSA && bytes == 4) memcpy(&p->transposed, value, 4);
  else if (attribute == EPILOGUE && bytes == 4) memcpy(&p->epilogue, value, 4);
  else return INVALID_VALUE;
  return SUCCESS;
}
int cublasLtMatrixLayoutCreate(Layout **made, int type, uint64_t rows, uint64_t columns, int64_t leading) {
  *made = new Layout{rows, columns, leading};
  return type == 0 ? SUCCESS : NOT_SUPPORTED;
}
int cublasLtMatrixLayoutDestroy(Layout *l) { delete l; return SUCCESS; }
int cublasLtMatmulPreferenceCreate(Preference **made) { *made = new Preference{0, 256}; return SUCCESS; }
int cublasLtMatmulPreferenceDestroy(Preference *p) { delete p; return SUCCESS; }
int cublasLtMatmulPreferenceSetAttribute(Preference *p, int attribute, const void *value, size_t bytes) {
  if (attribute == WORKSPACE && bytes == 8) {
    memcpy(&p->workspace, value, 8);
    return SUCCESS;
  }
  if (attribute < ALIGNMENT_A || attribute > ALIGNMENT_D || bytes != 4) return INVALID_VALUE;
  int alignment;
  memcpy(&alignment, value, 4);
  p->least = std::min(p->least, alignment);
  return SUCCESS;
}
int cublasLtMatmulAlgoGetHeuristic(void *, Product *p, Layout *a, Layout *b, Layout *c, Layout *d, Preference *wish, int wanted,
                                   Result *results, int *found) {
  *found = 0;
  int known = RELU_BIT | BIAS_BIT | GELU_BIT | 1;
  if (wanted < 1 || p->transposed != 1 || (p->epilogue & ~known)) return NOT_SUPPORTED;
  if (a->rows != b->rows || a->columns != d->rows || b->columns != d->columns || c->rows != d->rows ||
      a->leading < (int64_t) a->rows || b->leading < (int64_t) b->rows || d->leading < (int64_t) d->rows)
    return INVALID_VALUE;
  // tensor cores of some GPUs are fed 16 bytes at a time
  if (p->compute != COMPUTE_32F && wish->least < 16) return NOT_SUPPORTED;
  memset(results, 0, sizeof *results);
  *found = 1;
  return SUCCESS;
}
int cublasLtMatmul(void *, Product *p, const void *alpha, const void *a, Layout *la, const void *b, Layout *lb,
                   const void *beta, const void *c, Layout *, void *d, Layout *ld, const Algorithm *algorithm,
                   void *workspace, size_t bytes, void *stream) {
  bool inside = emulator_on_card((uint64_t) a, extent(*la)) && emulator_on_card((uint64_t) b, extent(*lb)) &&
                emulator_on_card((uint64_t) d, extent(*ld)) && emulator_on_card((uint64_t) workspace, bytes) &&
                (!(p->epilogue & BIAS_BIT) || emulator_on_card((uint64_t) p->bias, 4 * la->columns));
  if (!inside || c != d || *(const float *) alpha != 1 || algorithm == nullptr) return INVALID_VALUE;
  Product product = *p;
  Layout A = *la, B = *lb, D = *ld;
  float scale = *(const float *) beta;
  emulator_enqueue(stream, [=] { multiply(product, (const float *) a, A, (const float *) b, B, scale, (float *) d, D); });
  return SUCCESS;
}
}
