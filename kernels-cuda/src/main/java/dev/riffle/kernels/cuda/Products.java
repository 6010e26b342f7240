package dev.riffle.kernels.cuda;

import static org.bytedeco.cuda.global.cublas.*;
import static org.bytedeco.cuda.global.cudart.CUDA_R_32F;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.cuda.cublas.cublasLtContext;
import org.bytedeco.cuda.cublas.cublasLtMatmulAlgo_t;
import org.bytedeco.cuda.cublas.cublasLtMatmulDescOpaque_t;
import org.bytedeco.cuda.cublas.cublasLtMatmulHeuristicResult_t;
import org.bytedeco.cuda.cublas.cublasLtMatmulPreferenceOpaque_t;
import org.bytedeco.cuda.cublas.cublasLtMatrixLayoutOpaque_t;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;

/**
 * Products of a batch by cuBLASLt: y = f(x W^T + b), row-major float32. The way to compute one is
 * chosen by cuBLASLt's heuristics for each shape, once, and kept for the shapes used last.
 *
 * <p>A row's bits depend on how many rows the call has, so these are products of whole windows.
 */
final class Products {
  private static final int MOST_PLANS = 512;
  private static final long WORKSPACE = 32L << 20; // what NVIDIA advises for Hopper
  private static final int MOST_ALIGNMENT = 256;

  /** What is done to a product before it is written. */
  enum Epilogue {
    NONE(CUBLASLT_EPILOGUE_DEFAULT, false),
    BIAS(CUBLASLT_EPILOGUE_BIAS, true),
    RELU(CUBLASLT_EPILOGUE_RELU, false),
    BIAS_RELU(CUBLASLT_EPILOGUE_RELU_BIAS, true),
    /** cuBLASLt's GELU is the one by tanh. */
    GELU_TANH(CUBLASLT_EPILOGUE_GELU, false),
    BIAS_GELU_TANH(CUBLASLT_EPILOGUE_GELU_BIAS, true);

    private final int code;
    private final boolean biased;

    Epilogue(int code, boolean biased) {
      this.code = code;
      this.biased = biased;
    }
  }

  /**
   * One kind of product.
   *
   * @param stride values from one row of x to the next, {@code inputs} or more
   * @param add whether the product, before bias and function, is added to y
   */
  record Shape(
      int rows,
      int outputs,
      int inputs,
      int stride,
      Epilogue epilogue,
      boolean add,
      CudaOptions.Precision precision) {

    /** A product of rows that follow one another, written over y. */
    static Shape of(
        int rows, int outputs, int inputs, Epilogue epilogue, CudaOptions.Precision precision) {
      return new Shape(rows, outputs, inputs, inputs, epilogue, false, precision);
    }

    Shape {
      if (rows < 1 || outputs < 1 || inputs < 1 || stride < inputs) {
        throw new IllegalArgumentException(
            "A product needs rows, outputs and inputs of 1 or more and a stride of at least its"
                + " inputs, but has "
                + rows
                + ", "
                + outputs
                + ", "
                + inputs
                + " and "
                + stride
                + ".");
      }
    }
  }

  private record Key(Shape shape, int weightAt, int xAt, int yAt) {}

