package dev.riffle.models;

/**
 * A stream model over a {@link WindowModel}. Window {@code k} holds the steps from {@code k stride}
 * on. The model computes it when its last step arrives, and its predictions carry that position.
 * When a sequence ends, the incomplete window is computed with the steps that it has.
 *
 * <p>A model that predicts a window once emits one prediction for the steps of the window. A model
 * that predicts each step emits every step once, from the window whose middle is nearest:
 *
 * <pre>
 *   window 0      [--- emitted ---|..]            length 6, stride 3: windows share 3 steps
 *   window 1             [.|--- emitted ---|..]   the first window also emits its head
 *   end of sequence             [.|- emitted -]   the last window also emits its tail
 * </pre>
 *
 * <p>Tokens are whole numbers in float values, which are exact up to 2^24.
 *
 * <pre>
 *   WindowStreamModel  -> WindowRunner     batches windows of many sequences, computes, emits
 *   WindowSchedule     which windows are complete, which steps each of them emits
 *   WindowInput        buffered and new steps of one batch item
 *   WindowState        the state bytes
 * </pre>
 */
public final class WindowStreamModel implements StreamModel<PredictionValues> {
  private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

  private final ModelInfo info;
  private final WindowModel model;
  private final WindowSchedule schedule;

  /**
   * @param identity of the model; length and stride are added to its fingerprint
   * @throws ModelException if the model does not accept windows of this length
   */
  public WindowStreamModel(ModelInfo identity, WindowModel model, WindowOptions options) {
    this.model = model;
    this.schedule = new WindowSchedule(options, model.predictsEachStep());
    try {
      model.check(options.length());
    } catch (InputException e) {
      throw new ModelException(
          String.format(
              "Model %s cannot have windows of %d steps: %s",
              identity.label(), options.length(), e.getMessage()),
          e);
    }
    long state = WindowState.bytes(model, options.length() - 1);
    long values = Math.max(values(options.length()), state);
    if (values > MAX_ARRAY) {
      throw new ModelException(
          String.format(
              "Model %s needs an array of %d for a window of %d steps, but an array holds at most %d"
                  + " (2^31 - 9). Choose a shorter window.",
              identity.label(), values, options.length(), MAX_ARRAY));
    }
    this.info =
        new ModelInfo(
            identity.name(),
            identity.version(),
            identity.family(),
            identity.fingerprint() + "/" + options.length() + "/" + options.stride(),
            0,
            (int) state);
  }

  /** Returns the size of the largest array that a window needs, including input and output. */
  long values(int length) {
    long ends = (long) length * Math.max(model.inputs(), model.outputs());
    return Math.max(model.values(length), ends);
  }

  @Override
  public ModelInfo info() {
    return info;
  }

  @Override
  public void check(Format format) {
    format.checkWidth(
        model.inputs(),
        info.label(),
        model.tokens() > 0 ? "one token per step" : model.inputs() + " values per step");
  }

  /** Returns the number of windows that the item completes, plus its incomplete last window. */
  @Override
  public int slots(BatchItem<PredictionValues> item, boolean finish) {
    long before = WindowState.position(item.state);
    // advance() rejects a state that is too short
    return before < 0 ? 0 : schedule.computed(before, before + item.steps, finish);
  }

  @Override
  public StreamRunner<PredictionValues> newRunner() {
    return new WindowRunner(this, model, schedule);
  }
}
