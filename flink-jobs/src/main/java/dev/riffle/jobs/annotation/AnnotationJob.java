package dev.riffle.jobs.annotation;

import dev.riffle.dna.annotator.Gene;
import dev.riffle.jobs.JobOptions;
import dev.riffle.jobs.Topics;
import dev.riffle.jobs.stream.DirectoryModel;
import dev.riffle.jobs.stream.KafkaEndpoints;
import dev.riffle.jobs.stream.StreamJob;
import java.time.Duration;
import java.util.List;

/** Bases in, genes out. */
public final class AnnotationJob {
  /** Second part of the topic names when nothing is said. */
  public static final String STREAM = "dna";

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private AnnotationJob() {}

  /** The options with the stream {@value #STREAM} where none was named. */
  public static JobOptions withStream(JobOptions options) {
    return options.optional(JobOptions.STREAM).isPresent()
        ? options
        : options.with(JobOptions.STREAM, STREAM);
  }

  /**
   * The job between the Kafka topics that the options name.
   *
   * @throws IllegalArgumentException if they name what is of another job alone
   */
  public static StreamJob<Gene> onKafka(JobOptions options) {
    return onKafka(options, options.topics());
  }

  /** The same between other topics. */
  public static StreamJob<Gene> onKafka(JobOptions options, Topics topics) {
    options.refuse(
        List.of(JobOptions.SECOND_PASS), "a second pass follows the transcription alone");
    options.refuse(JobOptions.READ_UNTIL, "it is of read-until alone");
    KafkaEndpoints ends = new KafkaEndpoints(options, topics);
    ReadInput input =
        new ReadInput(
            options.get(JobOptions.MAX_RECORD_BYTES).getBytes(),
            options.get(JobOptions.MAX_CAPTURE_AHEAD));
    return new StreamJob<>(
        "riffle " + options.streamName() + " annotation",
        "reads",
        "annotate",
        ends.source(input),
        new DirectoryModel<>(options.model(), options.get(JobOptions.BACKEND), Gene.class, null),
        new GeneMapper(),
        ends.sinks(),
        options);
  }

  /**
   * Runs the job on the cluster that calls this, or in this JVM.
   *
   * @param args {@code --name value} for each option that is not to have its default
   */
  public static void main(String[] args) throws Exception {
    JobOptions options = withStream(JobOptions.parse(args));
    options.topics().require(options.get(JobOptions.BOOTSTRAP), PATIENCE);
    StreamJob<Gene> job = onKafka(options);
    job.environment().execute(job.name());
  }
}
