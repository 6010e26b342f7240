package dev.riffle.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.cuda.CudaOptions.Precision;
import dev.riffle.kernels.cuda.Products.Epilogue;
import dev.riffle.kernels.cuda.Products.Shape;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Products against sums in double, on the emulator for cuBLASLt or on a GPU. */
class ProductsTest {
  private static Gpu gpu;

  @BeforeAll
  static void open() {
    gpu = Emulator.open(CudaOptions.of(name -> null));
  }

  private static float[] random(int seed, int count) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** So many floats, from an address that is a multiple of {@code 4 off} alone. */
  private static Memory upload(float[] values, int off) {
    Memory memory = gpu.allocate(4L * (values.length + off));
    gpu.upload(values, 0, memory.address() + 4L * off, values.length);
    return memory;
  }

  /** The largest error of a product beside its definition, relative to 1 or to the answer. */
  private static double error(Shape s, int off) {
    float[] w = random(1, s.outputs() * s.inputs());
    float[] b = random(2, s.outputs());
    float[] x = random(3, (s.rows() - 1) * s.stride() + s.inputs());
    float[] y = random(4, s.rows() * s.outputs());
    float[] got = new float[y.length];
    try (Memory wm = upload(w, off);
        Memory bm = upload(b, 0);
        Memory xm = upload(x, off);
        Memory ym = upload(y, off)) {
      long skip = 4L * off;
      gpu.products()
          .multiply(s, wm.address() + skip, bm.address(), xm.address() + skip, ym.address() + skip);
      gpu.download(ym.address() + skip, got, 0, got.length);
    }
    double worst = 0;
    for (int r = 0; r < s.rows(); r++) {
      for (int o = 0; o < s.outputs(); o++) {
        double sum = s.add() ? y[r * s.outputs() + o] : 0;
        for (int i = 0; i < s.inputs(); i++) {
          sum += (double) x[r * s.stride() + i] * w[o * s.inputs() + i];
        }
        double expected = function(s.epilogue(), sum, b[o]);
        double distance = Math.abs(got[r * s.outputs() + o] - expected);
        worst = Math.max(worst, distance / Math.max(1, Math.abs(expected)));
      }
    }
    return worst;
  }

  private static double function(Epilogue epilogue, double sum, double bias) {
    return switch (epilogue) {
      case NONE -> sum;
      case BIAS -> sum + bias;
      case RELU -> Math.max(0, sum);
      case BIAS_RELU -> Math.max(0, sum + bias);
      case GELU_TANH -> geluTanh(sum);
      case BIAS_GELU_TANH -> geluTanh(sum + bias);
    };
  }

  private static double geluTanh(double x) {
    return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
  }

  @ParameterizedTest
  @EnumSource(Epilogue.class)
  void anEpilogueIsWhatItsNameSays(Epilogue epilogue) {
    Shape shape = Shape.of(7, 33, 65, epilogue, Precision.FP32);
    assertThat(gpu.products().can(shape, 256, 256, 256)).isTrue();
    assertThat(error(shape, 0)).isLessThan(2e-5);
  }

  @ParameterizedTest
  @CsvSource({"1,1,1,1", "64,128,192,192", "5,32,12,16", "37,3,704,704"})
  void shapesStridesAndAlignmentsAreTaken(int rows, int outputs, int inputs, int stride) {
    for (int off : new int[] {0, 1, 4}) {
      for (boolean add : new boolean[] {false, true}) {
        Shape shape = new Shape(rows, outputs, inputs, stride, Epilogue.BIAS, add, Precision.FP32);
        assertThat(error(shape, off)).as("%s at %d", shape, off).isLessThan(1e-4);
      }
    }
  }

  @Test
  void aPrecisionRoundsTheFactorsAndNoMore() {
    double tf32 = error(Shape.of(64, 64, 128, Epilogue.BIAS, Precision.TF32), 0);
    double bf16 = error(Shape.of(64, 64, 128, Epilogue.BIAS, Precision.BF16), 0);
    assertThat(tf32).isBetween(5e-5, 2e-2);
    assertThat(bf16).isBetween(5e-4, 2e-1);
    System.out.printf(
        "largest error of 4096 products of 128 terms: tf32 %.1e, bf16 %.1e%n", tf32, bf16);
  }

  @Test
  void biasesMayChangeFromCallToCall() {
    Shape shape = Shape.of(1, 2, 1, Epilogue.BIAS, Precision.FP32);
    try (Memory one = upload(new float[] {1, 1}, 0);
        Memory ten = upload(new float[] {10, 20}, 0);
        Memory y = gpu.allocate(8)) {
      for (float[] expected : new float[][] {{2, 2}, {11, 21}, {2, 2}}) {
        Memory bias = expected[0] == 2 ? one : ten;
        gpu.products().multiply(shape, one.address(), bias.address(), one.address(), y.address());
        float[] got = new float[2];
        gpu.download(y.address(), got, 0, 2);
        assertThat(got).containsExactly(expected);
      }
    }
  }

  @Test
  void manyShapesMayComeAndGo() {
    for (int rows = 1; rows <= 600; rows++) {
      Shape shape = Shape.of(rows, 2, 2, Epilogue.NONE, Precision.FP32);
      assertThat(gpu.products().can(shape, 256, 256, 256)).isTrue();
    }
    assertThat(error(Shape.of(1, 2, 2, Epilogue.NONE, Precision.FP32), 0)).isLessThan(1e-5);
  }

  @Test
  void aShapeThatIsNoneIsRefused() {
    assertThatThrownBy(() -> new Shape(4, 8, 16, 8, Epilogue.NONE, false, Precision.FP32))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("stride of at least its inputs");
  }
}
