package dev.riffle.kernels.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The libraries that stand in for CUDA's in tests (src/test/resources/emulator), built once by g++
 * where the tests' class path is. With the profile {@code gpu} the machine's own are taken.
 */
final class Emulator {
  private static final String PATH = "LD_LIBRARY_PATH";
  private static final Path HOME = Path.of("target", "test-classes", "emulator").toAbsolutePath();
  private static final List<String> FLAGS =
      List.of("-std=c++17", "-O2", "-march=native", "-shared", "-fPIC", "-Wl,--default-symver");

  private static final int LIBRARIES = 5;

  private static String missing; // why there is none, once looked

  private Emulator() {}

  /** Whether a real GPU is asked for. */
  static boolean onRealGpu() {
    return !HOME.toString().equals(System.getenv(PATH));
  }

  /** Has the libraries ready, or skips the test and says why. */
  static synchronized void require() {
    if (onRealGpu()) {
      return;
    }
    if (missing == null) {
      missing = build();
    }
    assumeTrue(missing.isEmpty(), missing);
  }

  /** A GPU with these kernels, on this thread. */
  static Gpu open(CudaOptions options, Source... units) {
    require();
    return Gpu.open(options, List.of(units), Source.headers());
  }

  private static String build() {
    if (!System.getProperty("os.name").equals("Linux")
        || !System.getProperty("os.arch").equals("amd64")) {
      return "The CUDA emulator is for Linux on x86-64.";
    }
    try {
      FileTime sources = changed(".cpp", ".h").max(FileTime::compareTo).orElseThrow();
      if (changed(".so.1", ".so.13").filter(t -> t.compareTo(sources) > 0).count() == LIBRARIES) {
        return "";
      }
      if (run(Map.of(), "g++", "--version").status != 0) {
        return "There is no g++ to build the CUDA emulator with.";
      }
      Path empty = HOME.resolve("emulator_empty.cpp");
      library("libcuda.so.1", HOME.resolve("emulator_cuda.cpp").toString(), "-ldl", "-lpthread");
      library("libnvrtc.so.13", "-O1", HOME.resolve("emulator_nvrtc.cpp").toString());
      library("libcudart.so.13", empty.toString());
      library("libcublas.so.13", empty.toString());
      library(
          "libcublasLt.so.13",
          HOME.resolve("emulator_cublaslt.cpp").toString(),
          "-O3",
          "-L" + HOME,
          "-l:libcuda.so.1");
      return "";
    } catch (IOException e) {
      throw new UncheckedIOException("The emulator does not build in " + HOME, e);
    }
  }

  /** When files of the emulator that end so were changed. */
  private static Stream<FileTime> changed(String... ends) throws IOException {
    try (Stream<Path> files = Files.list(HOME)) {
      return files
          .filter(f -> Arrays.stream(ends).anyMatch(f.toString()::endsWith))
          .map(f -> FileTime.fromMillis(f.toFile().lastModified()))
          .toList()
          .stream();
    }
  }

  private static void library(String name, String... with) throws IOException {
    List<String> command = new ArrayList<>(List.of("g++"));
    command.addAll(FLAGS);
    command.addAll(List.of("-Wl,-soname," + name, "-o", HOME.resolve(name).toString()));
    command.addAll(List.of(with));
    Run built = run(Map.of(), command.toArray(String[]::new));
    if (built.status != 0) {
      throw new IOException(built.output);
    }
  }

  /** What a process came to. */
  record Run(int status, String output) {}

  /** Runs a command; status 127 where there is none of that name. */
  static Run run(Map<String, String> environment, String... command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      return new Run(127, e.getMessage());
    }
    try (InputStream out = process.getInputStream()) {
      String said = new String(out.readAllBytes(), StandardCharsets.UTF_8);
      return new Run(process.waitFor(), said);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + command[0] + " ran", e);
    }
  }

  /**
   * Runs a program in a JVM of its own.
   *
   * @param without entries of the class path that hold one of these are left out
   */
  static Run java(
      Map<String, String> environment, List<String> options, List<String> without, Class<?> main)
      throws IOException {
    String path =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(
                entry ->
                    entry.endsWith("test-classes") || without.stream().noneMatch(entry::contains))
            .collect(Collectors.joining(File.pathSeparator));
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(
        List.of(
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-Dorg.bytedeco.javacpp.cachedir="
                + System.getProperty("org.bytedeco.javacpp.cachedir")));
    command.addAll(options);
    command.addAll(List.of("-cp", path, main.getName()));
    return run(environment, command.toArray(String[]::new));
  }
}
