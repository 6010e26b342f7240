package dev.riffle.benchmarks.device;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Joins what the steps of {@code gpu/prove} left in a folder: {@code results.json} holds all of it,
 * {@code table.md} shows it.
 *
 * <pre>
 *   host.txt        name = value: the machine
 *   steps.txt       step TAB exit TAB seconds TAB what it says of itself
 *   report.json  contract.txt  goldens-*.json  measure-*.json      if there are any
 * </pre>
 */
final class ProofTable {
  private static final Pattern COUNT = Pattern.compile("\\[\\s*(\\d+) tests (successful|failed)");
  private static final List<String> PEERS = List.of("torch eager", "torch compile", "torch graphs");

  private final Path folder;
  private final ObjectNode all = DeviceProof.JSON.createObjectNode();
  private final StringBuilder text = new StringBuilder();

  ProofTable(Path folder) {
    this.folder = folder;
  }

  int write() throws IOException {
    ObjectNode host = all.putObject("host");
    for (String line : lines("host.txt")) {
      String[] pair = line.split(" = ", 2);
      host.put(pair[0], pair.length > 1 ? pair[1] : "");
    }
    ArrayNode steps = all.putArray("steps");
    for (String line : lines("steps.txt")) {
      String[] part = line.split("\t", 4);
      steps
          .addObject()
          .put("step", part[0])
          .put("exit", Integer.parseInt(part[1]))
          .put("seconds", Integer.parseInt(part[2]))
          .put("said", part.length > 3 ? part[3] : "");
    }
    read("report.json").forEach(n -> all.set("report", n));
    contract();
    all.putArray("goldens").addAll(read("goldens-.*\\.json"));
    all.putArray("measures").addAll(read("measure-.*\\.json"));
    all.put("ok", stream(steps).allMatch(s -> s.path("exit").asInt() == 0));
    Files.writeString(folder.resolve("results.json"), all.toPrettyString() + "\n");

    machine();
    steps();
    goldens();
    rates();
    cases();
    streams();
    Files.writeString(folder.resolve("table.md"), text);
    System.out.print(text);
    return 0;
  }

  private List<String> lines(String name) throws IOException {
    Path file = folder.resolve(name);
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }

  /** Files whose names match, in the order in which they were written. */
  private List<JsonNode> read(String pattern) throws IOException {
    List<Path> found;
    try (Stream<Path> files = Files.list(folder)) {
      found =
          files
              .filter(f -> f.getFileName().toString().matches(pattern))
              .sorted((a, b) -> Long.compare(a.toFile().lastModified(), b.toFile().lastModified()))
              .toList();
    }
    List<JsonNode> nodes = new ArrayList<>();
    for (Path file : found) {
      nodes.add(DeviceProof.JSON.readTree(file.toFile()));
    }
    return nodes;
  }

