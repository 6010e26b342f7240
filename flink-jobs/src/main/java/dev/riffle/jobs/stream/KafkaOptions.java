package dev.riffle.jobs.stream;

import dev.riffle.jobs.options.JobOption;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.options.OptionGroup;
import java.time.Duration;
import java.util.List;

/** Options of the Kafka source and sinks. */
public final class KafkaOptions {
  private static final OptionGroup.Builder OPTIONS = OptionGroup.titled("Kafka");

  public static final JobOption<String> BOOTSTRAP =
      OPTIONS
          .text("bootstrap")
          .defaultsTo("127.0.0.1:9092")
          .describedAs("Kafka broker as host:port; separate several with commas.");

  public static final JobOption<String> NAMESPACE =
      OPTIONS
          .text("namespace")
          .defaultsTo("riffle")
          .matching(Topics::isPart, Topics.PART_RULE)
          .describedAs("First part of the topic names <namespace>.<stream>.<kind>.v1.");

  public static final JobOption<String> STREAM =
      OPTIONS
          .text("stream")
          .matching(Topics::isPart, Topics.PART_RULE)
          .describedAs("Second part of the topic names.");

  public static final JobOption<String> GROUP_ID =
      OPTIONS
          .text("group-id")
          .defaultsTo("riffle")
          .describedAs("Consumer group. Each checkpoint commits its offsets.");

  public static final JobOption<String> START_FROM =
      OPTIONS
          .text("start-from")
          .defaultsTo("committed")
          .oneOf(List.of("committed", "earliest", "latest"))
          .describedAs(
              "Where a job without a savepoint starts: committed (the group's offsets, or the"
                  + " earliest if there are none), earliest or latest.");

  public static final JobOption<Boolean> BOUNDED =
      OPTIONS
          .flag("bounded")
          .defaultsTo(false)
          .describedAs(
              "Read the records that the topic contains at the start, end all sequences, then finish.");

  public static final JobOption<Boolean> PREVIEW =
      OPTIONS
          .flag("preview")
          .defaultsTo(true)
          .describedAs("Write predictions to the preview topic immediately.");

  public static final JobOption<String> TRANSACTIONAL_ID_PREFIX =
      OPTIONS
          .text("transactional-id-prefix")
          .describedAs(
              "Prefix of the transactional ids of the exactly-once topics; defaults to"
                  + " <namespace>.<stream>. Two jobs on one broker must not share it.");

  public static final JobOption<Duration> TRANSACTION_TIMEOUT =
      OPTIONS
          .duration("transaction-timeout")
          .defaultsTo(Duration.ofMinutes(10))
          .describedAs(
              "Longest time between two checkpoints, recovery included, before the broker aborts"
                  + " the transaction and drops its final records; at most the broker's"
                  + " transaction.max.timeout.ms.");

  public static final JobOption<Boolean> ACCEPT_LOSS =
      OPTIONS
          .flag("accept-loss")
          .defaultsTo(false)
          .describedAs(
              "Continue without records of the restored checkpoint whose transaction the broker"
                  + " aborted, or no longer knows. Without it the job ends and names them.");

  public static final OptionGroup GROUP = OPTIONS.build();

  private KafkaOptions() {}

  /** {@code <namespace>.<stream>}. */
  public static String streamName(JobOptions options) {
    return options.get(NAMESPACE) + "." + options.get(STREAM);
  }

  /** Prefix of the transactional ids. */
  public static String transactionalIdPrefix(JobOptions options) {
    return options.optional(TRANSACTIONAL_ID_PREFIX).orElseGet(() -> streamName(options));
  }
}
