package dev.riffle.cli.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.riffle.cli.shared.Failure;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.ModelException;
import dev.riffle.models.families.Families;
import dev.riffle.models.golden.GoldenResult;
import dev.riffle.models.golden.GoldenStatus;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Compares backends with goldens. */
@Command(
    name = "verify",
    description = {
      "Run recorded inputs through the models and compare the outputs with the recorded ones.",
      "The table shows, for each file and backend, the value nearest to its tolerance. A summary of"
          + " each family follows."
    },
    exitCodeList = {
      "0:all outputs are within tolerance",
      "1:an output is outside its tolerance, or a golden cannot be read",
      "2:usage error"
    })
public final class VerifyCommand implements Callable<Integer> {
  private static final String SUFFIX = ".safetensors";
  private static final String WEIGHTS = "model.safetensors";

  @Spec CommandSpec spec;

  @Parameters(
      paramLabel = "PATH",
      arity = "1..*",
      description = "Golden files, or directories that are searched for goldens recursively.")
  List<Path> paths;

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      split = ",",
      description =
          "Backends to run, such as cpu or reference (default: all that run on this machine).")
  List<String> backends;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description =
          "Model directory for goldens that contain no weights (default: the parent of the golden's"
              + " directory, or model beside that directory).")
  Path model;

  @Option(
      names = "--json",
      description = "Print an array of {file, family, backend, max_error, tolerance, ok, stage}.")
  boolean json;

  /** A result, or why there is none. */
  private record Line(Path file, String backend, GoldenResult result, String problem) {
    boolean ok() {
      return result != null && result.ok();
    }
  }

  @Override
  public Integer call() {
    Map<String, String> notRun = new LinkedHashMap<>();
    List<Kernels> run = backends(notRun);
    List<Path> goldens = new ArrayList<>();
    for (Path path : paths) {
      goldens.addAll(goldens(path));
    }
    List<Line> lines = new ArrayList<>();
    Table table = new Table(goldens);
    if (!json) {
      table.head();
    }
    for (Path golden : goldens) {
      for (Kernels kernels : run) {
        Line line = check(golden, kernels);
        lines.add(line);
        if (!json) {
          table.print(line);
        }
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(array(lines).toPrettyString());
    }
    long missed = lines.stream().filter(l -> !l.ok()).count();
    PrintWriter notes = json ? spec.commandLine().getErr() : out;
    notRun.forEach((name, why) -> notes.println("not run: " + name + ": " + why));
    if (!json) {
      GoldenStatus.of(lines.stream().map(Line::result).filter(Objects::nonNull).toList())
          .forEach(out::println);
      out.printf(
          Locale.ROOT,
          "%d golden%s on %s: %s%n",
          goldens.size(),
          goldens.size() == 1 ? "" : "s",
          String.join(", ", run.stream().map(Kernels::name).toList()),
          missed == 0 ? "all within tolerance" : missed + " of " + lines.size() + " missed");
    }
    notes.flush();
    out.flush();
    return missed == 0 ? 0 : 1;
  }

  private List<Kernels> backends(Map<String, String> notRun) {
    List<Kernels> run = new ArrayList<>();
    try {
      if (backends != null) {
        for (String name : backends) {
          run.add(Backends.find(name));
        }
        return run;
      }
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
    for (String name : Backends.names()) {
      Backends.unavailable(name)
          .ifPresentOrElse(why -> notRun.put(name, why), () -> run.add(Backends.find(name)));
    }
    if (run.isEmpty()) {
      throw new Failure("No backend runs on this machine: " + notRun + ".");
    }
    return run;
  }

  private static List<Path> goldens(Path path) {
    if (!Files.exists(path)) {
      throw new Failure("The golden " + path + " does not exist.");
    }
    if (!Files.isDirectory(path)) {
      return List.of(path);
    }
    try (Stream<Path> files = Files.walk(path)) {
      List<Path> found = files.filter(VerifyCommand::isGolden).sorted().toList();
      if (found.isEmpty()) {
        throw new Failure("Found no golden (*" + SUFFIX + ") in " + path + ".");
      }
      return found;
    } catch (IOException e) {
      throw new Failure(path + " cannot be listed: " + e.getMessage(), e);
    }
  }

  /** The weights of a model directory are not a golden. */
  private static boolean isGolden(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(SUFFIX) && !name.equals(WEIGHTS);
  }

  private Line check(Path golden, Kernels kernels) {
    try {
      GoldenResult result =
          model == null ? Families.check(golden, kernels) : Families.check(golden, model, kernels);
      return new Line(golden, kernels.name(), result, null);
    } catch (ModelException e) {
      return new Line(golden, kernels.name(), null, e.getMessage());
    }
  }

  private static ArrayNode array(List<Line> lines) {
    ArrayNode array = new ObjectMapper().createArrayNode();
    for (Line line : lines) {
      ObjectNode node = array.addObject().put("file", line.file.toString());
      GoldenResult r = line.result;
      node.put("family", r == null ? null : r.family()).put("backend", line.backend);
      node.put("max_error", r == null || !Double.isFinite(r.maxError()) ? null : r.maxError());
      node.put("tolerance", r == null ? null : r.tolerance()).put("ok", line.ok());
      node.put("stage", r == null ? null : r.stage());
      if (line.problem != null) {
        node.put("problem", line.problem);
      }
    }
    return array;
  }

  /** Columns for people. */
  private final class Table {
    private final int width;

    Table(List<Path> goldens) {
      width = goldens.stream().mapToInt(g -> name(g).length()).max().orElse(4);
    }

    void head() {
      line("file", "family", "backend", "max error", "tolerance", "verdict", "nearest its limit");
    }

    void print(Line l) {
      if (l.result == null) {
        line(name(l.file), "-", l.backend, "-", "-", "MISSED", l.problem);
        return;
      }
      GoldenResult r = l.result;
      String error = String.format(Locale.ROOT, "%.2e", r.maxError());
      String tolerance = String.format(Locale.ROOT, "%.2e", r.tolerance());
      line(
          name(l.file),
          r.family(),
          l.backend,
          error,
          tolerance,
          r.ok() ? "ok" : "MISSED",
          r.stage());
    }

    private String name(Path golden) {
      return golden.getFileName().toString();
    }

    private void line(
        String file,
        String family,
        String backend,
        String error,
        String tolerance,
        String verdict,
        String stage) {
      PrintWriter out = spec.commandLine().getOut();
      out.printf(
          Locale.ROOT,
          "%-" + width + "s  %-16s %-10s %9s  %9s  %-7s  %s%n",
          file,
          family,
          backend,
          error,
          tolerance,
          verdict,
          stage);
      out.flush();
    }
  }
}