  /** What JUnit's console said. */
  private void contract() throws IOException {
    List<String> lines = lines("contract.txt");
    if (lines.isEmpty()) {
      return;
    }
    ObjectNode contract = all.putObject("contract");
    for (String line : lines) {
      Matcher count = COUNT.matcher(line);
      if (count.find()) {
        contract.put(count.group(2), Integer.parseInt(count.group(1)));
      }
    }
    ArrayNode failures = contract.putArray("failures");
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).contains("MethodSource [")) {
        String why = i + 1 < lines.size() ? lines.get(i + 1).strip() : "";
        failures.add(lines.get(i).strip() + " " + why);
      }
    }
  }

  private static Stream<JsonNode> stream(JsonNode array) {
    List<JsonNode> nodes = new ArrayList<>();
    array.forEach(nodes::add);
    return nodes.stream();
  }

  // ----------------------------------------------------------------- pages

  private void line(String format, Object... arguments) {
    text.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }

  private void machine() {
    line("| machine | |");
    line("|---|---|");
    all.path("host").properties().forEach(e -> line("| %s | %s |", e.getKey(), said(e.getValue())));
    JsonNode report = all.path("report");
    line("| java | %s |", report.path("java").asText("-"));
    for (JsonNode backend : report.path("backends")) {
      String problem = backend.path("problem").asText("");
      line(
          "| backend %s | %s |",
          backend.path("name").asText(),
          backend.path("problem").isNull()
              ? backend.path("description").asText()
              : "cannot run: " + problem.replace("\n", " "));
    }
    line("");
  }

  private static String said(JsonNode value) {
    return value.asText().isEmpty() ? "-" : value.asText();
  }

  private void steps() {
    line("| step | ended | seconds | |");
    line("|---|---|---|---|");
    for (JsonNode step : all.path("steps")) {
      String ended =
          switch (step.path("exit").asInt()) {
            case 0 -> "passed";
            case 2 -> "partly run";
            case 3 -> "not run";
            case 124, 137 -> "out of time";
            default -> "FAILED (" + step.path("exit").asInt() + ")";
          };
      line(
          "| %s | %s | %d | %s |",
          step.path("step").asText(),
          ended,
          step.path("seconds").asInt(),
          step.path("said").asText());
    }
    line("");
    if (all.has("contract")) {
      JsonNode contract = all.path("contract");
      line(
          "Contract: %d tests passed, %d failed.",
          contract.path("successful").asInt(), contract.path("failed").asInt());
      contract.path("failures").forEach(f -> line("* %s", f.asText()));
      line("");
    }
    for (JsonNode measure : all.path("measures")) {
      for (String whose : List.of("problems", "peer_problems")) {
        measure
            .path(whose)
            .forEach(p -> line("* %s: %s", measure.path("precision").asText(), p.asText()));
      }
    }
  }

  private void goldens() {
    if (all.path("goldens").isEmpty()) {
      return;
    }
    line("| goldens of | precision | met | largest error | its tolerance | where |");
    line("|---|---|---|---|---|---|");
    for (JsonNode run : all.path("goldens")) {
      Map<String, List<JsonNode>> families =
          stream(run.path("goldens"))
              .collect(
                  Collectors.groupingBy(
                      g -> g.path("family").asText("not run"),
                      LinkedHashMap::new,
                      Collectors.toList()));
      families.forEach(
          (family, files) -> {
            JsonNode worst =
                files.stream().reduce((a, b) -> share(b) > share(a) ? b : a).orElseThrow();
            line(
                "| %s | %s | %d of %d | %s | %s | %s |",
                family,
                run.path("precision").asText(),
                files.stream().filter(f -> f.path("ok").asBoolean()).count(),
                files.size(),
                scientific(worst.path("max_error")),
                scientific(worst.path("tolerance")),
                worst.path("stage").asText("-") + " of " + worst.path("file").asText());
          });
    }
    line("");
  }

  private static double share(JsonNode golden) {
    JsonNode error = golden.path("max_error");
    return error.isNumber()
        ? error.asDouble() / golden.path("tolerance").asDouble()
        : Double.POSITIVE_INFINITY;
  }

  private static String scientific(JsonNode value) {
    return value.isNumber() ? String.format(Locale.ROOT, "%.1e", value.asDouble()) : "-";
  }

  private void rates() {
    if (stream(all.path("measures")).allMatch(m -> m.path("ceilings").isEmpty())) {
      return;
    }
    line("| measured rates | precision | copies, GB/s | multiplies, TFLOP/s |");
    line("|---|---|---|---|");
    for (JsonNode measure : all.path("measures")) {
      for (JsonNode rate : measure.path("ceilings")) {
        line(
            "| %s | %s | %.0f | %.2f |",
            rate.path("engine").asText(),
            measure.path("precision").asText(),
            rate.path("copy_bytes_per_s").asDouble() / 1e9,
            rate.path("operations_per_s").asDouble() / 1e12);
      }
    }
    line("");
  }

  private void cases() {
    if (stream(all.path("measures")).allMatch(m -> m.path("cases").isEmpty())) {
      return;
    }
    line(
        "| case | batch | precision | GFLOP | MB | least ms, by | riffle ms | of ceiling | with bus ms"
            + " | error | eager ms | x | error | compile ms | x | graphs ms | x |");
    line("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    for (JsonNode measure : all.path("measures")) {
      for (JsonNode one : measure.path("cases")) {
        line("%s", one(measure.path("precision").asText(), one));
      }
    }
    line("");
  }

  private static String one(String precision, JsonNode one) {
    if (one.has("left_out")) {
      return String.format(
          "| %s | | %s | %s | | | | | | | | | | | | | |",
          one.path("case").asText(), precision, one.path("left_out").asText());
    }
    Map<String, JsonNode> engines =
        stream(one.path("engines"))
            .collect(Collectors.toMap(e -> e.path("engine").asText(), e -> e));
    JsonNode none = DeviceProof.JSON.createObjectNode();
    JsonNode ours = engines.getOrDefault("riffle", none);
    List<String> cells = new ArrayList<>();
    cells.add(one.path("case").asText());
    cells.add(one.path("batch").asText());
    cells.add(precision);
    cells.add(String.format(Locale.ROOT, "%.2f", one.path("operations").asDouble() / 1e9));
    cells.add(String.format(Locale.ROOT, "%.1f", one.path("bytes").asDouble() / 1e6));
    cells.add(ms(one.path("least_ms")) + ", " + one.path("bound").asText("-"));
    cells.add(ms(ours.path("ms")));
    JsonNode share = ours.path("share_of_ceiling");
    cells.add(
        share.isNumber() ? String.format(Locale.ROOT, "%.0f %%", 100 * share.asDouble()) : "-");
    cells.add(ms(ours.path("fed_ms")));
    cells.add(scientific(ours.path("error")));
    for (String peer : PEERS) {
      JsonNode row = engines.getOrDefault(peer, none);
      cells.add(ms(row.path("ms")));
      JsonNode ratio = row.path("times_riffle");
      cells.add(ratio.isNumber() ? String.format(Locale.ROOT, "%.2f", ratio.asDouble()) : "-");
      if (peer.equals(PEERS.get(0))) {
        cells.add(scientific(row.path("error")));
      }
    }
    return "| " + String.join(" | ", cells) + " |";
  }

  private static String ms(JsonNode value) {
    return value.isNumber() ? String.format(Locale.ROOT, "%.3f", value.asDouble()) : "-";
  }

  private void streams() {
    if (stream(all.path("measures")).noneMatch(m -> m.has("streams_held"))) {
      return;
    }
    line(
        "| live streams of the MusicNet-size RSE | stride ms | held | refused | most windows a second |");
    line("|---|---|---|---|---|");
    for (JsonNode measure : all.path("measures")) {
      if (measure.has("streams_held")) {
        line(
            "| %s | %.0f | %d | %s | %.0f |",
            measure.path("precision").asText(),
            measure.path("stride_ms").asDouble(),
            measure.path("streams_held").asInt(),
            measure.path("streams_refused").asInt() > 0
                ? measure.path("streams_refused").asText()
                : "-",
            stream(measure.path("streams"))
                .mapToDouble(s -> s.path("windows_per_second").asDouble())
                .max()
                .orElse(0));
      }
    }
    line("");
  }
}
