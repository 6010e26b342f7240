package dev.riffle.kernels;

import java.util.function.IntFunction;

/**
 * Several operations as one. The defaults compose them from {@link Operations}, so that a backend
 * implements only those that it can run faster.
 */
public interface FusedOperations extends MemoryOperations, Operations {

  /** The operations on some rows, see {@link #inTiles}. */
  @FunctionalInterface
  interface Tile {
    /**
     * @param first the first row
     * @param rows number of rows
     * @param work {@code [rows, workWidth]} or more, of this call only; undefined at first
     */
    void run(int first, int rows, Tensor work);
  }

  /** Work memory of a caller: one tensor for each name. */
  @FunctionalInterface
  interface Workspace {
    /** Returns a tensor of {@code size} values or more; undefined at first. */
    Tensor tensor(String name, int size);
  }

  /**
   * Runs several operations over some rows, then over the next, so that the results of one
   * operation are in the cache when the next reads them. Tiles cover the rows 0 to {@code rows} -
   * 1, each once, in any order, and several at once on a backend with threads: a tile accesses its
   * own rows of shared tensors and nothing else, and calls no operation that looks beyond them.
   *
   * @param workWidth values of a row of work memory
   */
  default void inTiles(int rows, int workWidth, Tile tile) {
    int most = Math.min(rows, 256);
    Tensor work = allocate(most * workWidth);
    for (int first = 0; first < rows; first += most) {
      tile.run(first, Math.min(most, rows - first), work);
    }
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
   * @param state {@code [sequences, groups, 2, n]}, updated
   * @param groups independent states of a sequence that share the layer
   */
  default void advance(
      RecurrentLayer layer,
      Tensor x,
      PackedSequences sequences,
      Tensor state,
      int groups,
      Workspace work) {
    int rows = sequences.rows() * groups;
    int width = layer.width();
    Tensor u = x;
    if (layer.prenorm()) {
      u = work.tensor("lru.u", rows * width);
      layer.norm().apply(this, x, u, rows, width);
    }
    Tensor h = work.tensor("lru.h", rows * layer.b().outputs());
    linear(layer.b(), u, h, rows);
    recurrence(layer.lambda(), h, sequences, state, groups);
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

  /**
   * A unit of the Residual Shuffle-Exchange network, which takes neighbors (2j, 2j + 1) as one row
   * of {@code 2 width} values:
   *
   * <pre>
   *   c = contract(f(norm(expand(x))))    norm over the pairs of a sequence: {@link #positionNorm}
   *   y = residual(x, c)                  {@link #residual}
   * </pre>
   *
   * @param x {@code [sequences, length, width]}, length even
   * @param a {@code [sequences, length / 2, hidden]}; undefined afterwards
   * @param work returns a tensor for c of this many values or more
   * @param y {@code [sequences, length, width]}; not x
   */
  default void switchUnit(
      SwitchUnitWeights unit,
      Tensor x,
      Tensor a,
      IntFunction<Tensor> work,
      Tensor y,
      Positions positions) {
    PackedSequences pairs = PackedSequences.equal(positions.sequences(), positions.pairs());
    int rows = pairs.rows();
    Tensor c = work.apply(rows * 2 * unit.width());
    linear(unit.expand(), x, a, rows);
    positionNorm(unit.norm(), a, a, pairs, unit.hidden());
    linear(unit.contract(), a, c, rows);
    residual(unit.scale(), x, c, y, positions, unit.width());
  }

  /**
   * y = norm(y + rolled x), rows of x added as {@link #rollAdd} does: the end of a ChordMixer
   * block.
   *
   * @param sequences of x and of y
   */
  default void rollAddNorm(
      Tensor x, Tensor y, PackedSequences sequences, int width, int track, RowNorm norm) {
    rollAdd(x, sequences, y, sequences, width, track);
    if (!norm.isNone()) {
      norm.apply(this, y, y, sequences.rows(), width);
    }
  }

  /**
   * y = W2 f(W1 norm(x) + b1) + b2 for each row. The hidden features of all rows are never in
   * memory at once.
   *
   * @param x {@code [rows, inputs of the first layer]}
   * @param y {@code [rows, outputs of the second layer]}; may be x
   */
  default void mlp(Mlp mlp, Tensor x, Tensor y, int rows) {
    int width = mlp.first().inputs();
    int hidden = mlp.first().outputs();
    int outputs = mlp.second().outputs();
    inTiles(
        rows,
        hidden,
        (at, n, h) -> {
          Tensor in = x.view(at * width, n * width);
          Tensor out = y.view(at * outputs, n * outputs);
          if (!mlp.norm().isNone()) {
            mlp.norm().apply(this, in, out, n, width);
            in = out;
          }
          linear(mlp.first(), in, h, n);
          activate(mlp.activation(), h, h, n * hidden);
          linear(mlp.second(), h, out, n);
        });
  }
}
