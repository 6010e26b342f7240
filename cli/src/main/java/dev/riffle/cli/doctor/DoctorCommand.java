package dev.riffle.cli.doctor;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.riffle.cli.shared.Installation;
import dev.riffle.kernels.Backends;
import dev.riffle.models.ModelException;
import dev.riffle.models.ModelInfo;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.music.transcriber.Note;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code riffle doctor}: checks what Riffle needs on this machine. */
@Command(
    name = "doctor",
    description = {
      "Check what Riffle needs on this machine, with a hint for each problem.",
      "The checks cover Java and its flags, the vector module, backends, BLAS, the audio decoder, the"
          + " shipped model, ports, memory and disk. They also cover NVIDIA GPUs, their driver and"
          + " CUDA's libraries, which only the backend cuda needs."
    },
    exitCodeList = {
      "0:everything works, or warnings only",
      "1:something is broken",
      "2:usage error"
    })
public final class DoctorCommand implements Callable<Integer> {
  private static final List<String> ON_REQUEST = List.of("nd4j", "cuda");
  private static final String PAGE = "See docs/backends.md.";
  private static final int CUDA_13_DRIVER = 580;
  private static final Map<String, String> CUDA_13_PACKAGES =
      Map.of(
          "libnvrtc.so.13",
          "cuda-nvrtc-13-0 (or nvidia-cuda-nvrtc, by pip)",
          "libcublasLt.so.13",
          "libcublas-13-0 (or nvidia-cublas, by pip)");
  private static final int KAFKA_PORT = 9092;
  private static final int FLINK_PORT = 8081;

  public enum Verdict {
    OK,
    WARNING,
    BROKEN
  }

  /** One line of the report; the hint is empty if nothing is wrong. */
  public record Finding(String what, Verdict verdict, String found, String hint) {}

