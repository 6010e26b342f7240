package dev.riffle.jobs.stream;

import dev.riffle.jobs.options.JobOption;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.options.OptionGroup;
import java.time.Duration;
import java.util.List;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.StateRecoveryOptions;

/** Options of Flink: parallelism, checkpoints, state backend, restarts. */
public final class FlinkOptions {
  private static final OptionGroup.Builder OPTIONS = OptionGroup.titled("Flink");

  public static final JobOption<Integer> PARALLELISM =
      OPTIONS
          .integer("parallelism")
          .defaultsTo(1)
          .atLeast(1)
          .describedAs("Parallel tasks; may change at each restart from a savepoint.");

  public static final JobOption<Integer> MAX_PARALLELISM =
      OPTIONS
          .integer("max-parallelism")
          .defaultsTo(128)
          .atLeast(1)
          .atLeast(PARALLELISM)
          .describedAs("Upper bound of parallelism; fixed for the lifetime of the state.");

  public static final JobOption<Duration> CHECKPOINT_INTERVAL =
      OPTIONS
          .duration("checkpoint-interval")
          .defaultsTo(Duration.ofSeconds(1))
          .atLeast(10)
          .matching(
              interval -> interval.compareTo(Duration.ofDays(1)) <= 0,
              "at most 1d, since nothing is committed before")
          .describedAs("Interval at which state, offsets and final predictions are committed.");

  public static final JobOption<String> CHECKPOINT_DIR =
      OPTIONS
          .text("checkpoint-dir")
          .describedAs(
              "URI of the directory for checkpoints; defaults to the cluster's configuration.");

  public static final JobOption<String> STATE_BACKEND =
      OPTIONS
          .text("state-backend")
          .defaultsTo("hashmap")
          .oneOf(List.of("hashmap", "rocksdb"))
          .describedAs("Where state is stored: hashmap (heap) or rocksdb (disk, for many keys).");

  public static final JobOption<String> FROM_SAVEPOINT =
      OPTIONS
          .text("from-savepoint")
          .describedAs(
              "Savepoint or checkpoint from which the job resumes. On a cluster it applies when"
                  + " the job is submitted.");

  public static final JobOption<Integer> RESTART_ATTEMPTS =
      OPTIONS
          .integer("restart-attempts")
          .defaultsTo(1000)
          .atLeast(0)
          .describedAs("Restarts from the last checkpoint before the job fails; 0 for none.");

  public static final JobOption<Duration> RESTART_DELAY =
      OPTIONS
          .duration("restart-delay")
          .defaultsTo(Duration.ofMillis(500))
          .describedAs("Delay before each restart.");

  public static final JobOption<Duration> BUFFER_TIMEOUT =
      OPTIONS
          .duration("buffer-timeout")
          .defaultsTo(Duration.ofMillis(1))
          .describedAs("Longest time that an event waits in a network buffer.");

  public static final OptionGroup GROUP = OPTIONS.build();

  private FlinkOptions() {}

  /** The options as Flink's configuration. */
  static Configuration configuration(JobOptions options) {
    Configuration flink = new Configuration();
    flink.set(CoreOptions.DEFAULT_PARALLELISM, options.get(PARALLELISM));
    flink.set(PipelineOptions.MAX_PARALLELISM, options.get(MAX_PARALLELISM));
    flink.set(PipelineOptions.OBJECT_REUSE, true);
    flink.set(PipelineOptions.GENERIC_TYPES, false);
    flink.set(ExecutionOptions.BUFFER_TIMEOUT, options.get(BUFFER_TIMEOUT));
    flink.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, options.get(CHECKPOINT_INTERVAL));
    flink.set(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER, 3);
    options
        .optional(CHECKPOINT_DIR)
        .ifPresent(dir -> flink.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, dir));
    flink.set(StateBackendOptions.STATE_BACKEND, options.get(STATE_BACKEND));
    int attempts = options.get(RESTART_ATTEMPTS);
    flink.set(RestartStrategyOptions.RESTART_STRATEGY, attempts == 0 ? "none" : "fixed-delay");
    flink.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, Math.max(1, attempts));
    flink.set(
        RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, options.get(RESTART_DELAY));
    options
        .optional(FROM_SAVEPOINT)
        .ifPresent(path -> flink.set(StateRecoveryOptions.SAVEPOINT_PATH, path));
    return flink;
  }
}
