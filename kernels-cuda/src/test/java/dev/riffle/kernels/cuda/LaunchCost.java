package dev.riffle.kernels.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerPointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What Java's side of a launch costs: the binding beside a shim of our own, over a driver whose
 * launch returns at once. Runs where it is named ({@code -Dtest=LaunchCost}), with no other test.
 */
class LaunchCost {
  private static final int LAUNCHES = 2_000_000;
  private static final int ROUNDS = 9;
  private static final int ARGUMENTS = 8;

  private static final String DRIVER =
      """
      extern "C" int cuLaunchKernel(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *,
                                    void **, void **) { return 0; }
      """;
  private static final String SHIM =
      """
      extern "C" int cuLaunchKernel(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *,
                                    void **, void **);
      extern "C" int Java_dev_riffle_kernels_cuda_LaunchCost_launch(void *, void *, long f, int gx, int gy, int gz, int bx,
                                                                    int by, int bz, int shared, long stream, long p) {
        return cuLaunchKernel((void *) f, gx, gy, gz, bx, by, bz, shared, (void *) stream, (void **) p, nullptr);
      }
      """;

  static native int launch(
      long f, int gx, int gy, int gz, int bx, int by, int bz, int shared, long stream, long p);

  @Test
  void costOfALaunch(@TempDir Path folder) throws IOException {
    assumeTrue(Emulator.run(Map.of(), "g++", "--version").status() == 0, "There is no g++.");
    library(folder, "libcudart.so.13", "");
    library(folder, "libcuda.so.1", DRIVER);
    library(folder, "libshim.so", SHIM, "-L" + folder, "-l:libcuda.so.1");
    Loader.load(org.bytedeco.javacpp.presets.javacpp.class);
    for (String name : new String[] {"libcudart.so.13", "libcuda.so.1"}) {
      Loader.loadGlobal(folder.resolve(name).toString());
    }
    System.load(folder.resolve("libshim.so").toString());

    LongPointer values = new LongPointer(ARGUMENTS);
    PointerPointer<LongPointer> places = new PointerPointer<>(ARGUMENTS);
    for (int i = 0; i < ARGUMENTS; i++) {
      places.put(i, values.getPointer(i));
    }
    LongBuffer buffer = values.asBuffer();
    CUfunc_st function = new CUfunc_st();
    CUstream_st stream = new CUstream_st();
    PointerPointer<LongPointer> nothing = null;
    long at = places.address();
    IntUnaryOperator bound =
        i -> {
          for (int a = 0; a < ARGUMENTS; a++) {
            buffer.put(a, i);
          }
          return cudart.cuLaunchKernel(function, i, 1, 1, 256, 1, 1, 0, stream, places, nothing);
        };
    IntUnaryOperator shim =
        i -> {
          for (int a = 0; a < ARGUMENTS; a++) {
            buffer.put(a, i);
          }
          return launch(0, i, 1, 1, 256, 1, 1, 0, 0, at);
        };
    List<Double> boundTimes = new ArrayList<>();
    List<Double> shimTimes = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      boundTimes.add(nanoseconds(bound));
      shimTimes.add(nanoseconds(shim));
    }
    System.out.printf(
        "a launch with %d arguments: binding %.1f ns, shim %.1f ns (fastest of %d rounds)%n",
        ARGUMENTS,
        boundTimes.stream().min(Double::compare).orElseThrow(),
        shimTimes.stream().min(Double::compare).orElseThrow(),
        ROUNDS);
  }

  private static double nanoseconds(IntUnaryOperator launch) {
    int failed = 0;
    long start = System.nanoTime();
    for (int i = 0; i < LAUNCHES; i++) {
      failed += launch.applyAsInt(i);
    }
    double each = (System.nanoTime() - start) / (double) LAUNCHES;
    if (failed != 0) {
      throw new IllegalStateException("a launch failed");
    }
    return each;
  }

  private static void library(Path folder, String name, String text, String... with)
      throws IOException {
    Path source = Files.writeString(folder.resolve(name + ".cpp"), text);
    List<String> command =
        new ArrayList<>(
            List.of(
                "g++", "-O2", "-shared", "-fPIC", "-Wl,--default-symver", "-Wl,-soname," + name));
    command.addAll(List.of("-o", folder.resolve(name).toString(), source.toString()));
    command.addAll(List.of(with));
    Emulator.Run run = Emulator.run(Map.of(), command.toArray(String[]::new));
    if (run.status() != 0) {
      throw new IOException(run.output());
    }
  }
}
