package dev.riffle.benchmarks.device;

import dev.riffle.kernels.Device;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.rse.RseFamily;
import dev.riffle.models.rse.RseInit;
import dev.riffle.models.rse.RseMusic;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/**
 * Live streams that the network of MusicNet answers: each sends a window of samples every stride,
 * windows of all streams go in one batch to the device, and a batch is to be answered before the
 * next stride. Samples go over the bus, and answers come back.
 */
final class StreamsOnDevice {
  /** Seconds from one window of a stream to the next: 512 samples at 11 kHz. */
  static final double STRIDE = 0.046;

  private static final long SEED = 1919;
  private static final int CLASSES = 128;

  private final Kernels kernels;
  private final RseMusic model;
  private final Scratch work;

  /**
   * @param small true for a network of 8 features and windows of 512 samples
   */
  StreamsOnDevice(Kernels kernels, boolean small) throws IOException {
    int m = small ? 8 : 192;
    int window = small ? 512 : 8192;
    String config =
        String.format(
            "{\"family\": \"rse\", \"variant\": \"tf-musicnet\", \"num_units\": %d, \"n_blocks\": 2,"
                + " \"window\": %d, \"convs\": 2, \"n_classes\": %d}",
            m, window, CLASSES);
    ModelDirectory directory =
        ModelDirectory.draft(
            Path.of("benchmark", "1"),
            Settings.parse(config, "the benchmark"),
            Safetensors.parse(weights(m, window).toBytes(), "drawn weights"));
    this.kernels = kernels;
    this.model = Device.call(kernels, () -> RseFamily.music(directory, kernels.forWindows()));
    this.work = new Scratch(kernels);
  }

  /** Weights before training: the network's as its code draws them, the ends' uniformly. */
  private static SafetensorsWriter weights(int m, int window) {
    String network =
        String.format(
            "{\"variant\": \"tf\", \"network\": \"heavy\", \"num_units\": %d, \"n_blocks\": 2,"
                + " \"length\": %d}",
            m, window / 4);
    Safetensors drawn =
        Safetensors.parse(
            RseInit.draw(Settings.parse(network, "the benchmark"), SEED).toBytes(), "drawn");
    SafetensorsWriter all = new SafetensorsWriter();
    for (String name : drawn.names()) {
      all.copy("var_lengths/" + name, drawn, name);
    }
    Random random = new Random(SEED);
    int[] channels = {1, m / 2, 2 * m};
    for (int i = 1; i < channels.length; i++) {
      int inputs = channels[i - 1];
      int outputs = channels[i];
      String pool = "var_lengths/pool1/";
      all.add(pool + "conv" + i + "/CvK", uniform(random, 4 * inputs, outputs), 4, inputs, outputs);
      all.add(pool + "norm" + i + "/norm_bias/offset", new float[outputs], 1, 1, outputs);
    }
    all.add("var_lengths/pool1/conv3/CvK", uniform(random, 2 * m, m), 2 * m, m);
    all.add("var_lengths/pool1/conv3/CvB", new float[m], m);
    all.add("var_lengths/output/CvK", uniform(random, m, CLASSES), m, CLASSES);
    all.add("var_lengths/output/CvB", new float[CLASSES], CLASSES);
    float[] ones = new float[CLASSES];
    Arrays.fill(ones, 1);
    all.add("var_lengths/corrected_result/scale", ones, CLASSES);
    all.add("var_lengths/corrected_result/offset", new float[CLASSES], CLASSES);
    return all;
  }

  private static float[] uniform(Random random, int inputs, int outputs) {
    double bound = Math.sqrt(6.0 / (inputs + outputs));
    float[] values = new float[inputs * outputs];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) ((2 * random.nextDouble() - 1) * bound);
    }
    return values;
  }

  /**
   * Answers one window of each of so many streams, {@code times} times.
   *
   * @return the seconds of each, from samples in the heap to answers in the heap
   */
  double[] answer(int streams, int times) {
    float[] samples = new float[streams * model.window()];
    Random random = new Random(SEED);
    for (int i = 0; i < samples.length; i++) {
      samples[i] = 2 * random.nextFloat() - 1;
    }
    float[] answers = new float[streams * model.outputs()];
    Tensor x = Device.call(kernels, () -> kernels.allocate(samples.length));
    Tensor y = Device.call(kernels, () -> kernels.allocate(answers.length));
    double[] seconds = new double[times];
    for (int i = 0; i < times; i++) {
      long start = System.nanoTime();
      Device.call(
          kernels,
          () -> {
            kernels.write(samples, 0, x, 0, samples.length);
            model.forward(x, streams, y, work);
            kernels.read(y, 0, answers, 0, answers.length);
            return null;
          });
      seconds[i] = (System.nanoTime() - start) / 1e9;
    }
    for (float p : answers) {
      if (!(p >= 0 && p <= 1)) {
        throw new IllegalStateException("A probability is answered that is " + p + ".");
      }
    }
    return seconds;
  }
}
