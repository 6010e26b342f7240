package dev.riffle.benchmarks.stream;

import dev.riffle.benchmarks.support.Checkout;
import dev.riffle.models.Settings;
import dev.riffle.models.chordmixer.ChordMixerConfig;
import dev.riffle.models.chordmixer.ChordMixerInit;
import dev.riffle.models.rse.RseInit;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * A model with weights before training, and the windows that it is sent.
 *
 * @param config of the model
 * @param width values of a step
 * @param length steps of a window
 * @param steps of an event
 * @param predictsEachStep true for an answer to each step, false for one to the window
 * @param batch most windows computed together
 */
record WindowedJobCase(
    String name,
    String config,
    int width,
    int length,
    int steps,
    boolean predictsEachStep,
    int batch) {
  static final String NAMES = "chordmixer, rse, rse-narrow, chordmixer-2^20";

  private static final long SEED = 1919;

  static WindowedJobCase of(String name) {
    return switch (name) {
      case "chordmixer" -> chord(name, 8192, 512, 16, 128, "LN", 4);
      case "chordmixer-2^20" -> chord(name, 1 << 20, 1 << 15, 8, 88, "None", 1);
      case "rse" -> rse(name, 2048, 256, 192, 4);
      case "rse-narrow" -> rse(name, 8192, 512, 24, 4);
      default ->
          throw new IllegalArgumentException("A model is one of " + NAMES + " but not " + name);
    };
  }

  private static WindowedJobCase chord(
      String name, int length, int steps, int track, int hidden, String norm, int batch) {
    String config =
        String.format(
            "{\"family\": \"chordmixer\", \"input_size\": 2, \"output_size\": 10, \"max_seq_len\":"
                + " %d, \"track_size\": %d, \"hidden_size\": %d, \"embedding_type\": \"linear\","
                + " \"decoder\": \"linear\", \"prenorm\": \"%s\", \"norm\": \"%s\", \"var_len\":"
                + " false}",
            length, track, hidden, norm, norm);
    return new WindowedJobCase(name, config, 2, length, steps, false, batch);
  }

  private static WindowedJobCase rse(String name, int length, int steps, int units, int batch) {
    String config =
        String.format(
            "{\"family\": \"rse\", \"variant\": \"tf\", \"network\": \"heavy\", \"num_units\": %d,"
                + " \"n_blocks\": 2, \"length\": %d}",
            units, length);
    return new WindowedJobCase(name, config, units, length, steps, true, batch);
  }

  /** Answers to one window. */
  int answers() {
    return predictsEachStep ? length : 1;
  }

  /** Values of a window, from -1 to 1. */
  float[] window() {
    float[] x = new float[length * width];
    Random random = new Random(SEED);
    for (int i = 0; i < x.length; i++) {
      x[i] = 2 * random.nextFloat() - 1;
    }
    return x;
  }

  /** The model's directory, which is made if it is not there. */
  Path directory() throws IOException {
    Path models = Checkout.target("models");
    Path directory =
        models.resolve(name.replace("^", "-") + "/" + Integer.toUnsignedString(config.hashCode()));
    if (!Files.exists(directory)) {
      Settings settings = Settings.parse(config, "the benchmark");
      SafetensorsWriter weights =
          predictsEachStep
              ? RseInit.draw(settings, SEED)
              : ChordMixerInit.draw(ChordMixerConfig.of(settings), SEED);
      ModelDirectory.write(directory, config, weights, "{\"weights\": \"drawn, not trained\"}");
    }
    return directory;
  }
}
