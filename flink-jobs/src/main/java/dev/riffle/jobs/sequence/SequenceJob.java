package dev.riffle.jobs.sequence;

import dev.riffle.jobs.JobOptions;
import dev.riffle.jobs.annotation.AnnotationJob;
import dev.riffle.jobs.stream.DirectoryModel;
import dev.riffle.jobs.stream.KafkaEndpoints;
import dev.riffle.jobs.stream.StreamJob;
import dev.riffle.models.PredictionValues;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Any model on any topic, as a file says. */
public final class SequenceJob {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String JOB = "--job=";
  private static final String NAME = "--name=";
  private static final String SCHEMA = "--schema=";

  private SequenceJob() {}

  /**
   * The job of a file.
   *
   * @throws IllegalArgumentException if it has mistakes; the message lists them
   */
  public static StreamJob<?> onKafka(JobFile file) {
    require(file);
    JobOptions options = file.options();
    if (file.reads()) {
      return AnnotationJob.onKafka(options, file.topics());
    }
    KafkaEndpoints ends = new KafkaEndpoints(options, file.topics());
    String backend = options.get(JobOptions.BACKEND);
    return new StreamJob<>(
        "riffle " + options.streamName(),
        "events",
        "model",
        ends.source(input(file)),
        new SequenceModel(
            new DirectoryModel<>(options.model(), backend, PredictionValues.class, file.windows()),
            file.answers()),
        new PredictionMapper(file.jsonAnswers()),
        ends.sinks(),
        options);
  }

  static SequenceInput input(JobFile file) {
    return new SequenceInput(
        file.format(),
        file.fields(),
        file.options().get(JobOptions.MAX_RECORD_BYTES).getBytes(),
        file.options().get(JobOptions.MAX_CAPTURE_AHEAD));
  }

  /**
   * Runs a job on the cluster that calls this, or in this JVM.
   *
   * @param args the file, then {@code --name=value} for each option that is to go before what the
   *     file says; or what {@link JobFile#arguments} gives
   */
  public static void main(String[] args) throws Exception {
    JobFile file = file(args);
    require(file);
    file.topics().require(file.options().get(JobOptions.BOOTSTRAP), PATIENCE);
    StreamJob<?> job = onKafka(file);
    job.environment().execute(job.name());
  }

  static JobFile file(String... args) throws java.io.IOException {
    String path = null;
    String yaml = null;
    String name = "job";
    String schema = null;
    List<String> options = new ArrayList<>();
    for (String arg : args) {
      if (arg.startsWith(JOB)) {
        yaml = arg.substring(JOB.length());
      } else if (arg.startsWith(NAME)) {
        name = arg.substring(NAME.length());
      } else if (arg.startsWith(SCHEMA)) {
        schema = arg.substring(SCHEMA.length());
      } else if (arg.startsWith("--")) {
        options.add(arg);
      } else {
        path = arg;
      }
    }
    Map<String, String> overrides = new LinkedHashMap<>();
    for (String option : JobOptions.parse(options.toArray(String[]::new)).arguments()) {
      int equals = option.indexOf('=');
      overrides.put(option.substring(2, equals), option.substring(equals + 1));
    }
    if (yaml == null && path == null) {
      throw new IllegalArgumentException(
          "Say which job: the path of its YAML file, which docs/jobs.md describes.");
    }
    return yaml != null
        ? JobFile.of(name, yaml, schema, overrides)
        : JobFile.read(Path.of(path), overrides);
  }

  private static void require(JobFile file) {
    if (!file.mistakes().isEmpty()) {
      StringBuilder text = new StringBuilder("The job cannot run:");
      for (Diagnostic mistake : file.mistakes()) {
        text.append("\n").append(mistake.at(file.name()));
      }
      throw new IllegalArgumentException(text.toString());
    }
  }
}
