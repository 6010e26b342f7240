package dev.riffle.operators;

import java.io.Serializable;
import java.time.Duration;

/**
 * Options of the sequence operator.
 *
 * @param maxBatchSize slots of a batch: keys of a model that computes step by step, windows of a
 *     model of windows; 1 or more
 * @param maxQueueDelay longest time that a work item waits for a batch to fill; zero to never wait
 * @param warmUp slots of zeros that are computed when a task opens, at most one batch; 0 for none
 * @param maxReorderEvents early events of one key that are buffered at most
 * @param maxReorderSteps missing steps beyond which the gap policy is applied at once
 * @param maxReorderWait capture time that an early event is buffered at most; zero for no limit
 * @param gapPolicy what to do about missing steps
 * @param maxFillSteps largest gap that {@link GapPolicy#FILL} fills; {@link #FILL_A_SECOND} for a
 *     second of the stream
 * @param maxSequenceIdle capture time without an event after which a session ends; zero for never
 * @param wallClockIdle wall-clock time without an event after which a session ends; zero for never.
 *     Results then depend on the clock
 * @param stateTtl event time after which a key without an open session is forgotten; until then its
 *     last position distinguishes duplicates; zero for never
 * @param onModelChange what to do with the state that another model wrote
 */
public record SequenceOptions(
    int maxBatchSize,
    Duration maxQueueDelay,
    int warmUp,
    int maxReorderEvents,
    long maxReorderSteps,
    Duration maxReorderWait,
    GapPolicy gapPolicy,
    long maxFillSteps,
    Duration maxSequenceIdle,
    Duration wallClockIdle,
    Duration stateTtl,
    StatePolicy onModelChange)
    implements Serializable {

  /**
   * As {@code maxFillSteps}: the steps of a second, as the rate of the stream says, or {@link
   * #FILL_WITHOUT_RATE} if the stream has no rate.
   */
  public static final long FILL_A_SECOND = -1;

  /** Largest gap that {@link #FILL_A_SECOND} fills in a stream without a rate, in steps. */
  public static final long FILL_WITHOUT_RATE = 1000;

  /** The defaults of all jobs. */
  public static final SequenceOptions DEFAULTS =
      new SequenceOptions(
          64,
          Duration.ofMillis(2),
          1,
          64,
          1 << 20,
          Duration.ofSeconds(2),
          GapPolicy.FILL,
          FILL_A_SECOND,
          Duration.ofSeconds(30),
          Duration.ZERO,
          Duration.ofMinutes(10),
          StatePolicy.REFUSE);

  public SequenceOptions {
    atLeast(1, maxBatchSize, "max-batch-size");
    atLeast(0, warmUp, "warm-up");
    atLeast(0, maxReorderEvents, "max-reorder-events");
    atLeast(0, maxReorderSteps, "max-reorder-steps");
    atLeast(FILL_A_SECOND, maxFillSteps, "max-fill-steps");
    notNegative(maxQueueDelay, "max-queue-delay");
    notNegative(maxReorderWait, "max-reorder-wait");
    notNegative(maxSequenceIdle, "max-sequence-idle");
    notNegative(wallClockIdle, "wall-clock-idle");
    notNegative(stateTtl, "state-ttl");
  }

  private static void atLeast(long least, long value, String name) {
    if (value < least) {
      throw new IllegalArgumentException(
          "Expected " + name + " of at least " + least + ", found " + value + ".");
    }
  }

  private static void notNegative(Duration value, String name) {
    if (value.isNegative()) {
      throw new IllegalArgumentException(
          "Expected " + name + " of zero or more, found " + value + ".");
    }
  }
}
