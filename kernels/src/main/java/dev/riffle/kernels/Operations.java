package dev.riffle.kernels;

import dev.riffle.kernels.Constants.Diagonal;
import dev.riffle.kernels.Constants.Index;
import dev.riffle.kernels.Constants.Linear;

/**
 * The operations that every backend implements. {@link dev.riffle.kernels.reference} defines their
 * results.
 *
 * <p>Shapes are written {@code [rows, width]}, row-major. An output tensor may be larger than
 * needed; it may be the same object as an input only where an operation says so.
 */
public interface Operations {

  // -------------------------------------------------------------------- rows

  /** y = W x + b for each row. x {@code [rows, inputs]}, y {@code [rows, outputs]}. */
  void linear(Linear weights, Tensor x, Tensor y, int rows);

  /** y = f(x) for {@code count} values; y may be x. */
  void activate(Activation f, Tensor x, Tensor y, int count);

  /**
   * y = f(y + d (.) x) for each row, in place: the skip term of a state-space layer. d {@code
   * [width]}, x and y {@code [rows, width]}.
   */
  void addScaled(Tensor d, Tensor x, Tensor y, Activation f, int rows, int width);

  /**
   * y = (x - mean) / sqrt(variance + epsilon) (.) weight + bias over the features of each row,
   * variance with divisor {@code width}. y may be x.
   */
  void layerNorm(NormWeights norm, Tensor x, Tensor y, int rows, int width);

  /** y = x (.) scale + shift for each row: batch norm in inference, folded. y may be x. */
  void affine(Tensor scale, Tensor shift, Tensor x, Tensor y, int rows, int width);

  /**
   * y = x + a (.) sigmoid(b): a gated linear unit and its residual. ab {@code [rows, 2 width]}
   * holds a, then b. y may be x.
   */
  void gluResidual(Tensor x, Tensor ab, Tensor y, int rows, int width);

  /** y = x (.) g for {@code count} values; y may be x or g. */
  void multiply(Tensor x, Tensor g, Tensor y, int count);

  /** y = scale x / max(|x|, floor) for each row, |x| its Euclidean length. y may be x. */
  void scaleNorm(double scale, double floor, Tensor x, Tensor y, int rows, int width);

  /** y = x - log(sum(exp(x))) over each row, computed against the row's maximum. y may be x. */
  void logSoftmax(Tensor x, Tensor y, int rows, int width);

  /** y[r, j] = x[r, index[j]] for each row. */
  void gather(Index index, Tensor x, Tensor y, int rows);

  /** y = [a, b] for each row. a {@code [rows, aWidth]}, b {@code [rows, bWidth]}. */
  void concat(Tensor a, int aWidth, Tensor b, int bWidth, Tensor y, int rows);

  /**
   * y_r = table_(token_r): one row of the table for each token.
   *
   * @param table {@code [entries, width]}
   * @param tokens {@code [rows]}, each from 0 to entries - 1
   * @param y {@code [rows, width]}
   */
  void embed(Tensor table, int[] tokens, Tensor y, int rows, int width);

  /**
   * y_r = sum_i weights[r, i] table[entries[r, i]]: a weighted bag of a table's rows.
   *
   * @param table {@code [any, width]}
   * @param y {@code [rows, width]}
   */
  void embeddingBag(Tensor table, Bags bags, Tensor y, int rows, int width);

  // --------------------------------------------------------- along sequences

  /**
   * h_t = lambda (.) h_(t-1) + u_t along each sequence, complex, in place of u.
   *
   * @param u {@code [rows, groups, 2, width]}: real parts, then imaginary parts, per group; becomes
   *     h
   * @param state {@code [sequences, groups, 2, width]} h ahead of the first row; becomes h of the
   *     last
   * @param groups independent states that share lambda
   */
  void recurrence(Diagonal lambda, Tensor u, PackedSequences sequences, Tensor state, int groups);

  /**
   * The mean of all steps so far, after each step: sum += x_t; y_t = sum / (count + t + 1).
   *
   * @param x {@code [rows, width]}
   * @param counts {@code [sequences]} steps ahead of the first row; read only
   * @param sums {@code [sequences, 2, width]} running sums, then the rounding error that they
   *     contain (Kahan 1965), so that ten million steps do not drift; zeros at the start of a
   *     sequence; updated
   * @param y {@code [rows, width]}; may be x
   */
  void runningMean(
      Tensor x, PackedSequences sequences, long[] counts, Tensor sums, Tensor y, int width);

  /**
   * Each row with the rows ahead of it, so that a causal convolution over time is one {@link
   * #linear}: y_t = [x_(t-taps+1), ..., x_(t-1), x_t], oldest first.
   *
   * @param x {@code [rows, width]}
   * @param tail {@code [sequences, taps - 1, width]} the rows ahead of the first, oldest first;
   *     zeros where there were none; becomes the last {@code taps - 1} rows
   * @param y {@code [rows, taps, width]}; not x
   * @param taps rows that an output row contains, 1 or more
   */
  void causalUnfold(
      Tensor x, PackedSequences sequences, Tensor tail, Tensor y, int width, int taps);

