package dev.riffle.cli.fuzz;

import dev.riffle.cli.job.JobFiles;
import dev.riffle.jobs.sequence.Diagnostic;
import dev.riffle.jobs.sequence.JobFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** The readers of job files and of Avro schemas. */
final class JobReaders {
  private static final String SCHEMA =
      """
      {"type": "record", "name": "Trip", "namespace": "a.b", "fields": [
        {"name": "id", "type": "string"},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "x", "type": ["null", "double"], "default": null},
        {"name": "v", "type": {"type": "array", "items": "float"}},
        {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"], "default": "A"}},
        {"name": "f", "type": {"type": "fixed", "name": "F", "size": 4}},
        {"name": "m", "type": {"type": "map", "values": "Trip"}, "default": {}},
        {"name": "first", "type": "boolean", "default": false, "aliases": ["begin"]}]}
      """;
  private static final String AVRO_JOB =
      """
      stream: trips
      source: {format: avro, schema: current.avsc, writer-schema: other.avsc}
      fields:
        key: id
        features: {field: v, width: 3}
        time: {field: at, unit: us}
        start: first
      model:
        directory: models/lru/1
      """;
  private static final String JSON_JOB =
      """
      # a job
      stream: trips
      namespace: "n"
      source:
        bootstrap: localhost:9092
        topic: t.in
        format: json
      fields:
        key: id
        features: [a, b.c, 'd']
        position: n
        time: {field: at, unit: ms}
        start: first
        end: last
      model:
        directory: &d models/lru/1
        answers: last-step
      sinks: {format: json}
      options:
        max-batch-size: 128
        checkpoint-interval: 2s
        gap-policy: fill
      """;
  private static final String LETTERS_JOB =
      """
      stream: taxa
      source: {format: json}
      fields: {key-encoding: bytes, token: t, alphabet: {letters: NACGT, other: N, ignore-case: true}}
      model: {directory: models/chordmixer/1, window: {length: 64, stride: none}}
      options: {max-fill-steps: 10, session-timeout: 5m}
      """;

  private static final CommandSpec COMMAND = new CommandLine(CommandSpec.create()).getCommandSpec();

  private JobReaders() {}

  /**
   * All of them.
   *
   * @param folder receives the files that are read
   */
  static List<FuzzedReader> all(Path folder) throws IOException {
    Path jobs = Files.createDirectories(folder.resolve("jobs"));
    return List.of(job(jobs), schema(jobs));
  }

  private static FuzzedReader job(Path folder) {
    Path file = folder.resolve("current.yaml");
    Path schema = folder.resolve("current.avsc");
    return FuzzedReader.of(
        "job-yaml",
        List.of(
            FuzzedReader.text(JSON_JOB),
            FuzzedReader.text(LETTERS_JOB),
            FuzzedReader.text(AVRO_JOB),
            FuzzedReader.text("stream: a\nsource: {format: reads}\nmodel: {directory: m/1}\n")),
        FuzzedReader.tokens(
            "{",
            "}",
            "[",
            "]",
            ": ",
            "- ",
            "? ",
            "|\n",
            ">-\n",
            "&a ",
            "*a",
            "<<: ",
            "!!binary ",
            "!!java.net.URL ",
            "%YAML 9.9\n",
            "---\n",
            "...\n",
            "\t",
            "\n ",
            "#",
            "'",
            "\"",
            "\"\\x00\"",
            "\"\\ud800\"",
            "~",
            "null",
            "\0",
            "options:\n  ",
            "source:",
            "fields:",
            "model:",
            "window: {length: ",
            "format: avro",
            "schema: /",
            "writer-schema: x"),
        bytes -> {
          Files.write(file, bytes);
          if (!Files.exists(schema)) {
            Files.writeString(schema, SCHEMA);
            Files.writeString(folder.resolve("other.avsc"), SCHEMA);
          }
          return read(file);
        },
        ParameterException.class);
  }

  private static FuzzedReader schema(Path folder) {
    Path file = folder.resolve("schema.yaml");
    Path schema = folder.resolve("schema.avsc");
    Path both = folder.resolve("other.yaml");
    return FuzzedReader.of(
        "avsc",
        List.of(
            FuzzedReader.text(SCHEMA),
            FuzzedReader.text("{\"type\": \"record\", \"name\": \"R\", \"fields\": []}"),
            FuzzedReader.text("\"string\"")),
        FuzzedReader.tokens(
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"",
            "null",
            "\"type\":",
            "\"record\"",
            "\"array\"",
            "\"items\":",
            "\"fixed\"",
            "\"size\":",
            "\"Trip\"",
            "\"default\":",
            "\"aliases\":",
            "\"order\":\"\"",
            "\"logicalType\":\"decimal\"",
            "\"precision\":",
            "\"scale\":",
            "{\"type\":\"array\",\"items\":",
            "[\"null\",",
            "\"\\ud800\"",
            "\"a.b.c\"",
            "\"name\":"),
        bytes -> {
          Files.write(schema, bytes);
          if (!Files.exists(file)) {
            Files.writeString(folder.resolve("good.avsc"), SCHEMA);
            Files.writeString(file, AVRO_JOB.replace("current", "schema").replace("other", "good"));
            Files.writeString(both, AVRO_JOB.replace("current", "good").replace("other", "schema"));
          }
          boolean reader = read(file);
          boolean writer = read(both);
          return reader || writer;
        },
        ParameterException.class);
  }

  /** Reads a file as {@code validate} does; a file with problems is refused with all of them. */
  private static boolean read(Path file) throws IOException {
    JobFile job = JobFiles.read(COMMAND, file, Map.of());
    for (Diagnostic problem : job.diagnostics()) {
      String text = problem.at(job.name());
      if (text.contains("java.lang.")) {
        throw new IllegalStateException("A problem without words for a user: " + text);
      }
    }
    if (job.isValid()) {
      job.options();
      job.topics();
      job.arguments();
    }
    return job.isValid();
  }
}