  @Spec CommandSpec spec;

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      description = "Load this backend, such as nd4j, and report it as broken if it cannot run.")
  String backend;

  @Option(names = "--json", description = "Print an array of {what, verdict, found, hint}.")
  boolean json;

  @Override
  public Integer call() {
    List<Finding> findings = examine(backend);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      ArrayNode array = new ObjectMapper().createArrayNode();
      for (Finding f : findings) {
        array
            .addObject()
            .put("what", f.what)
            .put("verdict", f.verdict.name().toLowerCase(Locale.ROOT))
            .put("found", f.found)
            .put("hint", f.hint);
      }
      out.println(array.toPrettyString());
    } else {
      for (Finding f : findings) {
        String mark =
            switch (f.verdict) {
              case OK -> "ok     ";
              case WARNING -> "warning";
              case BROKEN -> "BROKEN ";
            };
        out.printf(Locale.ROOT, "%s  %-10s %s%n", mark, f.what, f.found);
        if (!f.hint.isEmpty()) {
          out.printf(Locale.ROOT, "         %-10s -> %s%n", "", f.hint);
        }
      }
    }
    out.flush();
    return findings.stream().anyMatch(f -> f.verdict == Verdict.BROKEN) ? 1 : 0;
  }

  /**
   * @param backend one that must run; null for none
   */
  public static List<Finding> examine(String backend) {
    List<Finding> all = new ArrayList<>();
    all.add(java());
    all.add(flags());
    all.add(vector());
    all.addAll(backends(backend));
    all.addAll(gpus(GpuReport.ofThisMachine()));
    all.add(ok("blas", "not used: the cpu backend has its own matrix multiplication"));
    all.add(decoder());
    all.add(model());
    all.add(port("kafka", KAFKA_PORT, "docker compose and --bootstrap examples use it"));
    all.add(port("flink", FLINK_PORT, "docker compose and --jobmanager examples use it"));
    all.add(memory());
    all.add(disk());
    return all;
  }

  private static Finding ok(String what, String found) {
    return new Finding(what, Verdict.OK, found, "");
  }

  private static Finding java() {
    int version = Runtime.version().feature();
    String found =
        "Java "
            + Runtime.version()
            + ", "
            + System.getProperty("java.vm.name")
            + ", "
            + System.getProperty("java.home");
    return version >= 17
        ? ok("java", found)
        : new Finding("java", Verdict.BROKEN, found, "Set JAVA_HOME to a JDK 17 or later.");
  }

  private static Finding flags() {
    List<String> given = ManagementFactory.getRuntimeMXBean().getInputArguments();
    boolean opens = Object.class.getModule().isOpen("java.util", DoctorCommand.class.getModule());
    boolean trusted =
        System.getProperty("org.apache.avro.SERIALIZABLE_PACKAGES", "").contains("dev.riffle");
    if (opens && trusted) {
      return ok("flags", String.join(" ", given));
    }
    return new Finding(
        "flags",
        Verdict.WARNING,
        (opens ? "" : "java.util is not open; ")
            + (trusted ? "" : "Avro does not trust the records of Riffle; ")
            + "given: "
            + String.join(" ", given),
        "Start with ./riffle, or add --add-opens=java.base/java.util=ALL-UNNAMED"
            + " -Dorg.apache.avro.SERIALIZABLE_PACKAGES=dev.riffle.schemas.record");
  }

  private static Finding vector() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
        ? ok("vector", "the module jdk.incubator.vector is loaded")
        : new Finding(
            "vector",
            Verdict.WARNING,
            "the module jdk.incubator.vector is not loaded: the cpu backend runs plain loops",
            "Start with ./riffle, or add --add-modules jdk.incubator.vector");
  }

  private static List<Finding> backends(String wanted) {
    List<Finding> all = new ArrayList<>();
    for (String name : Backends.names()) {
      Verdict verdict = name.equals(wanted) ? Verdict.BROKEN : Verdict.WARNING;
      all.add(
          Backends.unavailable(name)
              .map(why -> new Finding("backend", verdict, name + " cannot run: " + why, PAGE))
              .orElseGet(() -> ok("backend", Backends.find(name).description())));
    }
    if (all.isEmpty()) {
      all.add(
          new Finding(
              "backend", Verdict.BROKEN, "none is on the class path", "Start with ./riffle."));
    }
    if (wanted != null && !Backends.names().contains(wanted)) {
      String hint =
          "Start with ./riffle, which loads "
              + String.join(" or ", ON_REQUEST)
              + " if an argument names it. "
              + PAGE;
      all.add(new Finding("backend", Verdict.BROKEN, wanted + " is not on the class path", hint));
    }
    for (String name : ON_REQUEST) {
      if (!name.equals(wanted) && !Backends.names().contains(name)) {
        all.add(ok("backend", name + ": not loaded; load it with --backend " + name));
      }
    }
    return all;
  }

  /** GPUs are detected but optional. */
  public static List<Finding> gpus(GpuReport gpus) {
    Optional<String> driver = gpus.driver();
    boolean linked = gpus.library(GpuReport.DRIVER).isPresent();
    if (driver.isEmpty() && !linked) {
      return List.of(
          gpus.onBus() == 0
              ? ok("gpu", "no NVIDIA GPU and no driver; none is needed")
              : new Finding(
                  "gpu",
                  Verdict.WARNING,
                  "an NVIDIA GPU is on the bus, but it has no driver and cannot be used",
                  "Install NVIDIA's driver, 580 or later. Only the backend cuda needs" + " it."));
    }
    List<Finding> all = new ArrayList<>();
    List<String> models = gpus.models();
    String found =
        (models.isEmpty() ? "no GPU is listed" : String.join(", ", models))
            + driver.map(v -> "; driver " + v).orElse("; a driver of unknown version");
    if (!linked) {
      all.add(
          new Finding(
              "gpu",
              Verdict.WARNING,
              found + "; but " + GpuReport.DRIVER + " is not on the library path",
              "Install the driver's user-space libraries. In a container: use NVIDIA's container"
                  + " toolkit and --gpus all."));
    } else if (driver
        .filter(v -> Integer.parseInt(v.split("\\.")[0]) < CUDA_13_DRIVER)
        .isPresent()) {
      all.add(
          new Finding(
              "gpu",
              Verdict.WARNING,
              found,
              "The backend cuda needs a driver of CUDA 13: " + CUDA_13_DRIVER + " or later."));
    } else {
      all.add(ok("gpu", found + "; " + GpuReport.ceiling()));
    }
    for (String library : GpuReport.LIBRARIES) {
      all.add(
          gpus.library(library)
              .map(path -> ok("gpu", path.toString()))
              .orElseGet(
                  () ->
                      new Finding(
                          "gpu",
                          Verdict.WARNING,
                          library + " is missing: the backend cuda cannot run",
                          "Install "
                              + CUDA_13_PACKAGES.get(library)
                              + " of CUDA 13, and add its directory to LD_LIBRARY_PATH. "
                              + PAGE)));
    }
    return all;
  }

  private static Finding decoder() {
    try {
      return ok(
          "decoder",
          "FFmpeg "
              + org.bytedeco.ffmpeg.global.avutil.av_version_info().getString()
              + " for FLAC, MP3 and others; WAV and AIFF do not need it");
    } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
      return new Finding(
          "decoder",
          Verdict.WARNING,
          "FFmpeg cannot be loaded: " + e.getMessage(),
          "WAV and AIFF can still be read. The decoder is available on Linux x86-64 only.");
    }
  }

  private static Finding model() {
    Path model = Installation.transcriber();
    for (String file : new String[] {"config.json", "model.safetensors", "provenance.json"}) {
      if (!Files.isReadable(model.resolve(file))) {
        return new Finding(
            "model",
            Verdict.BROKEN,
            model.resolve(file) + " does not exist",
            "Restore the shipped files: git checkout -- demo/models");
      }
    }
    try {
      ModelInfo info =
          Families.load(ModelDirectory.read(model), Backends.find("cpu"), Note.class).info();
      return ok(
          "model",
          String.format(
              Locale.ROOT,
              "%s in %s, %,d bytes of state per key",
              info.label(),
              model.getParent().getParent(),
              info.stateBytes()));
    } catch (ModelException e) {
      return new Finding(
          "model",
          Verdict.BROKEN,
          e.getMessage(),
          "Restore the shipped files: git checkout -- demo/models");
    }
  }

  private static Finding port(String what, int port, String use) {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return ok(what, "port " + socket.getLocalPort() + " is free");
    } catch (IOException e) {
      return new Finding(
          what,
          Verdict.WARNING,
          "port " + port + " is taken on loopback (" + e.getMessage() + ")",
          "This is expected if your own broker or cluster runs there ("
              + use
              + "). The commands demo and transcribe use free ports.");
    }
  }

  private static Finding memory() {
    long heap = Runtime.getRuntime().maxMemory() >> 20;
    String found =
        "heap at most " + heap + " MiB, " + Runtime.getRuntime().availableProcessors() + " cores";
    return heap >= 700
        ? ok("memory", found)
        : new Finding(
            "memory", Verdict.WARNING, found, "Increase the heap: RIFFLE_HEAP=1500m ./riffle ...");
  }

  private static Finding disk() {
    Path tmp = Path.of(System.getProperty("java.io.tmpdir"));
    try {
      FileStore store = Files.getFileStore(tmp);
      long free = store.getUsableSpace() >> 20;
      String found = free + " MiB free in " + tmp;
      return free >= 1024 && Files.isWritable(tmp)
          ? ok("disk", found)
          : new Finding(
              "disk",
              free >= 200 && Files.isWritable(tmp) ? Verdict.WARNING : Verdict.BROKEN,
              found,
              "Point RIFFLE_JAVA_OPTS=-Djava.io.tmpdir=DIR at a directory with 1 GiB free.");
    } catch (IOException e) {
      return new Finding(
          "disk",
          Verdict.BROKEN,
          tmp + " cannot be used: " + e.getMessage(),
          "Point RIFFLE_JAVA_OPTS=-Djava.io.tmpdir=DIR at one that can.");
    }
  }
}
