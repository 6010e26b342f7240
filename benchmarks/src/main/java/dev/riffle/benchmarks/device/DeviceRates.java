package dev.riffle.benchmarks.device;

import dev.riffle.kernels.Constants.Linear;
import dev.riffle.kernels.Device;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import java.util.Arrays;
import java.util.Random;

/**
 * The rates of memory and of arithmetic that a backend reaches: the ceilings of the other cases.
 *
 * @param kernels the backend
 */
record DeviceRates(Kernels kernels) {
  /** Bytes per second of the operation {@code copy}; read and written bytes both count. */
  double copy(int values) {
    Tensor a = Device.call(kernels, () -> kernels.allocate(values));
    Tensor b = Device.call(kernels, () -> kernels.allocate(values));
    return rate(2.0 * Float.BYTES * values, () -> kernels.copy(a, 0, b, 0, values), b);
  }

  /** Arithmetic operations per second of the operation {@code linear} on random numbers. */
  double multiply(int size) {
    Random random = new Random(5);
    Linear weights =
        Device.call(
            kernels,
            () ->
                kernels
                    .forWindows()
                    .linear(
                        random.doubles((long) size * size, -0.5, 0.5).toArray(), null, size, size));
    float[] values = new float[size * size];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    Tensor x = Device.call(kernels, () -> kernels.allocate(values.length));
    Tensor y = Device.call(kernels, () -> kernels.allocate(values.length));
    Device.call(
        kernels,
        () -> {
          kernels.write(values, 0, x, 0, values.length);
          return null;
        });
    double operations = 2.0 * size * size * size;
    return rate(operations, () -> kernels.forWindows().linear(weights, x, y, size), y);
  }

  /** The median of seven measurements, each long enough for the clock. */
  private double rate(double amount, Runnable work, Tensor result) {
    float[] one = new float[1];
    double[] rates = new double[10];
    for (int i = 0; i < rates.length; i++) {
      long start = System.nanoTime();
      int times = 0;
      while (times == 0 || System.nanoTime() - start < 20_000_000) {
        Device.call(
            kernels,
            () -> {
              for (int k = 0; k < 5; k++) {
                work.run();
              }
              kernels.read(result, 0, one, 0, 1); // waits for the device
              return null;
            });
        times += 5;
      }
      rates[i] = times * amount * 1e9 / (System.nanoTime() - start);
    }
    return DeviceRace.median(Arrays.copyOfRange(rates, 3, rates.length));
  }
}
