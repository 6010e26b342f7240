package dev.riffle.cli.job;

import dev.riffle.cli.shared.Installation;
import dev.riffle.jobs.JobOptions;
import dev.riffle.jobs.annotation.AnnotationJob;
import dev.riffle.jobs.readuntil.ReadUntilJob;
import dev.riffle.jobs.stream.StreamJob;
import dev.riffle.jobs.transcription.TranscriptionJob;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** The jobs that have a name rather than a file. */
enum NamedJob {
  /** Sound in, notes out. */
  TRANSCRIPTION(
      TranscriptionJob.class,
      Installation::transcriber,
      UnaryOperator.identity(),
      TranscriptionJob::onKafka),
  /** Bases in, genes out. */
  ANNOTATION(
      AnnotationJob.class,
      Installation::annotator,
      AnnotationJob::withStream,
      AnnotationJob::onKafka),
  /** Reads in, decisions out. */
  READ_UNTIL(
      ReadUntilJob.class, Installation::readUntil, ReadUntilJob::withStream, ReadUntilJob::onKafka);

  private final Class<?> main;
  private final Supplier<Path> model;
  private final UnaryOperator<JobOptions> defaults;
  private final Function<JobOptions, StreamJob<?>> maker;

  NamedJob(
      Class<?> main,
      Supplier<Path> model,
      UnaryOperator<JobOptions> defaults,
      Function<JobOptions, StreamJob<?>> maker) {
    this.main = main;
    this.model = model;
    this.defaults = defaults;
    this.maker = maker;
  }

  /** The job of this name; null if there is none. */
  static NamedJob of(String name) {
    return Arrays.stream(values()).filter(j -> j.text().equals(name)).findFirst().orElse(null);
  }

  /** All names, for messages. */
  static String names() {
    return Arrays.stream(values()).map(NamedJob::text).collect(Collectors.joining(", "));
  }

  /** Its name on the command line. */
  String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** What a cluster calls to run it. */
  String entryClass() {
    return main.getName();
  }

  /** The options with this job's own defaults where they say nothing, the shipped model apart. */
  JobOptions withDefaults(JobOptions given) {
    return defaults.apply(given);
  }

  /** The options with the shipped model where they name none. */
  JobOptions withModel(JobOptions given) {
    return given.optional(JobOptions.MODEL).isPresent()
        ? given
        : given.with(JobOptions.MODEL, model.get().toString());
  }

  /** The job between the Kafka topics that the options name. */
  StreamJob<?> onKafka(JobOptions options) {
    return maker.apply(options);
  }
}
