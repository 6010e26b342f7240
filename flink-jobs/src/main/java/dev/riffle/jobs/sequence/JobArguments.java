package dev.riffle.jobs.sequence;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A job file as arguments of {@link SequenceJob#main}, so that it can run on another machine. */
final class JobArguments {
  private static final String JOB = "--job=";
  private static final String NAME = "--name=";
  private static final String SCHEMA = "--schema=";
  private static final String WRITER_SCHEMA = "--writer-schema=";

  private JobArguments() {}

  /**
   * Writes a file as arguments.
   *
   * @param overrides options that take precedence over the file
   */
  static List<String> write(
      String name, String yaml, AvroSchemas schemas, Map<String, String> overrides) {
    List<String> arguments = new ArrayList<>(List.of(JOB + yaml, NAME + name));
    schemas.reader().ifPresent(text -> arguments.add(SCHEMA + text));
    schemas.writer().ifPresent(text -> arguments.add(WRITER_SCHEMA + text));
    overrides.forEach((option, value) -> arguments.add("--" + option + "=" + value));
    return arguments;
  }

  /**
   * Reads the arguments.
   *
   * @throws IOException if they name a file that cannot be read
   * @throws IllegalArgumentException if they name no job
   */
  static JobFile read(String... arguments) throws IOException {
    Optional<String> path = Optional.empty();
    Optional<String> yaml = Optional.empty();
    Optional<String> schema = Optional.empty();
    Optional<String> writer = Optional.empty();
    String name = "job";
    Map<String, String> overrides = new LinkedHashMap<>();
    for (int i = 0; i < arguments.length; i++) {
      String argument = arguments[i];
      int equals = argument.indexOf('=');
      if (argument.startsWith(JOB)) {
        yaml = Optional.of(argument.substring(JOB.length()));
      } else if (argument.startsWith(NAME)) {
        name = argument.substring(NAME.length());
      } else if (argument.startsWith(SCHEMA)) {
        schema = Optional.of(argument.substring(SCHEMA.length()));
      } else if (argument.startsWith(WRITER_SCHEMA)) {
        writer = Optional.of(argument.substring(WRITER_SCHEMA.length()));
      } else if (!argument.startsWith("--")) {
        path = Optional.of(argument);
      } else if (equals > 0) {
        overrides.put(argument.substring(2, equals), argument.substring(equals + 1));
      } else if (i + 1 < arguments.length) {
        overrides.put(argument.substring(2), arguments[++i]);
      } else {
        throw new IllegalArgumentException("Option " + argument + " needs a value after it.");
      }
    }
    if (yaml.isPresent()) {
      return JobFile.of(name, yaml.get(), new AvroSchemas(schema, writer), overrides);
    }
    if (path.isPresent()) {
      return JobFile.read(Path.of(path.get()), overrides);
    }
    throw new IllegalArgumentException(
        "Expected the path of a job's YAML file as an argument, but found none; docs/jobs.md"
            + " describes the file.");
  }
}
