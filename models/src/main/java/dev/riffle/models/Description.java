package dev.riffle.models;

/**
 * What a model costs and sees.
 *
 * @param layers of its network
 * @param stateBytes bytes that one key's state takes; 0 where windows are answered as a whole
 * @param per what the multiply-adds are for, such as {@code a step} or {@code a window of 1024}
 * @param multiplyAdds of linear maps, convolutions and attention; element-wise work, norms and
 *     recurrences come on top
 * @param receptiveField what an answer can depend on
 * @param lookAhead what it waits for
 */
public record Description(
    int layers,
    int stateBytes,
    String per,
    long multiplyAdds,
    String receptiveField,
    String lookAhead) {

  /**
   * Of a model that goes step by step.
   *
   * @param step what a step is called
   * @param steps how many the multiply-adds are told for, 0 for one
   * @param multiplyAdds of one step
   */
  public static Description recurrent(
      ModelInfo info, int layers, String step, int steps, long multiplyAdds, String lookAhead) {
    return new Description(
        layers,
        info.stateBytes(),
        steps == 0 ? "a " + step : steps + " times a " + step,
        Math.max(1, steps) * multiplyAdds,
        "all steps so far",
        lookAhead);
  }

  /** Of a model that answers whole windows, each of which sees all of itself. */
  public static Description windowed(int layers, int length, long multiplyAdds) {
    return new Description(
        layers,
        0,
        "a window of " + length,
        multiplyAdds,
        "the whole window",
        "to the window's end");
  }
}