  private final Gpu gpu;
  private final CUstream_st stream;
  private final cublasLtContext handle = new cublasLtContext();
  private final Memory workspace;
  private final Map<Key, Plan> plans =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Plan> eldest) {
          if (size() <= MOST_PLANS) {
            return false;
          }
          eldest.getValue().close();
          return true;
        }
      };

  private final FloatPointer one = new FloatPointer(1f);
  private final FloatPointer zero = new FloatPointer(0f);
  private final Address a = new Address();
  private final Address b = new Address();
  private final Address d = new Address();
  private final Address work = new Address();

  Products(Gpu gpu, CUstream_st stream) {
    this.gpu = gpu;
    this.stream = stream;
    Calls.checkBlas("cublasLtCreate", cublasLtCreate(handle));
    this.workspace = gpu.allocate(Math.min(WORKSPACE, gpu.ceiling() / 16));
  }

  /** Whether cuBLASLt has a way to compute this from and to memory that lies so. */
  boolean can(Shape shape, long weight, long x, long y) {
    return plan(new Key(shape, alignment(weight), alignment(x), alignment(y))).found;
  }

  /**
   * y = f(x W^T + b).
   *
   * @param weight address of {@code [outputs, inputs]}
   * @param bias address of {@code [outputs]}, a multiple of 16; 0 where the epilogue has none
   * @param x address of {@code [rows, inputs]}, rows {@code stride} apart
   * @param y address of {@code [rows, outputs]}
   * @throws IllegalStateException if cuBLASLt has no way to compute this: {@link #can} tells before
   */
  void multiply(Shape shape, long weight, long bias, long x, long y) {
    Plan plan = plan(new Key(shape, alignment(weight), alignment(x), alignment(y)));
    if (!plan.found) {
      throw new IllegalStateException("cuBLASLt has no way to compute " + shape + ".");
    }
    plan.bias(bias);
    Calls.checkBlas(
        "cublasLtMatmul of " + shape,
        cublasLtMatmul(
            handle,
            plan.product,
            one,
            a.at(weight),
            plan.weight,
            b.at(x),
            plan.x,
            shape.add ? one : zero,
            d.at(y),
            plan.y,
            d,
            plan.y,
            plan.algorithm,
            work.at(workspace.address()),
            workspace.bytes(),
            stream));
    gpu.launched("cublasLtMatmul");
  }

  private Plan plan(Key key) {
    Plan plan = plans.get(key);
    if (plan == null) {
      plan = new Plan(key);
      plans.put(key, plan);
    }
    return plan;
  }

  private static int alignment(long address) {
    return (int) Math.min(MOST_ALIGNMENT, Long.lowestOneBit(address));
  }

  /**
   * How a product is computed. cuBLASLt's matrices are column-major, so that x row-major [rows,
   * inputs] is [inputs, rows] to it, and y^T = W x^T [outputs, rows] is what it computes.
   */
  private final class Plan {
    private final cublasLtMatmulDescOpaque_t product;
    private final cublasLtMatrixLayoutOpaque_t weight;
    private final cublasLtMatrixLayoutOpaque_t x;
    private final cublasLtMatrixLayoutOpaque_t y;
    private final cublasLtMatmulHeuristicResult_t result = new cublasLtMatmulHeuristicResult_t(1);
    private final cublasLtMatmulAlgo_t algorithm;
    private final boolean biased;
    private final boolean found;
    private long bias; // address that the descriptor holds

    private Plan(Key key) {
      Shape s = key.shape;
      biased = s.epilogue.biased;
      product = descriptor(compute(s.precision));
      set(product, CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_T);
      set(product, CUBLASLT_MATMUL_DESC_EPILOGUE, s.epilogue.code);
      weight = layout(s.inputs, s.outputs, s.inputs);
      x = layout(s.inputs, s.rows, s.stride);
      y = layout(s.outputs, s.rows, s.outputs);
      bias(workspace.address()); // heuristics want a bias to be there; any aligned address
      found = search(key);
      algorithm = result.algo();
    }

    private boolean search(Key key) {
      cublasLtMatmulPreferenceOpaque_t wish = preference();
      try (SizeTPointer bytes = new SizeTPointer(1).put(workspace.bytes());
          IntPointer count = new IntPointer(1).put(0)) {
        Calls.checkBlas(
            "cublasLtMatmulPreferenceSetAttribute",
            cublasLtMatmulPreferenceSetAttribute(
                wish, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, bytes, bytes.sizeof()));
        set(wish, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, key.weightAt);
        set(wish, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, key.xAt);
        set(wish, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, key.yAt);
        set(wish, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, key.yAt);
        int searched =
            cublasLtMatmulAlgoGetHeuristic(
                handle, product, weight, x, y, y, wish, 1, result, count);
        if (searched != CUBLAS_STATUS_NOT_SUPPORTED) {
          Calls.checkBlas("cublasLtMatmulAlgoGetHeuristic of " + key.shape, searched);
        }
        return searched == CUBLAS_STATUS_SUCCESS
            && count.get() > 0
            && result.state() == CUBLAS_STATUS_SUCCESS;
      } finally {
        Calls.checkBlas("cublasLtMatmulPreferenceDestroy", cublasLtMatmulPreferenceDestroy(wish));
      }
    }

    private void bias(long address) {
      if (biased && address != bias) {
        try (LongPointer pointer = new LongPointer(1).put(address)) {
          Calls.checkBlas(
              "cublasLtMatmulDescSetAttribute",
              cublasLtMatmulDescSetAttribute(
                  product, CUBLASLT_MATMUL_DESC_BIAS_POINTER, pointer, pointer.sizeof()));
        }
        bias = address;
      }
    }

    private void close() {
      cublasLtMatmulDescDestroy(product);
      cublasLtMatrixLayoutDestroy(weight);
      cublasLtMatrixLayoutDestroy(x);
      cublasLtMatrixLayoutDestroy(y);
      result.close();
    }
  }

  private static int compute(CudaOptions.Precision precision) {
    return switch (precision) {
      case FP32 -> CUBLAS_COMPUTE_32F;
      case TF32 -> CUBLAS_COMPUTE_32F_FAST_TF32;
      case BF16 -> CUBLAS_COMPUTE_32F_FAST_16BF;
    };
  }

  private static cublasLtMatmulDescOpaque_t descriptor(int compute) {
    try (PointerPointer<Pointer> made = new PointerPointer<>(1)) {
      Calls.checkBlas(
          "cublasLtMatmulDescCreate", cublasLtMatmulDescCreate(made, compute, CUDA_R_32F));
      return new cublasLtMatmulDescOpaque_t(made.get(0));
    }
  }

  private static cublasLtMatrixLayoutOpaque_t layout(long rows, long columns, long leading) {
    try (PointerPointer<Pointer> made = new PointerPointer<>(1)) {
      Calls.checkBlas(
          "cublasLtMatrixLayoutCreate",
          cublasLtMatrixLayoutCreate(made, CUDA_R_32F, rows, columns, leading));
      return new cublasLtMatrixLayoutOpaque_t(made.get(0));
    }
  }

  private static cublasLtMatmulPreferenceOpaque_t preference() {
    try (PointerPointer<Pointer> made = new PointerPointer<>(1)) {
      Calls.checkBlas("cublasLtMatmulPreferenceCreate", cublasLtMatmulPreferenceCreate(made));
      return new cublasLtMatmulPreferenceOpaque_t(made.get(0));
    }
  }

  private static void set(cublasLtMatmulDescOpaque_t product, int attribute, int value) {
    try (IntPointer pointer = new IntPointer(1).put(value)) {
      Calls.checkBlas(
          "cublasLtMatmulDescSetAttribute",
          cublasLtMatmulDescSetAttribute(product, attribute, pointer, pointer.sizeof()));
    }
  }

  private static void set(cublasLtMatmulPreferenceOpaque_t wish, int attribute, int value) {
    try (IntPointer pointer = new IntPointer(1).put(value)) {
      Calls.checkBlas(
          "cublasLtMatmulPreferenceSetAttribute",
          cublasLtMatmulPreferenceSetAttribute(wish, attribute, pointer, pointer.sizeof()));
    }
  }
}
