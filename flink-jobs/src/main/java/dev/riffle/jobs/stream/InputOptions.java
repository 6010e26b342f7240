package dev.riffle.jobs.stream;

import dev.riffle.jobs.options.JobOption;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.options.OptionGroup;
import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.configuration.MemorySize;

/** Options of input records and of event time. */
public final class InputOptions {
  private static final OptionGroup.Builder OPTIONS = OptionGroup.titled("Input and event time");

  public static final JobOption<MemorySize> MAX_RECORD_BYTES =
      OPTIONS
          .size("max-record-bytes")
          .defaultsTo(MemorySize.parse("512kb"))
          .atLeast(1024)
          .describedAs(
              "Largest input record. A larger one becomes a dead letter, truncated to this size."
                  + " The broker's message.max.bytes must be at least 64 kB larger.");

  public static final JobOption<Integer> MAX_RECORD_STEPS =
      OPTIONS
          .integer("max-record-steps")
          .defaultsTo(524_288)
          .atLeast(1)
          .describedAs(
              "Most steps of an input record. One with more becomes a dead letter. A record causes at"
                  + " most one prediction for each of its steps.");

  public static final JobOption<Duration> MAX_OUT_OF_ORDERNESS =
      OPTIONS
          .duration("max-out-of-orderness")
          .defaultsTo(Duration.ofSeconds(1))
          .describedAs(
              "How far capture times of one partition may lag the newest one. Idle sequences and"
                  + " missing steps are detected that much later.");

  public static final JobOption<Duration> MAX_CAPTURE_AHEAD =
      OPTIONS
          .duration("max-capture-ahead")
          .defaultsTo(Duration.ofDays(1))
          .describedAs(
              "How far a capture time may be ahead of its record's Kafka timestamp. A record beyond"
                  + " it becomes a dead letter; otherwise it would end all other sessions as idle.");

  public static final JobOption<Duration> PARTITION_IDLE =
      OPTIONS
          .duration("partition-idle")
          .defaultsTo(Duration.ofSeconds(5))
          .describedAs("Time without records after which a partition no longer delays event time.");

  public static final OptionGroup GROUP = OPTIONS.build();

  private InputOptions() {}

  /** The limits of input records. */
  public static InputLimits limits(JobOptions options) {
    return new InputLimits(
        options.get(MAX_RECORD_BYTES).getBytes(),
        options.get(MAX_RECORD_STEPS),
        options.get(MAX_CAPTURE_AHEAD));
  }

  /** Event time is capture time, per partition. */
  static WatermarkStrategy<InputRecord> watermarks(JobOptions options) {
    WatermarkStrategy<InputRecord> strategy =
        WatermarkStrategy.<InputRecord>forBoundedOutOfOrderness(options.get(MAX_OUT_OF_ORDERNESS))
            .withTimestampAssigner((record, kafkaTimestamp) -> record.timestampMillis());
    Duration idle = options.get(PARTITION_IDLE);
    return idle.isZero() ? strategy : strategy.withIdleness(idle);
  }
}
