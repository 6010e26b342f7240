package dev.riffle.models.routing;

import dev.riffle.kernels.PackedSequences;
import java.util.Optional;

/**
 * A batch of windows of any lengths, one after the other: tokens for a language model, or features
 * for an encoder.
 *
 * @param tokens {@code [rows]} of a language model
 * @param features {@code [rows, dim]} of an encoder
 * @param sequences where the windows are
 * @param mask {@code [rows]} true for a row that counts; without a mask, all count
 * @param context features of as many windows to attend to
 */
public record RoutingInput(
    Optional<int[]> tokens,
    Optional<double[]> features,
    PackedSequences sequences,
    Optional<boolean[]> mask,
    Optional<RoutingInput> context) {

  /** Tokens for a language model. */
  public static RoutingInput tokens(int[] tokens, PackedSequences sequences) {
    return new RoutingInput(
        Optional.of(tokens), Optional.empty(), sequences, Optional.empty(), Optional.empty());
  }

  /** Features for an encoder. */
  public static RoutingInput features(double[] features, PackedSequences sequences) {
    return new RoutingInput(
        Optional.empty(), Optional.of(features), sequences, Optional.empty(), Optional.empty());
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
    return new RoutingInput(tokens, features, sequences, Optional.of(rows), context);
  }

  /** The same with a context. */
  public RoutingInput with(RoutingInput other) {
    return new RoutingInput(tokens, features, sequences, mask, Optional.of(other));
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
