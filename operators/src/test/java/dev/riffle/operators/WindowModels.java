package dev.riffle.operators;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.FragileDevice;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.Prediction;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.Settings;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.WindowOptions;
import dev.riffle.models.chordmixer.ChordMixerConfig;
import dev.riffle.models.chordmixer.ChordMixerInit;
import dev.riffle.models.families.Families;
import dev.riffle.models.rse.RseInit;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.SafetensorsWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Small models of windows with random weights for a {@link Harness}: a ChordMixer, which predicts
 * once per window, and a Shuffle-Exchange network, which predicts at each step. Windows have
 * {@value #LENGTH} steps of one value; one begins every {@value #STRIDE} steps.
 */
final class WindowModels {
  static final int LENGTH = 8;
  static final int STRIDE = 4;

  private static final String CHORDMIXER =
      """
      {"family": "chordmixer", "input_size": 1, "output_size": 2, "max_seq_len": 16,
       "track_size": 2, "hidden_size": 4, "embedding_type": "linear", "decoder": "linear",
       "prenorm": "LN", "norm": "LN"}
      """;
  private static final String RSE =
      """
      {"family": "rse", "variant": "torch-a", "m": 1, "n_blocks": 1, "length": 8}
      """;

  private static FragileDevice device;

  private WindowModels() {}

  /** Discards the device; the next one works. */
  static void renewDevice() {
    device = null;
  }

  /** Writes the models under a directory. */
  static void write(Path directory) {
    Settings chordMixer = Settings.parse(CHORDMIXER, "config.json");
    write(
        directory.resolve("chordmixer"),
        CHORDMIXER,
        ChordMixerInit.draw(ChordMixerConfig.of(chordMixer), 5));
    write(directory.resolve("rse"), RSE, RseInit.draw(Settings.parse(RSE, "config.json"), 5));
  }

  private static void write(Path directory, String config, SafetensorsWriter weights) {
    ModelDirectory.write(directory.resolve("1"), config, weights, "{}");
  }

  /** The device that models are loaded on; a new one if it has failed. */
  static FragileDevice device() {
    if (device == null || device.device().failure().isPresent()) {
      device = new FragileDevice(Backends.find("cpu"));
    }
    return device;
  }

  /**
   * Loads a model.
   *
   * @param directory directory that {@link #write} filled
   * @param family {@code chordmixer} or {@code rse}
   * @param onDevice true to compute on {@link #device}
   */
  record Source(String directory, String family, boolean onDevice)
      implements ModelSource<PredictionValues> {
    @Override
    public String key() {
      return toString();
    }

    @Override
    public StreamModel<PredictionValues> load() {
      Kernels kernels = onDevice ? device().kernels() : Backends.find("cpu");
      return Families.load(
          ModelDirectory.read(Path.of(directory, family, "1")),
          kernels,
          PredictionValues.class,
          new WindowOptions(LENGTH, STRIDE));
    }

    /**
     * Predictions of the model for a session in a single call.
     *
     * @param start position of its first step
     */
    List<String> predictions(long start, float... steps) {
      Format format = Harness.FORMAT;
      StreamRunner<PredictionValues> runner =
          new Source(directory, family, false).load().newRunner();
      BatchItem<PredictionValues> item =
          new BatchItem<>(format, runner.open(format), steps, 0, steps.length);
      runner.finish(List.of(item));
      List<String> texts = new ArrayList<>();
      for (Prediction<PredictionValues> output : item.predictions) {
        texts.add(text(start, output));
      }
      return texts;
    }
  }

  /** Writes {@code position: first+steps [bits of the values]}. */
  record Mapper() implements OutputMapper<PredictionValues> {
    @Override
    public Optional<OutputRecord> toFinal(EmittedPrediction<PredictionValues> emitted) {
      String text = text(emitted.sessionStart(), emitted.prediction());
      return Optional.of(new OutputRecord(emitted.sequenceId(), text.getBytes(UTF_8), 0));
    }

    @Override
    public Optional<OutputRecord> toPreview(EmittedPrediction<PredictionValues> emitted) {
      return Optional.empty();
    }
  }

  private static String text(long start, Prediction<PredictionValues> output) {
    PredictionValues scores = output.value();
    int[] bits = new int[scores.values().length];
    Arrays.setAll(bits, i -> Float.floatToRawIntBits(scores.values()[i]));
    return String.format(
        "%d: %d+%d %s",
        start + output.position(), start + scores.first(), scores.steps(), Arrays.toString(bits));
  }
}
