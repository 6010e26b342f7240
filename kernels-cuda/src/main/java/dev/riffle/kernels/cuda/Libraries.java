package dev.riffle.kernels.cuda;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;

/**
 * Finds and loads CUDA's libraries, which the binding needs and does not bring: first where {@link
 * CudaOptions#LIBRARIES} says, then where the dynamic linker looks, then where CUDA is installed by
 * default.
 */
final class Libraries {
  private static final String RESIDENT = "org.bytedeco.javacpp.maxphysicalbytes";
  private static final System.Logger LOG = System.getLogger(Libraries.class.getName());

  /** What is needed, in the order in which one needs the other. */
  enum Library {
    DRIVER("libcuda.so.1", "", ""),
    RUNTIME("libcudart.so.13", "cuda-cudart-13-0", "nvidia-cuda-runtime"),
    COMPILER("libnvrtc.so.13", "cuda-nvrtc-13-0", "nvidia-cuda-nvrtc"),
    PRODUCTS("libcublasLt.so.13", "libcublas-13-0", "nvidia-cublas"),
    BLAS("libcublas.so.13", "libcublas-13-0", "nvidia-cublas");

    private final String file;
    private final String debian; // NVIDIA's package that has it, for Debian and Ubuntu
    private final String python; // and for pip

    Library(String file, String debian, String python) {
      this.file = file;
      this.debian = debian;
      this.python = python;
    }

    /** As the linker knows it. */
    String file() {
      return file;
    }
  }

  /**
   * What became of a library.
   *
   * @param path what was loaded; empty where nothing was
   * @param why what the linker said of the last place that was tried
   */
  record Found(Library library, Optional<String> path, String why) {}

  private Libraries() {}

  /** What is lacking and how to get it; empty where nothing is. */
  static Optional<String> missing(List<Found> libraries) {
    List<Found> missing = libraries.stream().filter(f -> f.path().isEmpty()).toList();
    StringBuilder text = new StringBuilder();
    if (missing.stream().anyMatch(f -> f.library == Library.DRIVER)) {
      text.append("there is no NVIDIA driver (").append(missing.get(0).why);
      text.append("). Install the driver for Linux, 580 or later; in a container, start it with");
      text.append(" --gpus all and NVIDIA's container toolkit. ");
    }
    List<Found> parts = missing.stream().filter(f -> f.library != Library.DRIVER).toList();
    if (!parts.isEmpty()) {
      text.append(text.isEmpty() ? "of CUDA 13, " : "Of CUDA 13, ")
          .append(names(parts, Library::file));
      text.append(" cannot be loaded (").append(parts.get(0).why).append("). Install ");
      text.append(names(parts, library -> library.debian)).append(" of NVIDIA's packages, or ");
      text.append(names(parts, library -> library.python))
          .append(" by pip, and name the directory");
      text.append(" of these files by LD_LIBRARY_PATH or -D").append(CudaOptions.LIBRARIES);
      text.append('.');
    }
    return text.isEmpty() ? Optional.empty() : Optional.of(text.toString().strip());
  }

  private static String names(List<Found> parts, Function<Library, String> name) {
    return parts.stream()
        .map(f -> name.apply(f.library))
        .distinct()
        .collect(Collectors.joining(", "));
  }

  /**
   * Loads all that are there, and stays with what was loaded before.
   *
   * @throws LinkageError if the binding itself cannot be loaded
   */
  static List<Found> load(String directory) {
    if (System.getProperty(RESIDENT) == null) {
      // the binding would refuse memory when the process grows to four times its heap, which the
      // libraries may do to a small one by being loaded
      System.setProperty(RESIDENT, "0");
    }
    Loader.load(org.bytedeco.javacpp.presets.javacpp.class);
    List<Found> found = new ArrayList<>();
    for (Library library : Library.values()) {
      found.add(load(library, directory));
    }
    return found;
  }

  private static Found load(Library library, String directory) {
    String why = "";
    for (String place : places(library, directory)) {
      try {
        Loader.loadGlobal(place);
        return new Found(library, Optional.of(mapped(library).orElse(place)), "");
      } catch (UnsatisfiedLinkError | RuntimeException e) {
        // the linker's own words are for the plain name; other places are guesses
        why = why.isEmpty() || place.equals(library.file) ? String.valueOf(e.getMessage()) : why;
      }
    }
    return new Found(library, Optional.empty(), why);
  }

  private static List<String> places(Library library, String directory) {
    List<String> places = new ArrayList<>();
    if (!directory.isEmpty()) {
      for (String one : directory.split(":")) {
        places.add(Path.of(one, library.file).toString());
      }
    }
    places.add(library.file);
    for (String home : homes()) {
      Path path = Path.of(home, "lib64", library.file);
      if (Files.exists(path)) {
        places.add(path.toString());
      }
    }
    return places;
  }

  /** Where CUDA may be installed. */
  private static List<String> homes() {
    List<String> homes = new ArrayList<>();
    for (String name : new String[] {"CUDA_HOME", "CUDA_PATH"}) {
      String said = System.getenv(name);
      if (said != null && !said.isBlank()) {
        homes.add(said);
      }
    }
    try (Stream<Path> installed = Files.list(Path.of("/usr/local"))) {
      installed
          .map(Path::toString)
          .filter(p -> p.matches(".*/cuda(-13.*)?"))
          .sorted()
          .forEach(homes::add);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "/usr/local is not to be read", e);
    }
    return homes;
  }

  /** The file that the process has mapped for a library. */
  private static Optional<String> mapped(Library library) {
    String stem = "/" + library.file;
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines
          .filter(line -> line.contains(stem))
          .map(line -> line.substring(line.indexOf('/')))
          .findFirst();
    } catch (IOException e) {
      return Optional.empty(); // the report then has only its name
    }
  }
}
