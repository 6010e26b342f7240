package dev.riffle.operators;

import java.io.Serializable;
import java.time.Duration;

/**
 * How the sequence operator behaves.
 *
 * @param maxBatchSize most rows in one batch, one of a key, or most windows; 1 or more
 * @param maxQueueDelay longest wait for a batch to fill; zero never waits
 * @param warmUp rows or windows of zeros that are computed when a task opens, at most a batch; 0
 *     for none
 * @param maxReorderEvents most early events of one key that are held while steps are missing
 * @param maxReorderSteps most steps that may be missing before the gap policy is applied at once
 * @param maxReorderWait longest capture time that an early event is held while steps are missing;
 *     zero for no such limit
 * @param gapPolicy what to do with a gap
 * @param maxFillSteps largest gap that {@code fill} fills
 * @param maxSequenceIdle capture time without an event after which a session ends; zero for never
 * @param wallClockIdle the same by this machine's clock; outside the equality promise; zero for
 *     never
 * @param stateTtl event time after which a key without an open session is forgotten; until then its
 *     last position still tells duplicates apart; zero for never
 * @param onModelChange what to do with state that another model wrote
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

  /** What a job has when nothing is said. */
  public static final SequenceOptions DEFAULTS =
      new SequenceOptions(
          64,
          Duration.ofMillis(2),
          1,
          64,
          1 << 20,
          Duration.ofSeconds(2),
          GapPolicy.FILL,
          1 << 20,
          Duration.ofSeconds(30),
          Duration.ZERO,
          Duration.ofMinutes(10),
          StatePolicy.REFUSE);

  public SequenceOptions {
    atLeast(1, maxBatchSize, "max-batch-size");
    atLeast(0, warmUp, "warm-up");
    atLeast(0, maxReorderEvents, "max-reorder-events");
    atLeast(0, maxReorderSteps, "max-reorder-steps");
    atLeast(0, maxFillSteps, "max-fill-steps");
    notNegative(maxQueueDelay, "max-queue-delay");
    notNegative(maxReorderWait, "max-reorder-wait");
    notNegative(maxSequenceIdle, "max-sequence-idle");
    notNegative(wallClockIdle, "wall-clock-idle");
    notNegative(stateTtl, "state-ttl");
  }

  private static void atLeast(long least, long value, String name) {
    if (value < least) {
      throw new IllegalArgumentException(
          name + " must be at least " + least + " but is " + value + ".");
    }
  }

  private static void notNegative(Duration value, String name) {
    if (value.isNegative()) {
      throw new IllegalArgumentException(name + " must not be negative but is " + value + ".");
    }
  }
}
