package dev.riffle.cli.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * NVIDIA GPUs of a machine, read from files: no library is loaded and no GPU is used. What the
 * driver itself says, a backend asks it.
 */
final class GpuReport {
  /** What the backend {@code cuda} needs besides the driver. */
  static final List<String> LIBRARIES = List.of("libnvrtc.so.13", "libcublasLt.so.13");

  static final String DRIVER = "libcuda.so.1";

  private static final String NVIDIA = "0x10de"; // of the PCI vendors
  private static final String DISPLAY = "0x03"; // of the PCI classes
  private static final Pattern VERSION = Pattern.compile(" (\\d+\\.\\d+(?:\\.\\d+)?) ");
  private static final Pattern MODEL = Pattern.compile("(?m)^Model:\\s*(.+?)\\s*$");
  private static final List<String> FOLDERS =
      List.of(
          "usr/lib/x86_64-linux-gnu",
          "usr/lib64",
          "usr/lib/wsl/lib",
          "usr/local/nvidia/lib64",
          "usr/local/cuda/lib64");

  private final Path root;
  private final String libraryPath;

  /**
   * @param root of the machine's files
   * @param libraryPath folders that the linker looks into first, with colons between; may be empty
   */
  GpuReport(Path root, String libraryPath) {
    this.root = root;
    this.libraryPath = libraryPath;
  }

  /** Those of this machine. */
  static GpuReport ofThisMachine() {
    String path = System.getenv("LD_LIBRARY_PATH");
    return new GpuReport(Path.of("/"), path == null ? "" : path);
  }

  /** Version of the driver that the kernel has loaded; empty where there is none. */
  Optional<String> driver() {
    Matcher version = VERSION.matcher(text(root.resolve("proc/driver/nvidia/version")));
    return version.find() ? Optional.of(version.group(1)) : Optional.empty();
  }

  /** Names of the GPUs that the driver lists. */
  List<String> models() {
    List<String> models = new ArrayList<>();
    for (Path gpu : list(root.resolve("proc/driver/nvidia/gpus"))) {
      Matcher model = MODEL.matcher(text(gpu.resolve("information")));
      models.add(model.find() ? model.group(1) : "an unnamed GPU");
    }
    return models;
  }

  /** Number of NVIDIA GPUs on the PCI bus, with or without a driver. */
  int onBus() {
    int count = 0;
    for (Path device : list(root.resolve("sys/bus/pci/devices"))) {
      if (text(device.resolve("vendor")).strip().equals(NVIDIA)
          && text(device.resolve("class")).startsWith(DISPLAY)) {
        count++;
      }
    }
    return count;
  }

  /** Where the linker would find a library. */
  Optional<Path> library(String file) {
    List<Path> folders = new ArrayList<>();
    for (String folder : libraryPath.split(":")) {
      if (!folder.isBlank()) {
        folders.add(Path.of(folder));
      }
    }
    FOLDERS.forEach(f -> folders.add(root.resolve(f)));
    list(root.resolve("usr/local")).stream()
        .filter(p -> p.getFileName().toString().startsWith("cuda-13"))
        .forEach(p -> folders.add(p.resolve("lib64")));
    for (Path folder : folders) {
      if (Files.exists(folder.resolve(file))) {
        return Optional.of(folder.resolve(file));
      }
    }
    // its cache contains complete paths, each followed by a zero byte
    Matcher cached =
        Pattern.compile("(/[^\0]*/" + Pattern.quote(file) + ")\0")
            .matcher(text(root.resolve("etc/ld.so.cache")));
    return cached.find() ? Optional.of(Path.of(cached.group(1))) : Optional.empty();
  }

  /** The most GPU memory that the backend uses, as text. */
  static String ceiling() {
    return "at most "
        + System.getProperty("riffle.kernels.cuda.memory", "80%")
        + " of its memory are taken (-Driffle.kernels.cuda.memory)";
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    } catch (IOException e) {
      return List.of(); // there is no such folder, or it is not ours to see: as if it were empty
    }
  }

  private static String text(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return ""; // as above
    }
  }
}
