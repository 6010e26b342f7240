package dev.riffle.jobs.stream;

import dev.riffle.jobs.options.JobOption;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.options.OptionGroup;
import dev.riffle.operators.GapPolicy;
import dev.riffle.operators.SequenceOptions;
import dev.riffle.operators.StatePolicy;
import java.time.Duration;
import java.util.Arrays;

/** Options of the sequence operator: batches, order, gaps, sessions, state. */
public final class OperatorOptions {
  private static final SequenceOptions DEFAULTS = SequenceOptions.DEFAULTS;
  private static final OptionGroup.Builder OPTIONS =
      OptionGroup.titled("Batches, order and sessions");

  public static final JobOption<Integer> MAX_BATCH_SIZE =
      OPTIONS
          .integer("max-batch-size")
          .defaultsTo(DEFAULTS.maxBatchSize())
          .atLeast(1)
          .describedAs("Most sequences, or windows, in one batch.");

  public static final JobOption<Duration> MAX_QUEUE_DELAY =
      OPTIONS
          .duration("max-queue-delay")
          .defaultsTo(DEFAULTS.maxQueueDelay())
          .describedAs("Longest wait for a batch to fill; 0 to never wait.");

  public static final JobOption<Integer> WARM_UP =
      OPTIONS
          .integer("warm-up")
          .defaultsTo(DEFAULTS.warmUp())
          .atLeast(0)
          .describedAs(
              "Windows or steps of zeros, at most a batch, that a task computes when it starts, so"
                  + " that loading and compiling does not delay the first prediction; 0 for none.");

  public static final JobOption<Integer> MAX_REORDER_EVENTS =
      OPTIONS
          .integer("max-reorder-events")
          .defaultsTo(DEFAULTS.maxReorderEvents())
          .atLeast(0)
          .describedAs(
              "Most early events of one sequence that are buffered while steps are missing.");

  public static final JobOption<Long> MAX_REORDER_STEPS =
      OPTIONS
          .longInteger("max-reorder-steps")
          .defaultsTo(DEFAULTS.maxReorderSteps())
          .atLeast(0)
          .describedAs("Most steps that may be missing before gap-policy applies immediately.");

  public static final JobOption<Duration> MAX_REORDER_WAIT =
      OPTIONS
          .duration("max-reorder-wait")
          .defaultsTo(DEFAULTS.maxReorderWait())
          .describedAs(
              "Longest time, by capture times, that an early event is buffered while steps are"
                  + " missing; 0 for no limit.");

  public static final JobOption<String> GAP_POLICY =
      OPTIONS
          .text("gap-policy")
          .defaultsTo(DEFAULTS.gapPolicy().option())
          .oneOf(Arrays.stream(GapPolicy.values()).map(GapPolicy::option).toList())
          .describedAs(
              "What to do when missing steps do not arrive: fill (with zeros), reset (end the"
                  + " session and start another) or dead-letter (until the sequence starts again).");

  public static final JobOption<Long> MAX_FILL_STEPS =
      OPTIONS
          .longInteger("max-fill-steps")
          .atLeast(0)
          .describedAs(
              "Largest gap that is filled; a larger one resets the session. Default: the steps of a"
                  + " second for audio, otherwise 1000.");

  public static final JobOption<Duration> MAX_SEQUENCE_IDLE =
      OPTIONS
          .duration("max-sequence-idle")
          .defaultsTo(DEFAULTS.maxSequenceIdle())
          .describedAs(
              "Time without an event, by capture times, after which a session ends; 0 for never.");

  public static final JobOption<Duration> WALL_CLOCK_IDLE =
      OPTIONS
          .duration("wall-clock-idle")
          .defaultsTo(DEFAULTS.wallClockIdle())
          .describedAs(
              "The same by the wall clock; which sessions it ends differs from run to run. 0 for"
                  + " never.");

  public static final JobOption<Duration> STATE_TTL =
      OPTIONS
          .duration("state-ttl")
          .defaultsTo(DEFAULTS.stateTtl())
          .describedAs(
              "Time, by capture times, after which the state of an ended sequence is deleted.");

  public static final JobOption<String> ON_MODEL_CHANGE =
      OPTIONS
          .text("on-model-change")
          .defaultsTo(DEFAULTS.onModelChange().option())
          .oneOf(Arrays.stream(StatePolicy.values()).map(StatePolicy::option).toList())
          .describedAs(
              "What to do with state that another model wrote: refuse (fail with an explanation),"
                  + " carry (continue with it) or reset (end the sessions and start again).");

  public static final OptionGroup GROUP = OPTIONS.build();

  private OperatorOptions() {}

  /** The options as the operator takes them. */
  public static SequenceOptions sequences(JobOptions options) {
    return new SequenceOptions(
        options.get(MAX_BATCH_SIZE),
        options.get(MAX_QUEUE_DELAY),
        options.get(WARM_UP),
        options.get(MAX_REORDER_EVENTS),
        options.get(MAX_REORDER_STEPS),
        options.get(MAX_REORDER_WAIT),
        GapPolicy.of(options.get(GAP_POLICY)),
        options.optional(MAX_FILL_STEPS).orElse(SequenceOptions.FILL_A_SECOND),
        options.get(MAX_SEQUENCE_IDLE),
        options.get(WALL_CLOCK_IDLE),
        options.get(STATE_TTL),
        StatePolicy.of(options.get(ON_MODEL_CHANGE)));
  }
}
