package dev.riffle.kernels;

import java.util.Arrays;
import java.util.Random;

/** Reproducible operands and results of operations under test. */
public final class TestValues {
  private TestValues() {}

  /** An operation into y. */
  @FunctionalInterface
  public interface Operation {
    void run(Kernels k, Tensor y);
  }

  /** Returns what an operation writes into a tensor of {@code size} values. */
  public static double[] run(Kernels k, int size, Operation operation) {
    Tensor y = k.allocate(size);
    operation.run(k, y);
    return read(k, y, size);
  }

  /** Returns the first {@code count} values of a tensor. */
  public static double[] read(Kernels k, Tensor from, int count) {
    double[] values = new double[count];
    k.read(from, 0, values, 0, count);
    return values;
  }

  /** Returns a tensor of {@link #random} values. */
  public static Tensor values(Kernels k, int seed, int count) {
    return k.constant(random(seed, count));
  }

  /** Returns normal numbers that a float holds exactly. */
  public static double[] random(int seed, int count) {
    Random random = new Random(seed);
    double[] values = new double[count];
    Arrays.setAll(values, i -> (float) random.nextGaussian());
    return values;
  }

  /** Returns the values times a factor, as numbers that a float holds exactly. */
  public static double[] times(double factor, double[] values) {
    return Arrays.stream(values).map(v -> (float) (factor * v)).toArray();
  }

  /** Returns random weights whose outputs are about as large as the inputs. */
  public static Kernels.Linear linear(Kernels k, int seed, int inputs, int outputs) {
    double[] weight = times(1 / Math.sqrt(inputs), random(seed, inputs * outputs));
    return k.linear(weight, random(seed + 100, outputs), outputs, inputs);
  }

  /** Returns a switch unit on random sequences with random weights. */
  public static Operation switchUnit(Positions positions, int width) {
    int size = positions.rows() * width;
    return (k, y) ->
        k.switchUnit(
            new SwitchUnitWeights(
                linear(k, 1, 2 * width, 4 * width),
                new PositionNorm(values(k, 2, 4 * width), 1e-10, Activation.GELU_QUICK),
                linear(k, 3, 4 * width, 2 * width),
                values(k, 4, 2 * width)),
            values(k, 5, size),
            k.allocate(positions.rows() / 2 * 4 * width),
            k::allocate,
            y,
            positions);
  }

  /** Returns an MLP with a layer norm on random rows with random weights. */
  public static Operation mlp(int width, int hidden, int rows) {
    return (k, y) ->
        k.mlp(
            new Mlp(
                RowNorm.layer(values(k, 1, width), values(k, 2, width), 1e-5),
                linear(k, 3, width, hidden),
                Activation.GELU,
                linear(k, 4, hidden, width)),
            values(k, 5, rows * width),
            y,
            rows);
  }
}
