package dev.riffle.music.transcriber;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Replaces single wild samples and removes what is below hearing, at the rate of the sound
 * (docs/lru-transcriber.md, section 8.1). The output is {@code reach} samples late.
 *
 * <pre>
 *   m  = mean of the 2 reach neighbours of x_n,  d = largest distance of one of them from m
 *   x' = (x_(n-1) + x_(n+1)) / 2      if |x_n - m| > max(least, ratio d),  else x_n
 *   y_n = b (x'_n - 2 x'_(n-1) + x'_(n-2)) - a_1 y_(n-1) - a_2 y_(n-2)          Butterworth
 * </pre>
 *
 * <p>Ahead of its first sample, a sequence has always had the value of its second one, and the
 * output is 0.
 */
final class SampleConditioner {
  /** Below this, an output is 0: a filter that decays without end is slow. */
  private static final double NOTHING = 1e-30;

  private final Conditioning.Click click;
  private final double cutOff;
  private final float[] line; // [2 reach + 1], the latest sample last
  private double b;
  private double a1;
  private double a2;
  private double x1; // inputs and outputs of the filter, one and two samples ago
  private double x2;
  private double y1;
  private double y2;

  SampleConditioner(Conditioning constants) {
    click = constants.click();
    cutOff = constants.highPass();
    line = new float[2 * click.reach() + 1];
  }

  /** Bytes of {@link #store}. */
  static int bytes(Conditioning constants) {
    return Float.BYTES * 2 * constants.click().reach() + 4 * Double.BYTES;
  }

  /** Sets the rate of the sound. */
  void rate(int rate) {
    double w = 2 * Math.PI * cutOff / rate;
    double alpha = Math.sin(w) / Math.sqrt(2);
    b = (1 + Math.cos(w)) / 2 / (1 + alpha);
    a1 = -2 * Math.cos(w) / (1 + alpha);
    a2 = (1 - alpha) / (1 + alpha);
  }

  /** Becomes a sequence that has not begun. */
  void reset() {
    Arrays.fill(line, 0);
    x1 = 0;
    x2 = 0;
    y1 = 0;
    y2 = 0;
  }

  /**
   * Replaces {@code count} samples by the output.
   *
   * @param before samples of the sequence ahead of these
   */
  void process(float[] samples, int from, int count, long before) {
    int middle = click.reach();
    for (int i = from; i < from + count; i++) {
      System.arraycopy(line, 1, line, 0, line.length - 1);
      line[line.length - 1] = samples[i];
      long index = before + i - from - middle; // of the sample in the middle
      if (index == 0) {
        Arrays.fill(line, 0, middle, line[middle + 1]);
        x1 = limited();
        x2 = x1;
      }
      double x = index < 0 ? 0 : limited();
      double y = b * (x - 2 * x1 + x2) - a1 * y1 - a2 * y2;
      y = Math.abs(y) < NOTHING ? 0 : y;
      x2 = x1;
      x1 = x;
      y2 = y1;
      y1 = y;
      samples[i] = (float) y;
    }
  }

  /** The sample in the middle of the line, or what replaces it. */
  private double limited() {
    int middle = click.reach();
    double sum = 0;
    for (int i = 0; i < line.length; i++) {
      sum += i == middle ? 0 : line[i];
    }
    double mean = sum / (line.length - 1);
    double distance = Math.abs(line[middle] - mean);
    if (distance <= click.least()) {
      return line[middle];
    }
    double widest = 0;
    for (int i = 0; i < line.length; i++) {
      widest = i == middle ? widest : Math.max(widest, Math.abs(line[i] - mean));
    }
    return distance > click.ratio() * widest
        ? ((double) line[middle - 1] + line[middle + 1]) / 2
        : line[middle];
  }

  void store(ByteBuffer to) {
    for (int i = 1; i < line.length; i++) {
      to.putFloat(line[i]);
    }
    to.putDouble(x1).putDouble(x2).putDouble(y1).putDouble(y2);
  }

  void load(ByteBuffer from) {
    for (int i = 1; i < line.length; i++) {
      line[i] = from.getFloat();
    }
    x1 = from.getDouble();
    x2 = from.getDouble();
    y1 = from.getDouble();
    y2 = from.getDouble();
  }
}
