package dev.riffle.models.chordmixer;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Block;
import dev.riffle.models.Description;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.WindowBatch;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** How models and goldens of the families {@code chordmixer} and its rotation are read. */
public final class ChordMixerFamily {
  /** The setting of a model of two windows; the reference has a class of its own for it. */
  private static final String PAIRS = "net_dual";

  /** Deviation of scores of a model directory on a backend of 32 bits, absolute and relative. */
  private static final double MODEL = 2e-4;

  private ChordMixerFamily() {}

  /**
   * The model of a directory, for whole windows.
   *
   * @throws ModelException if it answers to pairs of them, or a setting or weight does not fit
   */
  public static ChordMixer read(ModelDirectory directory, Kernels kernels) {
    Settings settings = directory.config();
    if (pairs(settings)) {
      throw settings.expected(
          "false here: a stream brings one window after the other and no pairs, which"
              + " ChordMixerFamily.pairs answers,",
          PAIRS);
    }
    return new ChordMixer(kernels, ChordMixer.Config.of(settings), directory.weights());
  }

  /** The model of Retrieval of a directory, for pairs of windows. */
  public static ChordMixerPair pairs(ModelDirectory directory, Kernels kernels) {
    if (!pairs(directory.config())) {
      throw directory.config().expected("true here", PAIRS);
    }
    return new ChordMixerPair(kernels, directory.config(), directory.weights());
  }

  private static boolean pairs(Settings settings) {
    return settings.has(PAIRS) && settings.flag(PAIRS);
  }

  /** What the model of a directory costs and sees. */
  public static Description describe(ModelDirectory directory, Kernels kernels, int length) {
    ChordMixerPair pair = pairs(directory.config()) ? pairs(directory, kernels) : null;
    ChordMixer model = pair == null ? read(directory, kernels) : pair.mixer();
    ChordMixer.Config c = model.config();
    int window = length == 0 ? c.maxSeqLen() : length;
    int blocks = model.blocks(window);
    long row = blocks * 2L * c.width() * c.hiddenSize();
    if (c.embedding() == ChordMixer.Embedding.FEATURES) {
      row += (long) c.inputSize() * c.width();
    }
    long head = c.decoder() ? (long) c.width() * c.outputSize() : 0;
    Description one = Description.windowed(model, blocks, window, window * row + head);
    return pair == null ? one : ofPairs(one, pair);
  }

  private static Description ofPairs(Description one, ChordMixerPair pair) {
    return new Description(
        one.layers(),
        one.reads(),
        pair.outputs() + " values for two windows",
        one.window(),
        0,
        "two windows of " + one.window(),
        2 * one.multiplyAdds() + pair.multiplyAdds(),
        "both windows",
        one.lookAhead());
  }

  /**
   * Runs a golden's windows in one batch, for the answers and the output of every block. One of a
   * model directory was recorded window by window, so that each has to run its own blocks.
   */
  public static void check(GoldenCase golden, Kernels kernels, GoldenReport report) {
    if (golden.model() != null) {
      checkModel(golden, kernels, report);
      return;
    }
    Safetensors tensors = golden.tensors();
    ChordMixer.Config config = ChordMixer.Config.of(golden.settings().under("hparams"));
    ChordMixer model = new ChordMixer(kernels.forWindows(), config, Weights.of(tensors));
    int[] starts = starts(tensors);
    int sequences = starts.length - 1;

    List<double[]> seen = new ArrayList<>();
    Scratch work = new Scratch(kernels);
    work.observe((stage, values, rows, width) -> seen.add(read(kernels, values, rows * width)));
    Tensor y = kernels.allocate(sequences * model.outputs());
    if (config.embedding() == ChordMixer.Embedding.TOKENS) {
      int[] tokens = Arrays.stream(tensors.longs("input")).mapToInt(Math::toIntExact).toArray();
      model.forward(tokens, starts, sequences, y, work);
    } else {
      Tensor x = kernels.constant(tensors.doubles("input"));
      model.forward(new Block(x, starts, sequences), y, work);
    }

    report.compareRecorded(golden, kernels, "output_f64", read(kernels, y, y.size()));
    for (int i = 0; tensors.has("block_output." + i); i++) {
      double[] found = i < seen.size() ? seen.get(i) : new double[0];
      report.compareRecorded(golden, kernels, "block_output." + i, found);
    }
  }

  private static void checkModel(GoldenCase golden, Kernels kernels, GoldenReport report) {
    ChordMixer model = read(ModelDirectory.readForGoldens(golden.model()), kernels.forWindows());
    Safetensors tensors = golden.tensors();
    int[] starts = starts(tensors);
    int windows = starts.length - 1;
    double[] input = tensors.doubles("input"); // [rows, inputs]
    float[] values = new float[input.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) input[i];
    }
    Tensor y = kernels.allocate(windows * model.outputs());
    model.forward(
        new WindowBatch(values, model.inputs(), starts, windows), y, new Scratch(kernels));
    double limit = GoldenCase.limit(kernels, MODEL);
    report.compare(
        "output_f64", tensors.doubles("output_f64"), read(kernels, y, y.size()), limit, limit);
  }

  /** Runs a golden of the rotation alone, which has to be met exactly. */
  public static void checkRotation(GoldenCase golden, Kernels kernels, GoldenReport report) {
    Safetensors tensors = golden.tensors();
    Settings settings = golden.settings().under("hparams");
    int track = settings.size("track_size");
    Rotation rotation = new Rotation(kernels, settings.size("n_tracks") * track, track);
    int[] starts = starts(tensors);
    int sequences = starts.length - 1;
    double[] expected = tensors.doubles("output");
    Tensor y = kernels.allocate(expected.length);
    if (settings.text("kind").equals("circular")) {
      Tensor x = kernels.constant(withoutPadding(tensors, starts)); // [rows, width]
      rotation.applyCircularPad(x, starts, sequences, y);
    } else {
      rotation.apply(kernels.constant(tensors.doubles("input")), starts, sequences, y);
    }
    report.compare("output", expected, read(kernels, y, expected.length), 0, 0);
  }

  /** First rows of a golden's sequences: by their recorded lengths, or all of one length. */
  private static int[] starts(Safetensors tensors) {
    int[] shape = tensors.shape("input"); // [sequences, length, ...], or [rows, ...] with lengths
    int sequences = tensors.has("lengths") ? tensors.size("lengths") : shape[0];
    int[] starts = new int[sequences + 1];
    for (int b = 0; b < sequences; b++) {
      int length = tensors.has("lengths") ? Math.toIntExact(tensors.longs("lengths")[b]) : shape[1];
      starts[b + 1] = starts[b] + length;
    }
    return starts;
  }

  /** Of an input {@code [sequences, longest, width]} the rows that count, packed. */
  private static double[] withoutPadding(Safetensors tensors, int[] starts) {
    double[] padded = tensors.doubles("input");
    int[] shape = tensors.shape("input");
    int width = shape[2];
    double[] packed = new double[starts[starts.length - 1] * width];
    for (int b = 0; b + 1 < starts.length; b++) {
      int count = (starts[b + 1] - starts[b]) * width;
      System.arraycopy(padded, b * shape[1] * width, packed, starts[b] * width, count);
    }
    return packed;
  }

  private static double[] read(Kernels kernels, Tensor from, int count) {
    double[] values = new double[count];
    kernels.read(from, 0, values, 0, count);
    return values;
  }
}
