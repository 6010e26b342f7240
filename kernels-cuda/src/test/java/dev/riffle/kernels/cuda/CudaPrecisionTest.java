package dev.riffle.kernels.cuda;

import static dev.riffle.kernels.TestValues.linear;
import static dev.riffle.kernels.TestValues.mlp;
import static dev.riffle.kernels.TestValues.run;
import static dev.riffle.kernels.TestValues.switchUnit;
import static dev.riffle.kernels.TestValues.values;
import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Positions;
import dev.riffle.kernels.Shuffle;
import dev.riffle.kernels.Tensor;
import dev.riffle.kernels.TestValues.Operation;
import dev.riffle.models.families.Families;
import dev.riffle.models.golden.GoldenResult;
import dev.riffle.models.golden.GoldenStatus;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Products of windows in less than float32. On the emulator the factors are rounded as a GPU rounds
 * them; the order of a GPU's sums is not shown.
 */
class CudaPrecisionTest {
  /** Set to {@code all} for every golden of the window families; a few otherwise. */
  private static final String GOLDENS = "riffle.test.goldens";

  private static CudaKernels kernels(CudaOptions.Precision precision) {
    return TestGpu.of(precision, 4);
  }

  private static double allowed(CudaOptions.Precision precision) {
    return switch (precision) {
      case FP32 -> 2e-5;
      case TF32 -> 5e-3; // 2^-11 for each factor
      case BF16 -> 4e-2; // 2^-8
    };
  }

  @ParameterizedTest
  @EnumSource(CudaOptions.Precision.class)
  void aSwitchUnitIsAsPreciseAsItsProducts(CudaOptions.Precision precision) {
    int length = 128;
    int width = 24;
    compare(
        precision, 2 * length * width, switchUnit(new Positions(2, length, Shuffle.RIGHT), width));
  }

  @ParameterizedTest
  @EnumSource(Shuffle.class)
  void aSwitchUnitOnTensorCoresIsTheSameInBothTilings(Shuffle shuffle) {
    for (int[] shape : new int[][] {{3, 64, 17}, {2, 256, 24}, {1, 512, 20}, {3, 128, 33}}) {
      int sequences = shape[0];
      int length = shape[1];
      int width = shape[2];
      Operation operation = switchUnit(new Positions(sequences, length, shuffle), width);
      int size = sequences * length * width;
      double[] expected = run(Backends.find("reference"), size, operation);
      for (int parts : new int[] {1, 1000}) {
        Kernels k = TestGpu.anyThread(TestGpu.of(CudaOptions.Precision.TF32, parts).forWindows());
        double[] found = run(k, size, operation);
        for (int i = 0; i < size; i++) {
          double far = Math.abs(found[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
          assertThat(far).as("value %d", i).isLessThan(allowed(CudaOptions.Precision.TF32));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(CudaOptions.Precision.class)
  void anMlpIsAsPreciseAsItsProducts(CudaOptions.Precision precision) {
    compare(precision, 75 * 56, mlp(56, 40, 75));
  }

  @ParameterizedTest
  @EnumSource(CudaOptions.Precision.class)
  void aProductOfWindowsMayBeginAnywhere(CudaOptions.Precision precision) {
    Operation operation =
        (k, y) -> {
          Tensor x = values(k, 1, 40 * 32 + 1).view(1, 40 * 32);
          k.linear(linear(k, 2, 32, 24), x, y, 40);
        };
    double[] expected = run(Backends.find("reference"), 40 * 24, operation);
    double[] found = run(TestGpu.anyThread(kernels(precision).forWindows()), 40 * 24, operation);
    for (int i = 0; i < found.length; i++) {
      double far = Math.abs(found[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
      assertThat(far).as("value %d", i).isLessThan(allowed(precision));
    }
  }

  private static void compare(CudaOptions.Precision precision, int size, Operation operation) {
    double[] expected = run(Backends.find("reference"), size, operation);
    double[] found = run(TestGpu.anyThread(kernels(precision).forWindows()), size, operation);
    double worst = 0;
    for (int i = 0; i < size; i++) {
      worst =
          Math.max(worst, Math.abs(found[i] - expected[i]) / Math.max(1, Math.abs(expected[i])));
    }
    assertThat(worst).isLessThan(allowed(precision));
    if (precision != CudaOptions.Precision.FP32) {
      assertThat(worst).as("or nothing was rounded").isGreaterThan(allowed(precision) / 100);
    }
  }

  /** Prints how far each precision is from what was recorded, and holds float32 to its limits. */
  @Test
  void theErrorsOfEveryPrecisionOverTheGoldens() throws Exception {
    boolean all = "all".equals(System.getProperty(GOLDENS));
    List<Path> goldens =
        CudaGoldensTest.goldens().stream()
            .filter(g -> g.toString().matches(".*/goldens/(chordmixer|rse|routing)/.*"))
            .filter(
                g ->
                    all
                        || g.getFileName()
                            .toString()
                            .matches("(chord-12|rse-music-01|routing-22).*"))
            .toList();
    assertThat(goldens).isNotEmpty();
    System.out.println(
        Emulator.onRealGpu() ? "On a GPU:" : "On the emulator, factors rounded as a GPU does:");
    for (CudaOptions.Precision precision : CudaOptions.Precision.values()) {
      List<GoldenResult> results = new ArrayList<>();
      for (Path golden : goldens) {
        results.add(Families.check(golden, new Kernels(kernels(precision))));
      }
      for (GoldenStatus s : GoldenStatus.of(results)) {
        System.out.printf(
            Locale.ROOT,
            "%s %-19s %2d of %2d within their limit, worst error %.1e where %.1e is allowed (%s, %s)%n",
            precision,
            s.worst().family(),
            s.passed(),
            s.count(),
            s.worst().maxError(),
            s.worst().tolerance(),
            s.worst().file(),
            s.worst().stage());
        assertThat(precision != CudaOptions.Precision.FP32 || s.passed() == s.count()).isTrue();
      }
    }
  }
}
