package dev.riffle.benchmarks.device;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.families.Families;
import dev.riffle.models.golden.GoldenFiles;
import dev.riffle.models.golden.GoldenResult;
import dev.riffle.models.golden.GoldenStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The steps of {@code gpu/prove} that compute: each is a process, writes an object of JSON to
 * {@code --out} and says on its standard output how it goes. It ends with 0 if all is well, with 1
 * if something is wrong, with 2 if nothing is wrong but something was left out.
 *
 * <pre>
 *   --step=report    which backends run here, and why others do not
 *   --step=goldens   every golden below the folders of --goldens on the backend
 *   --step=measure   {@link DeviceRace}: rates of the device; windows, steps and streams
 *   --step=table     what the other steps wrote in the folder --out, as results.json and table.md
 * </pre>
 *
 * <p>The precision of a backend is set by its own system properties; {@code --precision} says which
 * it is, for the report and for peers.
 */
public final class DeviceProof {
  static final ObjectMapper JSON = new ObjectMapper();

  private static final Map<String, String> DEFAULTS =
      Map.ofEntries(
          Map.entry("step", "report"),
          Map.entry("backend", "cuda"),
          Map.entry("precision", "fp32"),
          Map.entry("out", "proof"),
          Map.entry("seconds", "600"),
          Map.entry("rounds", "15"),
          Map.entry("small", "false"),
          Map.entry("goldens", "models/goldens,demo/models"),
          Map.entry("only", "ceilings,windows,steps,streams"),
          Map.entry("windows", ""),
          Map.entry("python", "python3"),
          Map.entry("torch-device", "cuda"),
          Map.entry("torch-modes", "eager,compile,graphs"),
          Map.entry("torch-bf16", "autocast"));

  private final Map<String, String> options = new TreeMap<>(DEFAULTS);
  private final long start = System.nanoTime();

  private DeviceProof(String[] args) {
    for (String arg : args) {
      if (!arg.matches("(?s)--(" + String.join("|", DEFAULTS.keySet()) + ")=.*")) {
        throw new IllegalArgumentException(
            "The options are, with their defaults, " + options + " but not " + arg + ".");
      }
      options.put(arg.substring(2, arg.indexOf('=')), arg.substring(arg.indexOf('=') + 1));
    }
  }

  public static void main(String[] args) throws IOException {
    DeviceProof proof = new DeviceProof(args);
    int exit =
        switch (proof.option("step")) {
          case "report" -> proof.report();
          case "goldens" -> proof.goldens();
          case "measure" -> new DeviceRace(proof).run();
          case "table" -> new ProofTable(Path.of(proof.option("out"))).write();
          default ->
              throw new IllegalArgumentException(
                  "A step is report, goldens, measure or table but not " + proof.option("step"));
        };
    System.exit(exit); // threads of a device or a library may live on
  }

  String option(String name) {
    return options.get(name);
  }

  List<String> list(String name) {
    return option(name).isBlank() ? List.of() : List.of(option(name).split(","));
  }

  boolean small() {
    return Boolean.parseBoolean(option("small"));
  }

  /** The part of the time that was given which is spent; 1 or more where all is. */
  double spent() {
    return (System.nanoTime() - start) / 1e9 / Integer.parseInt(option("seconds"));
  }

  /** Writes a temporary file and renames it, so that the file is always complete. */
  void write(ObjectNode result) throws IOException {
    Path out = Path.of(option("out"));
    Path part = out.resolveSibling(out.getFileName() + ".part");
    Files.writeString(part, result.toPrettyString() + "\n");
    Files.move(part, out, StandardCopyOption.REPLACE_EXISTING);
  }

  private int report() throws IOException {
    ObjectNode result = JSON.createObjectNode();
    Runtime runtime = Runtime.getRuntime();
    result
        .put("java", System.getProperty("java.vm.name") + " " + Runtime.version())
        .put("cores", runtime.availableProcessors())
        .put("heap_bytes", runtime.maxMemory());
    ArrayNode backends = result.putArray("backends");
    String wanted = option("backend");
    String problem = "No backend is called '" + wanted + "' here: " + Backends.names() + ".";
    for (String name : Backends.names()) {
      ObjectNode backend = backends.addObject().put("name", name);
      String why = Backends.unavailable(name).orElse(null);
      String description = null;
      if (why == null) {
        try {
          description = Backends.find(name).description();
        } catch (RuntimeException e) {
          why = e.getMessage();
        }
      }
      backend.put("description", description).put("problem", why);
      if (why == null) {
        System.out.println(description);
      }
      if (name.equals(wanted)) {
        problem = why == null ? null : "The backend '" + name + "' cannot run here: " + why;
      }
    }
    result.put("ok", problem == null).put("problem", problem);
    write(result);
    System.out.println(problem == null ? wanted + " can run here" : problem);
    return problem == null ? 0 : 1;
  }

  private int goldens() throws IOException {
    Kernels kernels = Backends.find(option("backend"));
    ObjectNode result =
        JSON.createObjectNode()
            .put("backend", kernels.description())
            .put("precision", option("precision"));
    ArrayNode all = result.putArray("goldens");
    List<GoldenResult> results = new ArrayList<>();
    boolean judged = option("precision").equals("fp32"); // tolerances are those of float32
    int missed = 0;
    int failed = 0;
    int left = 0;
    for (Path file : GoldenFiles.in(list("goldens").stream().map(Path::of).toList())) {
      if (spent() >= 1) {
        left++;
        continue;
      }
      ObjectNode node = all.addObject().put("file", file.getFileName().toString());
      try {
        GoldenResult r = Families.check(file, kernels);
        results.add(r);
        missed += r.ok() ? 0 : 1;
        node.put("family", r.family())
            .put("max_error", Double.isFinite(r.maxError()) ? r.maxError() : null)
            .put("tolerance", r.tolerance())
            .put("ok", r.ok())
            .put("stage", r.stage());
      } catch (RuntimeException e) { // whatever it is, the next golden may go
        failed++;
        node.put("ok", false).put("problem", e.getMessage());
        System.out.println("FAILED " + file.getFileName() + ": " + e.getMessage());
      }
    }
    GoldenStatus.of(results).forEach(System.out::println);
    System.out.printf(
        Locale.ROOT,
        "%d goldens on %s in %s: %d beyond %s, %d failed, %d left out%n",
        results.size(),
        kernels.name(),
        option("precision"),
        missed,
        judged ? "their tolerance" : "what float32 is allowed",
        failed,
        left);
    boolean bad = judged && missed > 0 || failed > 0 || results.isEmpty();
    result.put("missed", missed).put("failed", failed).put("left_out", left);
    result.put("ok", !bad && left == 0);
    write(result);
    return bad ? 1 : left > 0 ? 2 : 0;
  }
}
