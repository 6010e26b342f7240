package dev.riffle.models.routing;

import dev.riffle.kernels.PackedSequences;

/**
 * A batch of windows of any lengths, one after the other.
 *
 * @param tokens {@code [rows]} of a language model; null for an encoder
 * @param features {@code [rows, dim]} of an encoder; null for a language model
 * @param sequences where the windows are
 * @param mask {@code [rows]} true for a row that counts; null if all do
 * @param context features of as many windows to attend to; null for none
 */
public record RoutingInput(
    int[] tokens,
    double[] features,
    PackedSequences sequences,
    boolean[] mask,
    RoutingInput context) {

  /** Tokens for a language model. */
  public static RoutingInput tokens(int[] tokens, PackedSequences sequences) {
    return new RoutingInput(tokens, null, sequences, null, null);
  }

  /** Features for an encoder. */
  public static RoutingInput features(double[] features, PackedSequences sequences) {
    return new RoutingInput(null, features, sequences, null, null);
  }

  /** Returns tokens for a language model, in windows between these offsets. */
  public static RoutingInput tokens(int[] tokens, int... offsets) {
    return tokens(tokens, PackedSequences.of(offsets));
  }

  /** Returns features for an encoder, in windows between these offsets. */
  public static RoutingInput features(double[] features, int... offsets) {
    return features(features, PackedSequences.of(offsets));
  }

  /** The same with a mask. */
  public RoutingInput masked(boolean[] rows) {
    return new RoutingInput(tokens, features, sequences, rows, context);
  }

  /** The same with a context. */
  public RoutingInput with(RoutingInput other) {
    return new RoutingInput(tokens, features, sequences, mask, other);
  }

  /** Windows of the batch. */
  public int windows() {
    return sequences.count();
  }

  /** Rows of all windows. */
  public int rows() {
    return sequences.rows();
  }
}
