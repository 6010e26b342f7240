package dev.riffle.operators;

import java.io.Serializable;
import java.time.Duration;

/**
 * How the recurrent operator behaves.
 *
 * @param maxBatchSize most keys in one batch, 1 or more
 * @param maxQueueDelay longest wait for a batch to fill; zero never waits
 * @param maxReorderEvents most early events of one key that are held while steps are missing
 * @param maxReorderSteps most steps that may be missing before the gap policy is applied at once
 * @param gapPolicy what to do with a gap
 * @param maxFillSteps largest gap that {@code fill} fills
 * @param maxSequenceIdle capture time without an event after which a session ends; zero for never
 * @param wallClockIdle the same by this machine's clock; outside the equality promise; zero for
 *     never
 * @param stateTtl event time after which a key without an open session is forgotten; until then its
 *     last position still tells duplicates apart
 * @param onModelChange what to do with state that another model wrote
 */
public record RecurrentOptions(
    int maxBatchSize,
    Duration maxQueueDelay,
    int maxReorderEvents,
    long maxReorderSteps,
    GapPolicy gapPolicy,
    long maxFillSteps,
    Duration maxSequenceIdle,
    Duration wallClockIdle,
    Duration stateTtl,
    StatePolicy onModelChange)
    implements Serializable {

  /** What a job has when nothing is said. */
  public static final RecurrentOptions DEFAULTS =
      new RecurrentOptions(
          64,
          Duration.ofMillis(2),
          64,
          1 << 20,
          GapPolicy.FILL,
          1 << 20,
          Duration.ofSeconds(30),
          Duration.ZERO,
          Duration.ofMinutes(10),
          StatePolicy.REFUSE);
}
