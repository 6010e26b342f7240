package dev.riffle.models;

import java.util.Arrays;

/**
 * The cost of a model, and the steps that a prediction depends on.
 *
 * @param layers number of layers of the network
 * @param reads the input of a step, such as {@code 3 values per step}
 * @param predictions what a prediction is, and how often the model makes one
 * @param window steps of a window; 0 for a model that reads step by step
 * @param stateBytes size of the state of one key, or its maximum for windows; 0 if a stream cannot
 *     use the model
 * @param per the unit of the multiply-adds, such as {@code a step} or {@code a window of 1024}
 * @param multiplyAdds multiply-adds of linear maps, convolutions and attention; element-wise
 *     operations, norms and recurrences are not counted
 * @param receptiveField the steps that a prediction can depend on
 * @param lookAhead the steps that a prediction waits for
 */
public record Description(
    int layers,
    String reads,
    String predictions,
    int window,
    long stateBytes,
    String per,
    long multiplyAdds,
    String receptiveField,
    String lookAhead) {

  /**
   * Describes a model that reads step by step.
   *
   * @param steps number of steps to count multiply-adds for; 0 means one
   * @param multiplyAdds multiply-adds of one step
   */
  public static Description recurrent(
      RecurrentModel model, int layers, int steps, long multiplyAdds) {
    return recurrent(
        layers,
        values(model.inputs()) + " per step",
        shape(model.outputShape()) + " after each step",
        RecurrentStreamModel.stateBytes(model),
        "step",
        steps,
        multiplyAdds,
        "none");
  }

  /**
   * Describes a model that follows its input in steps of its own.
   *
   * @param step name of a step
   * @param steps number of steps to count multiply-adds for; 0 means one
   * @param multiplyAdds multiply-adds of one step
   */
  public static Description recurrent(
      int layers,
      String reads,
      String predictions,
      int stateBytes,
      String step,
      int steps,
      long multiplyAdds,
      String lookAhead) {
    return new Description(
        layers,
        reads,
        predictions,
        0,
        stateBytes,
        steps == 0 ? "a " + step : steps + " times a " + step,
        Math.max(1, steps) * multiplyAdds,
        "all steps so far",
        lookAhead);
  }

  /** Describes a model of whole windows; a prediction depends on all steps of its window. */
  public static Description windowed(WindowModel model, int layers, int length, long multiplyAdds) {
    String step = model.tokens() > 0 ? "a token, 0 to " + (model.tokens() - 1) + "," : "";
    return new Description(
        layers,
        (step.isEmpty() ? values(model.inputs()) : step) + " per step",
        shape(model.outputShape())
            + (model.predictsEachStep() ? " for each step" : " for a window"),
        length,
        WindowState.bytes(model, length - 1),
        "a window of " + length,
        multiplyAdds,
        "the whole window",
        "to the window's end");
  }

  /** Returns this description for a model whose predictions depend on no later step. */
  public Description causal() {
    return new Description(
        layers,
        reads,
        predictions,
        window,
        stateBytes,
        per,
        multiplyAdds,
        "the window so far",
        "none at this length");
  }

  private static String values(int inputs) {
    return inputs == 1 ? "1 value" : inputs + " values";
  }

  private static String shape(int[] shape) {
    return Arrays.toString(shape).replaceAll("[\\[\\]]", "").replace(", ", " x ")
        + (shape.length == 1 && shape[0] == 1 ? " value" : " values");
  }
}