  /**
   * The fo-pooling of a QRNN along each sequence (Bradbury et al. 2016, <a
   * href="https://arxiv.org/abs/1611.01576">arXiv 1611.01576</a>, section 2.1). With z =
   * activation(.) and f, o, i = sigmoid(.) of the values in {@code zfoi}, and f' = zoneout + (1 -
   * zoneout) f:
   *
   * <pre>
   *   2 gates, z f:      c_t = f'_t (.) c_(t-1) + (1 - f'_t) (.) z_t    y_t = c_t
   *   3 gates, z f o:    c_t = f'_t (.) c_(t-1) + (1 - f'_t) (.) z_t    y_t = o_t (.) c_t
   *   4 gates, z f o i:  c_t = f'_t (.) c_(t-1) + i_t (.) z_t           y_t = o_t (.) c_t
   * </pre>
   *
   * @param zfoi {@code [rows, gates, width]} the gates ahead of their activations; undefined
   *     afterwards
   * @param state {@code [sequences, width]} c ahead of the first row; becomes c of the last
   * @param y {@code [rows, width]}; not zfoi
   */
  void foPooling(
      FoGates gates, Tensor zfoi, PackedSequences sequences, Tensor state, Tensor y, int width);

  // ------------------------------------------------------- on whole windows

  /**
   * A strided convolution: y_r = W [x_(s r), ..., x_(s r + inputs - 1)] + b; rows may overlap. Over
   * steps of {@code c} channels a filter of {@code k} steps has {@code inputs = k c}; its padding
   * is part of x.
   *
   * @param x {@code (rows - 1) s + inputs} values
   * @param s values from the first of one row to the first of the next
   * @param y {@code [rows, outputs]}; no part of x
   */
  void convolve(Linear weights, Tensor x, int s, Tensor y, int rows);

  /**
   * z = 2 (x - mean) + offset; y = f(z / sqrt(mean(z^2) + epsilon)), with the mean over the
   * positions of each sequence, per channel. The norm has no gain and does not center z again.
   *
   * @param x {@code [rows, width]}
   * @param y {@code [rows, width]}; may be x
   */
  void positionNorm(PositionNorm norm, Tensor x, Tensor y, PackedSequences sequences, int width);

  /**
   * y = (x - mean) / sqrt(variance + epsilon) (.) weight + bias, with one mean and one variance for
   * each sequence and group: over all rows of the sequence and the {@code width / groups}
   * neighboring features of the group. y may be x.
   *
   * @param groups number of groups; a group is one feature where this is {@code width}
   * @param x {@code [rows, width]}
   */
  void groupNorm(
      NormWeights norm, int groups, Tensor x, PackedSequences sequences, Tensor y, int width);

  /**
   * y_b = 1/n sum_t x_t over the n rows of each sequence; NaN where there are none.
   *
   * @param x {@code [rows, width]}
   * @param y {@code [sequences, width]}
   */
  void mean(Tensor x, PackedSequences sequences, Tensor y, int width);

  /**
   * y_(shuffled i) = scale_(i mod 2) (.) x_i + c_i: the residual of a switch unit, written where
   * the next unit reads its pairs.
   *
   * @param scale {@code [2, width]} for even and for odd positions
   * @param x {@code [sequences, length, width]}
   * @param c {@code [sequences, length, width]}
   * @param y {@code [sequences, length, width]}; may be x if nothing is shuffled
   */
  void residual(Tensor scale, Tensor x, Tensor c, Tensor y, Positions positions, int width);

  /**
   * y_t += x_((t + o) mod n) for each sequence of n rows of x, where o depends on the feature: the
   * features are divided into tracks; o is 0 in the first, then 1, 2, 4, 8, ... The roll is in the
   * reading: no row is moved.
   *
   * <p>A sequence may have more rows in y than in x: x is then read cyclically. y is not x.
   *
   * @param x {@code [rows of x, width]}
   * @param from sequences of x
   * @param y {@code [rows of y, width]}
   * @param to sequences of y; a sequence without rows of x has none here
   * @param track features of a track; {@code width} is up to 32 of them
   */
  void rollAdd(Tensor x, PackedSequences from, Tensor y, PackedSequences to, int width, int track);

  /**
   * Rotates pairs of columns, (a, b) -> (a cos - b sin, b cos + a sin), in place: rotary positions
   * (Su et al. 2021, <a href="https://arxiv.org/abs/2104.09864">arXiv 2104.09864</a>).
   *
   * @param x {@code groups x width} columns of each row
   * @param width even
   */
  void rotary(RotaryPositions rotation, Strided x, int rows, int groups, int width);

  /**
   * Attention of one head within sets of gathered rows: in each set, l_qk = scale (q . k), or as
   * {@link AttentionSets#logit} says, and o_q = sum_k softmax(l_q)_k v_k; then y_q = (sum of o_q
   * over the sets that contain q) / (their number + epsilon), 0 where there are none.
   *
   * @param y {@code width} columns of each of {@code rows} rows; every row is written
   * @param rows rows of q and y
   */
  void attend(AttentionSets sets, double scale, QueryKeyValue qkv, Strided y, int rows, int width);
}
