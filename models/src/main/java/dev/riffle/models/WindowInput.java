package dev.riffle.models;

import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** The available steps of one batch item: the steps buffered in its state, then its new steps. */
final class WindowInput {
  private final BatchItem<PredictionValues> item;
  private final WindowModel model;
  private final WindowOptions options;
  private final WindowState state;

  /**
   * @throws StateException if the state of the item belongs to another model or other windows
   * @throws InputException if a new step is not finite, or not a token of the model
   */
  WindowInput(
      BatchItem<PredictionValues> item, ModelInfo info, WindowModel model, WindowOptions options) {
    this.item = item;
    this.model = model;
    this.options = options;
    this.state = WindowState.read(item.state, info, model, options);
    if (model.tokens() > 0) {
      checkTokens();
    } else {
      item.checkFinite(before());
    }
  }

  /** Returns the number of steps that the sequence had consumed before this call. */
  long before() {
    return state.position();
  }

  /** Returns the number of steps that the sequence has consumed after this call. */
  long after() {
    return state.position() + item.steps;
  }

  /** Copies steps from {@code from} on; steps count from the first step of the sequence. */
  void copy(long from, int steps, FloatBuffer to) {
    int width = model.inputs();
    int buffered = (int) Math.max(0, Math.min(steps, before() - from));
    if (buffered > 0) {
      int index = (int) (from - firstBuffered()) * width;
      to.put(state.buffered().slice(index, buffered * width));
    }
    if (steps > buffered) {
      int index = item.offset + (int) (from + buffered - before()) * width;
      to.put(item.values, index, (steps - buffered) * width);
    }
  }

  /** Adds a prediction to the batch item. */
  void emit(Prediction<PredictionValues> prediction) {
    item.predictions.add(prediction);
  }

  /** Writes the state after the last step to the batch item. */
  void store() {
    long next = options.begin(options.next(after()));
    int steps = (int) Math.max(0, after() - next);
    var to = WindowState.allocate(model, options, after(), steps);
    copy(next, steps, to.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer());
    item.state = to.array();
  }

  private long firstBuffered() {
    return options.begin(options.next(before()));
  }

  private void checkTokens() {
    for (int i = 0; i < item.steps; i++) {
      float value = item.values[item.offset + i];
      if (!(value >= 0 && value < model.tokens() && value == Math.rint(value))) {
        throw new InputException(
            String.format(
                "Step %d of the sequence must be a token, a whole number from 0 to %d, but is %s.",
                before() + i, model.tokens() - 1, value));
      }
    }
  }
}
