package dev.riffle.operators;

import dev.riffle.models.Format;

/**
 * Applies the gap policy to missing steps: fills them with zeros, begins another session after
 * them, or refuses the rest of the sequence. Zeros are work items of at most {@value #FILL_VALUES}
 * values, computed one after the other. A prediction that covers only filled steps is computed but
 * not emitted.
 */
final class GapHandler<O> {
  private static final int FILL_VALUES = 1 << 16;

  private final SessionLifecycle<O> lifecycle;
  private final Emitter<O> emitter;
  private final OperatorMetrics metrics;
  private final GapPolicy policy;
  private final long maxFillSteps;

  /**
   * Missing steps, from the next position of the sequence on.
   *
   * @param end first position after the gap
   * @param endMicros capture time at that position
   * @param reason why the steps are missing, for session events
   */
  record Gap(long end, long endMicros, String reason) {}

  GapHandler(
      SequenceOptions options,
      SessionLifecycle<O> lifecycle,
      Emitter<O> emitter,
      OperatorMetrics metrics) {
    this.lifecycle = lifecycle;
    this.emitter = emitter;
    this.metrics = metrics;
    this.policy = options.gapPolicy();
    this.maxFillSteps = options.maxFillSteps();
  }

  /** Applies the policy to a gap at the present position. */
  void handle(KeyQueue<O> key, Gap gap) {
    long missing = gap.end - key.state.progress.next();
    metrics.gaps.inc();
    emitter.gap(key, gap.reason, missing);
    if (policy == GapPolicy.FILL && missing <= mostFilled(key.state.session.format())) {
      new Fill(key, gap, missing).next();
    } else {
      skip(key, gap);
    }
  }

  private long mostFilled(Format format) {
    if (maxFillSteps != SequenceOptions.FILL_A_SECOND) {
      return maxFillSteps;
    }
    return format.rate() > 0 ? format.rate() : SequenceOptions.FILL_WITHOUT_RATE;
  }

  private void skip(KeyQueue<O> key, Gap gap) {
    key.plan(() -> lifecycle.end(key, gap.reason), () -> resume(key, gap));
  }

  private void resume(KeyQueue<O> key, Gap gap) {
    SequenceState state = key.state;
    if (policy == GapPolicy.DEAD_LETTER) {
      state.session = state.session.refusing();
    } else {
      lifecycle.begin(key, state.session.format(), gap.end, gap.endMicros, gap.reason);
    }
  }

  /** A gap that is being filled. If the model refuses zeros, the gap is skipped instead. */
  private final class Fill {
    private final KeyQueue<O> key;
    private final Gap gap;
    private final long missing;
    private final Gaps gaps;
    private final float[] zeros;
    private final int chunk; // steps
    private long left; // steps

    Fill(KeyQueue<O> key, Gap gap, long missing) {
      int width = key.state.session.format().width();
      this.key = key;
      this.gap = gap;
      this.missing = missing;
      this.gaps = key.state.progress.gaps().plus(key.state.progress.next(), gap.end);
      this.chunk = (int) Math.min(missing, Math.max(1, FILL_VALUES / width));
      this.zeros = new float[chunk * width];
      this.left = missing;
    }

    void next() {
      SequenceState state = key.state;
      if (left > 0) {
        int steps = (int) Math.min(left, chunk);
        key.compute(WorkItem.ofValues(key, zeros, steps, this::computed));
        return;
      }
      state.counters = state.counters.plusFilled(missing);
      metrics.filledSteps.inc(missing);
      state.progress = state.progress.skipTo(gap.end, gap.endMicros);
    }

    private void computed(WorkItem<O> item) {
      if (item.failure != null) {
        skip(key, gap);
        return;
      }
      emitter.predictions(item, gaps);
      key.state.model = key.state.model.next(item.batchItem.state);
      left -= item.batchItem.steps;
      next();
    }
  }
}
