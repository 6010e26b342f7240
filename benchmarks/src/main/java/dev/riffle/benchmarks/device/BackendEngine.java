package dev.riffle.benchmarks.device;

import dev.riffle.kernels.Device;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import java.util.function.Supplier;

/** A model on a backend of Riffle, on its device's thread where it has one. */
final class BackendEngine implements DeviceEngine {

  /** A model and all that it needs. */
  interface Model {
    /** Computes; what comes back holds the answer first. */
    Tensor run(Tensor x);

    /** Puts states back before their first step. */
    void reset();
  }

  private final Kernels kernels;
  private final float[] input;
  private final float[] output;
  private final Model model;
  private final Tensor x;
  private Tensor y;

  /**
   * @param maker is called on the device's thread
   */
  BackendEngine(Kernels kernels, float[] input, int outputs, Supplier<Model> maker) {
    this.kernels = kernels;
    this.input = input;
    this.output = new float[outputs];
    this.model = Device.call(kernels, maker);
    this.x = Device.call(kernels, () -> kernels.allocate(input.length));
    write();
  }

  private Object write() {
    return Device.call(
        kernels,
        () -> {
          kernels.write(input, 0, x, 0, input.length);
          return null;
        });
  }

  @Override
  public void reset() {
    Device.call(
        kernels,
        () -> {
          model.reset();
          return null;
        });
  }

  @Override
  public double[] run(int times) {
    return timed(times, false);
  }

  @Override
  public double[] feed(int times) {
    return timed(times, true);
  }

  private double[] timed(int times, boolean fed) {
    double[] seconds = new double[times];
    for (int i = 0; i < times; i++) {
      long start = System.nanoTime();
      Device.call(kernels, () -> compute(fed));
      seconds[i] = (System.nanoTime() - start) / 1e9;
    }
    return seconds;
  }

  private Object compute(boolean fed) {
    if (fed) {
      kernels.write(input, 0, x, 0, input.length);
    }
    y = model.run(x);
    kernels.read(y, 0, output, 0, fed ? output.length : 1); // waits for the device
    return null;
  }

  @Override
  public float[] answer(int first, int count) {
    float[] values = new float[count];
    return Device.call(
        kernels,
        () -> {
          kernels.read(y, first, values, 0, count);
          return values;
        });
  }

  @Override
  public void close() {
    System.gc(); // what it held on the device goes with its tensors
  }
}
