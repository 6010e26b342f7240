package dev.riffle.models;

import java.util.Arrays;

/**
 * What a model costs and sees.
 *
 * @param layers of its network
 * @param reads what a step is, such as {@code 3 values per step}
 * @param predictions what a prediction is, and how often the model makes one
 * @param window steps of the windows that it is described for; 0 where it goes step by step
 * @param stateBytes bytes that one key's state takes, with windows at most; 0 where no stream can
 *     serve it
 * @param per what the multiply-adds are for, such as {@code a step} or {@code a window of 1024}
 * @param multiplyAdds of linear maps, convolutions and attention; element-wise work, norms and
 *     recurrences come on top
 * @param receptiveField what an answer can depend on
 * @param lookAhead what it waits for
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
   * Of a model that goes step by step.
   *
   * @param steps how many the multiply-adds are told for, 0 for one
   * @param multiplyAdds of one step
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
   * Of a model that goes on with its input, in steps of its own.
   *
   * @param step what a step is called
   * @param steps how many the multiply-adds are told for, 0 for one
   * @param multiplyAdds of one step
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

  /** Of a model that answers whole windows, each of which sees all of itself. */
  public static Description windowed(WindowModel model, int layers, int length, long multiplyAdds) {
    String step = model.tokens() > 0 ? "a token, 0 to " + (model.tokens() - 1) + "," : "";
    return new Description(
        layers,
        (step.isEmpty() ? values(model.inputs()) : step) + " per step",
        shape(model.outputShape())
            + (model.predictsEachStep() ? " for each step" : " for a window"),
        length,
        WindowStreamModel.stateBytes(model, length - 1),
        "a window of " + length,
        multiplyAdds,
        "the whole window",
        "to the window's end");
  }

  /** The same of a model whose answers see nothing behind their step. */
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
