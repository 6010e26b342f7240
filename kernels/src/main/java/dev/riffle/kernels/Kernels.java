package dev.riffle.kernels;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * The operations. One object serves any number of threads; tensors belong to one thread at a time.
 * A backend that computes on a {@link #device} is called on that device's thread alone.
 *
 * <p>Shapes are written {@code [rows, width]}, row-major. Sequences of a batch are packed: the rows
 * of sequence {@code b} are {@code starts[b] .. starts[b + 1] - 1}, in time order, so that each may
 * have its own length, 0 included. An output tensor may be larger than needed; it may be the same
 * object as an input only where a operation says so.
 *
 * <p>Constants come in double and are rounded once to the backend's precision.
 */
public interface Kernels {

  /** Name used to ask for this backend: {@code reference}, {@code cpu}. */
  String name();

  /** One line for people: what does the work, such as {@code cpu: Vector API, 16 float lanes}. */
  String description();

  /** Precision of tensors and of stored state. */
  Precision precision();

  /**
   * The device on whose thread every method that touches a tensor or makes a constant is to be
   * called, through {@link Device#call}; empty where a caller computes on its own thread. Models
   * that come from the table of families do so by themselves.
   */
  default Optional<Device> device() {
    return Optional.empty();
  }

  /**
   * The same backend, on the same device, for a model that computes whole windows, tensors and
   * constants included. A backend whose products come from a BLAS may take all rows of a window in
   * one call here, though the bits of a row then depend on how many rows the call has. A recurrent
   * model never asks for these: its rows come in batches of any size, and must not depend on them.
   */
  default Kernels forWindows() {
    return this;
  }

  // ------------------------------------------------------------------ memory

  /** A tensor of {@code size} zeros. */
  Tensor allocate(int size);

  /** A tensor that holds these values. */
  Tensor constant(double[] values);

  /** Copies {@code count} floats into {@code to}. */
  void write(float[] from, int fromOffset, Tensor to, int toOffset, int count);

  /** Copies {@code count} doubles into {@code to}, rounded to the backend's precision. */
  void write(double[] from, int fromOffset, Tensor to, int toOffset, int count);

  /** Copies {@code count} values out, rounded to float where the backend holds double. */
  void read(Tensor from, int fromOffset, float[] to, int toOffset, int count);

  /** Copies {@code count} values out. */
  void read(Tensor from, int fromOffset, double[] to, int toOffset, int count);

  /**
   * Appends {@code count} values to {@code to} at its position, little-endian, in this backend's
   * precision: bit for bit what {@link #load} brings back.
   */
  void store(Tensor from, int fromOffset, int count, ByteBuffer to);

  /** Reads what {@link #store} wrote, from the position of {@code from} on. */
  void load(ByteBuffer from, Tensor to, int toOffset, int count);

  /** Copies within the backend. The two ranges must not overlap. */
  void copy(Tensor from, int fromOffset, Tensor to, int toOffset, int count);

  /** Sets {@code count} values. */
  void fill(Tensor to, int offset, int count, double value);

  // --------------------------------------------------------------- constants

  /** Weights of y = W x + b, in whatever layout the backend likes. */
  interface Linear {
    int inputs();

    int outputs();
  }

  /**
   * Prepares y = W x + b.
   *
   * @param weight {@code [outputs, inputs]} row-major
   * @param bias {@code [outputs]}, or null for none
   */
  Linear linear(double[] weight, double[] bias, int outputs, int inputs);

  /** Weights of a complex diagonal recurrence. */
  interface Diagonal {
    /** Complex numbers of one group. */
    int width();
  }

  /** Prepares lambda, {@code [width]} real and imaginary parts. */
  Diagonal diagonal(double[] re, double[] im);

  /** Where {@link #gather} reads. */
  interface Index {
    int inputs();

    int outputs();
  }

  /**
   * Prepares a gather. An entry {@code >= 0} names a column of the input; an entry {@code -k - 1}
   * stands for the constant {@code constants[k]}.
   *
   * @param inputs width of an input row
   */
  Index index(int[] entries, double[] constants, int inputs);

  // ------------------------------------------------------------------- tiles

  /** What is done to some rows, see {@link #inTiles}. */
  @FunctionalInterface
  interface Tile {
    /**
     * @param first the first row
     * @param rows how many
     * @param work {@code [rows, workWidth]} or more, of this call alone; what stands in it at first
     *     is not defined
     */
    void run(int first, int rows, Tensor work);
  }

  /**
   * Runs several operations over some rows, then over the next: what one operation leaves is in the
   * cache when the next comes. Tiles cover the rows 0 to {@code rows} - 1, each once, in any order,
   * and several at once on a backend with threads: a tile touches its own rows of what is shared
   * and nothing else, and calls no operation that looks beyond them.
   *
   * @param workWidth values of a row that a tile needs for itself
   */
  default void inTiles(int rows, int workWidth, Tile tile) {
    int most = Math.min(rows, 256);
    Tensor work = allocate(most * workWidth);
    for (int first = 0; first < rows; first += most) {
      tile.run(first, Math.min(most, rows - first), work);
    }
  }

  // ------------------------------------------------------------------- operations

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
  void layerNorm(
      Tensor weight, Tensor bias, double epsilon, Tensor x, Tensor y, int rows, int width);

  /** y = x (.) scale + shift for each row: batch norm in inference, folded. y may be x. */
  void affine(Tensor scale, Tensor shift, Tensor x, Tensor y, int rows, int width);

  /** y = x + a (.) sigmoid(b); ab {@code [rows, 2 width]} holds a, then b. y may be x. */
  void gluResidual(Tensor x, Tensor ab, Tensor y, int rows, int width);

  /**
   * h_t = lambda (.) h_(t-1) + u_t along each sequence, complex, in place of u.
   *
   * @param u {@code [rows, groups, 2, width]}: real parts, then imaginary parts, per group; becomes
   *     h
   * @param starts {@code [sequences + 1]} first row of each sequence, then the number of rows
   * @param state {@code [sequences, groups, 2, width]} h before the first row; becomes h after the
   *     last
   * @param groups independent states that share lambda
   */
  void recurrence(Diagonal lambda, Tensor u, int[] starts, int sequences, Tensor state, int groups);

  /** y[r, j] = x[r, index[j]] for each row. */
  void gather(Index index, Tensor x, Tensor y, int rows);

  /** y = [a, b] for each row. a {@code [rows, aWidth]}, b {@code [rows, bWidth]}. */
  void concat(Tensor a, int aWidth, Tensor b, int bWidth, Tensor y, int rows);

  /**
   * The mean of all steps so far, after each step: sum += x_t; y_t = sum / (count + t + 1).
   *
   * @param x {@code [rows, width]}
   * @param starts {@code [sequences + 1]}
   * @param counts {@code [sequences]} steps before the first row; read only
   * @param sums {@code [sequences, 2, width]} running sums, then what rounding has added to them
   *     beyond their due (Kahan 1965), so that ten million steps do not drift; zeros before the
   *     first step; updated
   * @param y {@code [rows, width]}; may be x
   */
  void runningMean(
      Tensor x, int[] starts, int sequences, long[] counts, Tensor sums, Tensor y, int width);

  /** y = x - log(sum(exp(x))) over each row, computed against the row's maximum. y may be x. */
  void logSoftmax(Tensor x, Tensor y, int rows, int width);

  /** Work memory of a caller, by name; tensors of two names are two. */
  @FunctionalInterface
  interface Workspace {
    /** A tensor of so many values or more; what stands in it at first is not defined. */
    Tensor tensor(String name, int size);
  }

  /**
   * Advances each sequence by its rows through a layer of a Linear Recurrent Unit:
   *
   * <pre>
   *   u_t = prenorm ? norm(x_t) : x_t
   *   h_t = lambda (.) h_(t-1) + B u_t                   {@link #recurrence}
   *   z_t = f(C h_t + D (.) u_t)                         {@link #addScaled}
   *   x'_t = x_t + a (.) sigmoid(b), [a, b] = gates(z_t) {@link #gluResidual}
   *   x_t = prenorm ? x'_t : norm(x'_t)
   * </pre>
   *
   * @param x {@code [rows, groups, d]}, updated
   * @param starts {@code [sequences + 1]} first row of each sequence, then the number of rows
   * @param state {@code [sequences, groups, 2, n]}, updated
   * @param groups independent states of a sequence that share the layer
   */
  default void advance(
      RecurrentLayer layer,
      Tensor x,
      int[] starts,
      int sequences,
      Tensor state,
      int groups,
      Workspace work) {
    int rows = Arguments.starts(starts, sequences) * groups;
    int width = layer.width();
    Tensor u = x;
    if (layer.prenorm()) {
      u = work.tensor("lru.u", rows * width);
      layer.norm().apply(this, x, u, rows, width);
    }
    Tensor h = work.tensor("lru.h", rows * layer.b().outputs());
    linear(layer.b(), u, h, rows);
    recurrence(layer.lambda(), h, starts, sequences, state, groups);
    Tensor z = work.tensor("lru.z", rows * width);
    linear(layer.c(), h, z, rows);
    addScaled(layer.skip(), u, z, layer.activation(), rows, width);
    Tensor ab = work.tensor("lru.ab", rows * 2 * width);
    linear(layer.gates(), z, ab, rows);
    gluResidual(x, ab, x, rows, width);
    if (!layer.prenorm()) {
      layer.norm().apply(this, x, x, rows, width);
    }
  }

  // --------------------------------------------- sequences with gates and lags

  /**
   * Each row with the rows before it, for a convolution over time as one {@link #linear}: y_t =
   * [x_(t-taps+1), ..., x_(t-1), x_t], oldest first.
   *
   * @param x {@code [rows, width]}
   * @param starts {@code [sequences + 1]} first row of each sequence, then the number of rows
   * @param tail {@code [sequences, taps - 1, width]} the rows before the first, oldest first; zeros
   *     where there were none; becomes the last {@code taps - 1} rows
   * @param y {@code [rows, taps, width]}; not x
   * @param taps rows that an output row holds, 1 or more
   */
  void causalUnfold(
      Tensor x, int[] starts, int sequences, Tensor tail, Tensor y, int width, int taps);

  /**
   * The forget-gate recurrence along each sequence, which is a QRNN's pooling (arXiv 1611.01576,
   * section 2.1). With z = activation(.) and f, o, i = sigmoid(.) of what {@code zfoi} holds, and
   * f' = zoneout + (1 - zoneout) f:
   *
   * <pre>
   *   2 gates, z f:      c_t = f'_t (.) c_(t-1) + (1 - f'_t) (.) z_t    y_t = c_t
   *   3 gates, z f o:    c_t = f'_t (.) c_(t-1) + (1 - f'_t) (.) z_t    y_t = o_t (.) c_t
   *   4 gates, z f o i:  c_t = f'_t (.) c_(t-1) + i_t (.) z_t           y_t = o_t (.) c_t
   * </pre>
   *
   * @param zfoi {@code [rows, gates, width]} the gates before their activations; what stands in it
   *     afterwards is not defined
   * @param starts {@code [sequences + 1]} first row of each sequence, then the number of rows
   * @param state {@code [sequences, width]} c before the first row; becomes c after the last
   * @param y {@code [rows, width]}; not zfoi
   */
  void foPooling(
      Activation activation,
      double zoneout,
      Tensor zfoi,
      int gates,
      int[] starts,
      int sequences,
      Tensor state,
      Tensor y,
      int width);

  // ------------------------------------------- windows: every position at once

  /**
   * A strided convolution: y_r = W [x_(s r), ..., x_(s r + inputs - 1)] + b, where rows overlap as
   * they like. Over steps of {@code c} channels a filter of {@code k} steps has {@code inputs = k
   * c}; its padding is part of x.
   *
   * @param x {@code (rows - 1) s + inputs} values
   * @param s values from the first of one row to the first of the next
   * @param y {@code [rows, outputs]}; no part of x
   */
  void convolve(Linear weights, Tensor x, int s, Tensor y, int rows);

  /**
   * z = 2 (x - mean) + offset; y = f(z / sqrt(mean(z^2) + epsilon)), means over the positions of
   * each sequence, each channel by itself: the norm of the Residual Shuffle-Exchange network, which
   * has no gain and centres no second time.
   *
   * @param offset {@code [width]}
   * @param x {@code [rows, width]}
   * @param starts {@code [sequences + 1]}
   * @param y {@code [rows, width]}; may be x
   */
  void positionNorm(
      Tensor offset,
      double epsilon,
      Activation f,
      Tensor x,
      Tensor y,
      int[] starts,
      int sequences,
      int width);

  /**
   * y_(shuffled i) = scale_(i mod 2) (.) x_i + c_i: the residual of a switch unit, left where the
   * next unit finds its pairs.
   *
   * @param scale {@code [2, width]} for even and for odd positions
   * @param x {@code [sequences, length, width]}
   * @param c {@code [sequences, length, width]}
   * @param y {@code [sequences, length, width]}; may be x if nothing is shuffled
   * @param length positions of each sequence, a power of two unless nothing is shuffled
   */
  void residual(
      Tensor scale,
      Tensor x,
      Tensor c,
      Tensor y,
      int sequences,
      int length,
      int width,
      Shuffle shuffle);

  /**
   * A unit of the Residual Shuffle-Exchange network, which takes neighbours (2j, 2j + 1) as one row
   * of {@code 2 width} values:
   *
   * <pre>
   *   c = contract(f(norm(expand(x))))    norm over the pairs of a sequence: {@link #positionNorm}
   *   y = residual(x, c)                  {@link #residual}
   * </pre>
   *
   * @param expand from {@code 2 width} to the hidden features
   * @param offset {@code [hidden]}
   * @param contract from the hidden features to {@code 2 width}
   * @param scale {@code [2, width]}
   * @param x {@code [sequences, length, width]}, length even
   * @param a {@code [sequences, length / 2, hidden]}; what stands in it afterwards is not defined
   * @param work gives a tensor of so many values or more, where one is needed for c
   * @param y {@code [sequences, length, width]}; not x
   */
  default void switchUnit(
      Linear expand,
      Tensor offset,
      double epsilon,
      Activation f,
      Linear contract,
      Tensor scale,
      Tensor x,
      Tensor a,
      IntFunction<Tensor> work,
      Tensor y,
      int sequences,
      int length,
      int width,
      Shuffle shuffle) {
    int pairs = length / 2;
    int rows = sequences * pairs;
    int[] starts = IntStream.rangeClosed(0, sequences).map(b -> b * pairs).toArray();
    Tensor c = work.apply(rows * 2 * width);
    linear(expand, x, a, rows);
    positionNorm(offset, epsilon, f, a, a, starts, sequences, expand.outputs());
    linear(contract, a, c, rows);
    residual(scale, x, c, y, sequences, length, width, shuffle);
  }

  // ------------------------------------------------- operations on whole windows

  /**
   * y_r = table_(token_r): one row of the table for each token.
   *
   * @param table {@code [entries, width]}
   * @param tokens {@code [rows]}, each from 0 to entries - 1
   * @param y {@code [rows, width]}
   */
  void embed(Tensor table, int[] tokens, Tensor y, int rows, int width);

  /**
   * y_b = 1/n sum_t x_t over the n rows of each sequence; NaN where there are none.
   *
   * @param x {@code [rows, width]}
   * @param starts {@code [sequences + 1]}
   * @param y {@code [sequences, width]}
   */
  void mean(Tensor x, int[] starts, int sequences, Tensor y, int width);

  /**
   * y = (x - mean) / sqrt(variance + epsilon) (.) weight + bias, with one mean and one variance for
   * each sequence and group: over all of the sequence's rows and the group's {@code width / groups}
   * neighbouring features. One group is one feature where {@code groups} is {@code width}. y may be
   * x.
   *
   * @param weight {@code [width]}
   * @param bias {@code [width]}
   * @param x {@code [rows, width]}
   * @param starts {@code [sequences + 1]}
   */
  void groupNorm(
      Tensor weight,
      Tensor bias,
      double epsilon,
      Tensor x,
      int[] starts,
      int sequences,
      Tensor y,
      int width,
      int groups);

  /**
   * y_t += x_((t + o) mod n) for each sequence of n rows of x, where o depends on the feature: the
   * features are cut into tracks; o is 0 in the first, then 1, 2, 4, 8, ... The rotation is in the
   * reading: no row is moved.
   *
   * <p>A sequence may have more rows in y than in x: x then goes round. y is not x.
   *
   * @param x {@code [rows, width]}
   * @param starts {@code [sequences + 1]} rows of x
   * @param y {@code [rows of y, width]}
   * @param yStarts {@code [sequences + 1]} rows of y; a sequence without rows of x has none here
   * @param track features of a track; {@code width} is up to 32 of them
   */
  void rollAdd(
      Tensor x, int[] starts, Tensor y, int[] yStarts, int sequences, int width, int track);

  /**
   * y = norm(y + rotated x) of rows as {@link #rollAdd} adds them: the end of a block of a
   * ChordMixer.
   *
   * @param starts {@code [sequences + 1]} rows of x and of y
   * @param norm of rows; null for none
   */
  default void rollAdd(
      Tensor x, Tensor y, int[] starts, int sequences, int width, int track, RowNorm norm) {
    rollAdd(x, starts, y, starts, sequences, width, track);
    if (norm != null) {
      norm.apply(this, y, y, starts[sequences], width);
    }
  }

  /**
   * y = W2 f(W1 norm(x) + b1) + b2 for each row: a perceptron with one hidden layer, whose hidden
   * values are nowhere kept.
   *
   * @param norm of rows; null for none
   * @param first from {@code width} values to the hidden ones
   * @param second from the hidden values to {@code width}
   * @param x {@code [rows, width]}
   * @param y {@code [rows, width]}; may be x
   */
  default void mlp(
      RowNorm norm, Linear first, Activation f, Linear second, Tensor x, Tensor y, int rows) {
    int width = first.inputs();
    int hidden = first.outputs();
    Arguments.holds("x", x, rows, width);
    Arguments.holds("y", y, rows, second.outputs());
    inTiles(
        rows,
        hidden,
        (at, n, h) -> {
          Tensor in = x.view(at * width, n * width);
          Tensor out = y.view(at * second.outputs(), n * second.outputs());
          if (norm != null) {
            norm.apply(this, in, out, n, width);
            in = out;
          }
          linear(first, in, h, n);
          activate(f, h, h, n * hidden);
          linear(second, h, out, n);
        });
  }

  // ------------------------------------------------- embeddings and attention

  /**
   * y_r = sum_i weights[r, i] table[entries[r, i]]: a weighted bag of a table's rows.
   *
   * @param table {@code [any, width]}
   * @param entries {@code [rows, bag]}
   * @param weights {@code [rows, bag]}
   * @param y {@code [rows, width]}
   */
  void embeddingBag(
      Tensor table, int[] entries, Tensor weights, int bag, Tensor y, int rows, int width);

  /** y = x (.) g for {@code count} values; y may be x or g. */
  void multiply(Tensor x, Tensor g, Tensor y, int count);

  /** y = scale x / max(|x|, floor) for each row, |x| its Euclidean length. y may be x. */
  void scaleNorm(double scale, double floor, Tensor x, Tensor y, int rows, int width);

  /**
   * Turns pairs of columns, (a, b) -> (a cos - b sin, b cos + a sin), in place: rotary positions
   * (Su et al. 2021, <a href="https://arxiv.org/abs/2104.09864">arXiv 2104.09864</a>).
   *
   * @param table {@code [any, width]}: width/2 sines, then width/2 cosines
   * @param positions {@code [rows]} the table's row for each row
   * @param x {@code groups x width} columns of each row; rows lie {@code stride} apart
   * @param width even
   */
  void rotary(
      Tensor table,
      int[] positions,
      Pairs pairs,
      Tensor x,
      int stride,
      int rows,
      int groups,
      int width);

  /**
   * Attention of one head within windows of gathered rows: in each window, l_qk = scale (q . k), or
   * as {@link AttentionSets#logit} says, and o_q = sum_k softmax(l_q)_k v_k; then y_q = (sum of o_q
   * over the windows that hold q) / (their number + epsilon), 0 where there are none.
   *
   * @param q {@code width} columns of each row; rows lie {@code stride} apart
   * @param k like q, with rows of its own
   * @param v like k
   * @param y {@code width} columns of each of {@code rows} rows, {@code yStride} apart; every row
   *     is written
   * @param rows rows of q and y
   */
  void attend(
      AttentionSets windows,
      double scale,
      Tensor q,
      Tensor k,
      Tensor v,
      int stride,
      Tensor y,
      int yStride,
      int rows,
      int width);
}
