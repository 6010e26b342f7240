package dev.riffle.models.routing;

/**
 * A batch of windows of any lengths, one behind the other.
 *
 * @param tokens {@code [rows]} of a language model; null for an encoder
 * @param features {@code [rows, dim]} of an encoder; null for a language model
 * @param starts {@code [windows + 1]} first row of each, then the number of rows
 * @param mask {@code [rows]} true for a row that counts; null if all do
 * @param context features of as many windows to attend to; null for none
 */
public record RoutingInput(
    int[] tokens, double[] features, int[] starts, boolean[] mask, RoutingInput context) {

  /** Tokens for a language model. */
  public static RoutingInput tokens(int[] tokens, int... starts) {
    return new RoutingInput(tokens, null, starts, null, null);
  }

  /** Features for an encoder. */
  public static RoutingInput features(double[] features, int... starts) {
    return new RoutingInput(null, features, starts, null, null);
  }

  /** The same with a mask. */
  public RoutingInput masked(boolean[] rows) {
    return new RoutingInput(tokens, features, starts, rows, context);
  }

  /** The same with a context. */
  public RoutingInput with(RoutingInput other) {
    return new RoutingInput(tokens, features, starts, mask, other);
  }

  /** Windows of the batch. */
  public int windows() {
    return starts.length - 1;
  }

  /** Rows of all windows. */
  public int rows() {
    return starts[windows()];
  }
}
