package dev.riffle.models;

import java.util.Optional;

/**
 * Which windows of a sequence are complete, and which steps each window emits a prediction for.
 *
 * <p>Windows that overlap share steps. A model that predicts each step emits every step once, from
 * the window whose middle is nearest: half of the shared steps belong to either window.
 *
 * @param options length and stride of the windows
 * @param eachStep true if the model predicts each step, false if it predicts a window once
 */
record WindowSchedule(WindowOptions options, boolean eachStep) {
  /**
   * A window of a sequence, and the steps that it emits. Steps count from the first step of the
   * sequence.
   *
   * @param begin first step of the window
   * @param steps length of the window without padding
   * @param emitBegin first step that the window emits
   * @param emitEnd the step after the last one that the window emits
   */
  record Window(long begin, int steps, long emitBegin, long emitEnd) {}

  /** Returns the number of windows that are computed between two positions. */
  int computed(long before, long after, boolean finish) {
    int complete = (int) (options.next(after) - options.next(before));
    return complete + (finish && last(after).isPresent() ? 1 : 0);
  }

  /** Returns window {@code k}, which is complete. */
  Window complete(long k) {
    long begin = options.begin(k);
    long end = begin + options.length();
    return eachStep
        ? new Window(begin, options.length(), firstEmitted(k), Math.min(end, firstEmitted(k + 1)))
        : new Window(begin, options.length(), begin, end);
  }

  /**
   * Returns the incomplete window at the end of a sequence of this many steps. The result is empty
   * if complete windows have emitted every step.
   */
  Optional<Window> last(long steps) {
    long emitted = emitted(steps);
    if (steps <= emitted) {
      return Optional.empty();
    }
    long begin = options.begin(options.next(steps));
    return Optional.of(new Window(begin, (int) (steps - begin), eachStep ? emitted : begin, steps));
  }

  /** Returns the first step that window {@code k} emits, for a model that predicts each step. */
  private long firstEmitted(long k) {
    return k == 0 ? 0 : options.begin(k) + options.overlap() / 2;
  }

  /**
   * Returns the first step that the complete windows of a sequence of this many steps have not
   * emitted. Steps between windows count as emitted.
   */
  private long emitted(long steps) {
    long k = options.next(steps);
    if (eachStep || k == 0) {
      return firstEmitted(k);
    }
    // the previous window has covered the steps that it shares with window k
    return options.begin(k) + options.overlap();
  }
}
