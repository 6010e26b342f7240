package dev.riffle.kernels;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * The operations that models call. This class checks every argument; the {@link Backend} computes.
 *
 * <p>One object serves any number of threads; a tensor is used by one thread at a time. If there is
 * a {@link #device}, every method that uses a tensor or prepares a constant must be called on its
 * thread. Constants are given in double and are rounded once to the precision of the backend.
 *
 * <p>A tensor that is too small, a count that is negative and a tensor or constant of another
 * backend are an {@link IllegalArgumentException}; a range outside a tensor or array is an {@link
 * IndexOutOfBoundsException}. A failed check has changed nothing.
 */
public final class Kernels implements Constants, FusedOperations {
  private final Backend backend;

  /** Puts the checks in front of a backend. */
  public Kernels(Backend backend) {
    this.backend = backend;
  }

  /** The backend that computes. */
  public Backend backend() {
    return backend;
  }

  /** Name under which this backend is chosen, such as {@code cpu}. */
  public String name() {
    return backend.name();
  }

  /** One line for users: what computes, such as {@code cpu: Vector API, 16 float lanes}. */
  public String description() {
    return backend.description();
  }

  /** Precision of tensors and of stored state. */
  public Precision precision() {
    return backend.precision();
  }

  /**
   * The device on whose thread every method that uses a tensor or prepares a constant must be
   * called, through {@link Device#call}; empty where a caller computes on its own thread.
   */
  public Optional<Device> device() {
    return backend.device();
  }

  /**
   * Returns the same backend, on the same device, for a model that computes whole windows. Tensors
   * and constants are interchangeable. The backend may then pass all rows of a window to a BLAS in
   * one call, so that the bits of a row depend on the number of rows. A recurrent model must not
   * use these kernels: its rows come in batches of any size and must not depend on them.
   */
  public Kernels forWindows() {
    Backend windows = backend.forWindows();
    return windows == backend ? this : new Kernels(windows);
  }

  // ------------------------------------------------------------------ checks

  /** Checks that a tensor of this backend holds {@code rows x width} values. */
  private void holds(String name, Tensor tensor, int rows, long width) {
    Arguments.holds(name, tensor, rows, width);
    own(tensor);
  }

  private void strided(String name, Strided x, int rows, long width) {
    Arguments.strided(name, x.tensor(), rows, x.stride(), width);
    own(x.tensor());
  }

  /** Checks that this backend made a tensor or constant. */
  private void own(Object made) {
    if (!backend.owns(made)) {
      throw Arguments.foreign(backend.name(), made);
    }
  }

  private void own(RowNorm norm) {
    if (!norm.isNone()) {
      own(norm.weights().weight());
      own(norm.weights().bias());
    }
  }

  private void norm(NormWeights norm, int width) {
    holds("weight", norm.weight(), 1, width);
    holds("bias", norm.bias(), 1, width);
  }

  private void norm(RowNorm norm, int width) {
    if (!norm.isNone()) {
      norm(norm.weights(), width);
    }
  }

  // ------------------------------------------------------------------ memory

  @Override
  public Tensor allocate(int size) {
    Arguments.count("size", size);
    return backend.allocate(size);
  }

  @Override
  public Tensor constant(double[] values) {
    return backend.constant(values);
  }

  @Override
  public void write(float[] from, int fromOffset, Tensor to, int toOffset, int count) {
    Arguments.range("from", fromOffset, count, from.length);
    range("to", to, toOffset, count);
    backend.write(from, fromOffset, to, toOffset, count);
  }

  @Override
  public void write(double[] from, int fromOffset, Tensor to, int toOffset, int count) {
    Arguments.range("from", fromOffset, count, from.length);
    range("to", to, toOffset, count);
    backend.write(from, fromOffset, to, toOffset, count);
  }

  @Override
  public void read(Tensor from, int fromOffset, float[] to, int toOffset, int count) {
    range("from", from, fromOffset, count);
    Arguments.range("to", toOffset, count, to.length);
    backend.read(from, fromOffset, to, toOffset, count);
  }

  @Override
  public void read(Tensor from, int fromOffset, double[] to, int toOffset, int count) {
    range("from", from, fromOffset, count);
    Arguments.range("to", toOffset, count, to.length);
    backend.read(from, fromOffset, to, toOffset, count);
  }

  @Override
  public void store(Tensor from, int fromOffset, int count, ByteBuffer to) {
    range("from", from, fromOffset, count);
    Arguments.remaining(to, count, precision());
    backend.store(from, fromOffset, count, to);
  }

  @Override
  public void load(ByteBuffer from, Tensor to, int toOffset, int count) {
    range("to", to, toOffset, count);
    Arguments.remaining(from, count, precision());
    backend.load(from, to, toOffset, count);
  }

  @Override
  public void copy(Tensor from, int fromOffset, Tensor to, int toOffset, int count) {
    range("from", from, fromOffset, count);
    range("to", to, toOffset, count);
    backend.copy(from, fromOffset, to, toOffset, count);
  }

  @Override
  public void fill(Tensor to, int offset, int count, double value) {
    range("to", to, offset, count);
    backend.fill(to, offset, count, value);
  }

  private void range(String name, Tensor tensor, int offset, int count) {
    Arguments.range(name, offset, count, tensor.size());
    own(tensor);
  }

  // --------------------------------------------------------------- constants

  @Override
  public Linear linear(double[] weight, double[] bias, int outputs, int inputs) {
    Arguments.exactly("weight", weight.length, outputs, inputs);
    if (bias != null) {
      Arguments.exactly("bias", bias.length, 1, outputs);
    }
    return backend.linear(weight, bias, outputs, inputs);
  }

  @Override
  public Diagonal diagonal(double[] re, double[] im) {
    Arguments.exactly("im", im.length, 1, re.length);
    return backend.diagonal(re, im);
  }

  @Override
  public Index index(int[] entries, double[] constants, int inputs) {
    Arguments.entries(entries, constants.length, inputs);
    return backend.index(entries, constants, inputs);
  }

  // -------------------------------------------------------------------- rows

  @Override
  public void linear(Linear weights, Tensor x, Tensor y, int rows) {
    own(weights);
    holds("x", x, rows, weights.inputs());
    holds("y", y, rows, weights.outputs());
    backend.linear(weights, x, y, rows);
  }

  @Override
  public void activate(Activation f, Tensor x, Tensor y, int count) {
    holds("x", x, 1, count);
    holds("y", y, 1, count);
    backend.activate(f, x, y, count);
  }

  @Override
  public void addScaled(Tensor d, Tensor x, Tensor y, Activation f, int rows, int width) {
    holds("d", d, 1, width);
    holds("x", x, rows, width);
    holds("y", y, rows, width);
    backend.addScaled(d, x, y, f, rows, width);
  }

  @Override
  public void layerNorm(NormWeights norm, Tensor x, Tensor y, int rows, int width) {
    norm(norm, width);
    holds("x", x, rows, width);
    holds("y", y, rows, width);
    backend.layerNorm(norm, x, y, rows, width);
  }

  @Override
  public void affine(Tensor scale, Tensor shift, Tensor x, Tensor y, int rows, int width) {
    holds("scale", scale, 1, width);
    holds("shift", shift, 1, width);
    holds("x", x, rows, width);
    holds("y", y, rows, width);
    backend.affine(scale, shift, x, y, rows, width);
  }

  @Override
  public void gluResidual(Tensor x, Tensor ab, Tensor y, int rows, int width) {
    holds("x", x, rows, width);
    holds("ab", ab, rows, 2L * width);
    holds("y", y, rows, width);
    backend.gluResidual(x, ab, y, rows, width);
  }

  @Override
  public void multiply(Tensor x, Tensor g, Tensor y, int count) {
    holds("x", x, 1, count);
    holds("g", g, 1, count);
    holds("y", y, 1, count);
    backend.multiply(x, g, y, count);
  }

  @Override
  public void scaleNorm(double scale, double floor, Tensor x, Tensor y, int rows, int width) {
    holds("x", x, rows, width);
    holds("y", y, rows, width);
    backend.scaleNorm(scale, floor, x, y, rows, width);
  }

  @Override
  public void logSoftmax(Tensor x, Tensor y, int rows, int width) {
    holds("x", x, rows, width);
    holds("y", y, rows, width);
    backend.logSoftmax(x, y, rows, width);
  }

  @Override
  public void gather(Index index, Tensor x, Tensor y, int rows) {
    own(index);
    holds("x", x, rows, index.inputs());
    holds("y", y, rows, index.outputs());
    backend.gather(index, x, y, rows);
  }

  @Override
  public void concat(Tensor a, int aWidth, Tensor b, int bWidth, Tensor y, int rows) {
    holds("a", a, rows, aWidth);
    holds("b", b, rows, bWidth);
    holds("y", y, rows, (long) aWidth + bWidth);
    backend.concat(a, aWidth, b, bWidth, y, rows);
  }

  @Override
  public void embed(Tensor table, int[] tokens, Tensor y, int rows, int width) {
    holds("table", table, 0, width);
    holds("y", y, rows, width);
    Arguments.tokens(tokens, rows, table, width);
    backend.embed(table, tokens, y, rows, width);
  }

  @Override
  public void embeddingBag(Tensor table, Bags bags, Tensor y, int rows, int width) {
    holds("weights", bags.weights(), rows, bags.size());
    holds("y", y, rows, width);
    Arguments.tokens(bags.entries(), rows * bags.size(), table, width);
    own(table);
    backend.embeddingBag(table, bags, y, rows, width);
  }

  // --------------------------------------------------------- along sequences

  @Override
  public void recurrence(
      Diagonal lambda, Tensor u, PackedSequences sequences, Tensor state, int groups) {
    own(lambda);
    Arguments.count("groups", groups);
    long row = 2L * groups * lambda.width();
    holds("u", u, sequences.rows(), row);
    holds("state", state, sequences.count(), row);
    backend.recurrence(lambda, u, sequences, state, groups);
  }

  @Override
  public void runningMean(
      Tensor x, PackedSequences sequences, long[] counts, Tensor sums, Tensor y, int width) {
    Arguments.range("counts", 0, sequences.count(), counts.length);
    holds("x", x, sequences.rows(), width);
    holds("sums", sums, sequences.count(), 2L * width);
    holds("y", y, sequences.rows(), width);
    backend.runningMean(x, sequences, counts, sums, y, width);
  }

  @Override
  public void causalUnfold(
      Tensor x, PackedSequences sequences, Tensor tail, Tensor y, int width, int taps) {
    Arguments.taps(taps);
    holds("x", x, sequences.rows(), width);
    holds("tail", tail, sequences.count(), (long) (taps - 1) * width);
    holds("y", y, sequences.rows(), (long) taps * width);
    backend.causalUnfold(x, sequences, tail, y, width, taps);
  }

  @Override
  public void foPooling(
      FoGates gates, Tensor zfoi, PackedSequences sequences, Tensor state, Tensor y, int width) {
    holds("zfoi", zfoi, sequences.rows(), (long) gates.count() * width);
    holds("state", state, sequences.count(), width);
    holds("y", y, sequences.rows(), width);
    backend.foPooling(gates, zfoi, sequences, state, y, width);
  }

  // ------------------------------------------------------- on whole windows

  @Override
  public void convolve(Linear weights, Tensor x, int s, Tensor y, int rows) {
    own(weights);
    Arguments.strided("x", x, rows, s, weights.inputs());
    own(x);
    holds("y", y, rows, weights.outputs());
    backend.convolve(weights, x, s, y, rows);
  }

  @Override
  public void positionNorm(
      PositionNorm norm, Tensor x, Tensor y, PackedSequences sequences, int width) {
    holds("offset", norm.offset(), 1, width);
    holds("x", x, sequences.rows(), width);
    holds("y", y, sequences.rows(), width);
    backend.positionNorm(norm, x, y, sequences, width);
  }

  @Override
  public void groupNorm(
      NormWeights norm, int groups, Tensor x, PackedSequences sequences, Tensor y, int width) {
    Arguments.parts("groups", groups, width);
    norm(norm, width);
    holds("x", x, sequences.rows(), width);
    holds("y", y, sequences.rows(), width);
    backend.groupNorm(norm, groups, x, sequences, y, width);
  }

  @Override
  public void mean(Tensor x, PackedSequences sequences, Tensor y, int width) {
    holds("x", x, sequences.rows(), width);
    holds("y", y, sequences.count(), width);
    backend.mean(x, sequences, y, width);
  }

  @Override
  public void residual(Tensor scale, Tensor x, Tensor c, Tensor y, Positions positions, int width) {
    holds("scale", scale, 2, width);
    holds("x", x, positions.rows(), width);
    holds("c", c, positions.rows(), width);
    holds("y", y, positions.rows(), width);
    backend.residual(scale, x, c, y, positions, width);
  }

  @Override
  public void rollAdd(
      Tensor x, PackedSequences from, Tensor y, PackedSequences to, int width, int track) {
    holds("x", x, from.rows(), width);
    holds("y", y, to.rows(), width);
    Arguments.roll(from, to, width, track);
    backend.rollAdd(x, from, y, to, width, track);
  }

  @Override
  public void rotary(RotaryPositions rotation, Strided x, int rows, int groups, int width) {
    Arguments.count("groups", groups);
    Arguments.even("width", width);
    strided("x", x, rows, (long) groups * width);
    Arguments.tokens(rotation.positions(), rows, rotation.table(), width);
    own(rotation.table());
    backend.rotary(rotation, x, rows, groups, width);
  }

  @Override
  public void attend(
      AttentionSets sets, double scale, QueryKeyValue qkv, Strided y, int rows, int width) {
    Arguments.attention(sets, qkv, y, rows, width);
    own(qkv.q());
    own(qkv.k());
    own(qkv.v());
    own(y.tensor());
    backend.attend(sets, scale, qkv, y, rows, width);
  }

  // ------------------------------------------------------------------- fused

  @Override
  public void inTiles(int rows, int workWidth, Tile tile) {
    backend.inTiles(rows, workWidth, tile);
  }

  @Override
  public void advance(
      RecurrentLayer layer,
      Tensor x,
      PackedSequences sequences,
      Tensor state,
      int groups,
      Workspace work) {
    own(layer.b());
    own(layer.lambda());
    own(layer.c());
    own(layer.gates());
    Arguments.count("groups", groups);
    int width = layer.width();
    own(layer.norm());
    own(layer.skip());
    holds("x", x, sequences.rows(), (long) groups * width);
    holds("state", state, sequences.count(), 2L * groups * layer.lambda().width());
    backend.advance(
        layer,
        x,
        sequences,
        state,
        groups,
        (name, size) -> {
          Tensor tensor = work.tensor(name, size);
          holds(name, tensor, size, 1);
          return tensor;
        });
  }

  @Override
  public void switchUnit(
      SwitchUnitWeights unit,
      Tensor x,
      Tensor a,
      IntFunction<Tensor> work,
      Tensor y,
      Positions positions) {
    own(unit.expand());
    own(unit.contract());
    own(unit.norm().offset());
    own(unit.scale());
    Arguments.even("length of a switch unit's sequences", positions.length());
    holds("x", x, positions.rows(), unit.width());
    holds("y", y, positions.rows(), unit.width());
    holds("a", a, positions.sequences() * positions.pairs(), unit.hidden());
    backend.switchUnit(
        unit,
        x,
        a,
        size -> {
          Tensor tensor = work.apply(size);
          holds("work", tensor, size, 1);
          return tensor;
        },
        y,
        positions);
  }

  @Override
  public void rollAddNorm(
      Tensor x, Tensor y, PackedSequences sequences, int width, int track, RowNorm norm) {
    holds("x", x, sequences.rows(), width);
    holds("y", y, sequences.rows(), width);
    Arguments.roll(sequences, sequences, width, track);
    norm(norm, width);
    backend.rollAddNorm(x, y, sequences, width, track, norm);
  }

  @Override
  public void mlp(Mlp mlp, Tensor x, Tensor y, int rows) {
    own(mlp.first());
    own(mlp.second());
    own(mlp.norm());
    holds("x", x, rows, mlp.first().inputs());
    holds("y", y, rows, mlp.second().outputs());
    backend.mlp(mlp, x, y, rows);
  }
}
