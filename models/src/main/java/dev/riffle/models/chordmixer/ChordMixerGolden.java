package dev.riffle.models.chordmixer;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Block;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.WindowBatch;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.golden.GoldenValues;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Compares the family {@code chordmixer}, and its rotation by itself, with their goldens. */
public final class ChordMixerGolden {
  /** The family that goldens of the rotation name. */
  public static final String ROTATION = "chordmixer-rotate";

  /** Deviation of scores of a model directory on a backend of 32 bits, absolute and relative. */
  private static final double MODEL_LIMIT = 2e-4;

  private ChordMixerGolden() {}

  /** Runs a golden of the network, of a model directory or of the rotation by itself. */
  public static void check(GoldenCase golden, Kernels kernels, GoldenReport report) {
    if (golden.family().equals(ROTATION)) {
      checkRotation(golden, kernels, report);
    } else if (golden.model().isPresent()) {
      checkModel(golden, kernels, report);
    } else {
      checkNetwork(golden, kernels, report);
    }
  }

  /** Runs the windows in one batch and compares the outputs of the model and of every block. */
  private static void checkNetwork(GoldenCase golden, Kernels kernels, GoldenReport report) {
    Safetensors tensors = golden.tensors();
    ChordMixerConfig config = ChordMixerConfig.of(golden.settings().under("hparams"));
    ChordMixer model = new ChordMixer(kernels.forWindows(), config, Weights.of(tensors));
    PackedSequences sequences = sequences(tensors);

    List<double[]> seen = new ArrayList<>();
    Scratch work = new Scratch(kernels);
    work.observe(
        (stage, values, rows, width) -> seen.add(GoldenValues.read(kernels, values, rows * width)));
    Tensor y = kernels.allocate(sequences.count() * model.outputs());
    if (config.embedding() == ChordMixerConfig.Embedding.TOKENS) {
      int[] tokens = Arrays.stream(tensors.longs("input")).mapToInt(Math::toIntExact).toArray();
      model.forward(tokens, sequences, y, work);
    } else {
      Tensor x = kernels.constant(tensors.doubles("input"));
      model.forward(new Block(x, sequences), y, work);
    }

    report.compareRecorded(golden, kernels, "output_f64", GoldenValues.read(kernels, y, y.size()));
    for (int i = 0; tensors.has("block_output." + i); i++) {
      double[] found = i < seen.size() ? seen.get(i) : new double[0];
      report.compareRecorded(golden, kernels, "block_output." + i, found);
    }
  }

  /**
   * Runs the windows of a model directory. They were recorded one by one, so each runs only the
   * blocks that its own length needs.
   */
  private static void checkModel(GoldenCase golden, Kernels kernels, GoldenReport report) {
    ChordMixer model = ChordMixerFamily.read(golden.modelDirectory(), kernels.forWindows());
    Safetensors tensors = golden.tensors();
    PackedSequences sequences = sequences(tensors);
    int windows = sequences.count();
    double[] input = tensors.doubles("input"); // [rows, inputs]
    float[] values = new float[input.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) input[i];
    }
    Tensor y = kernels.allocate(windows * model.outputs());
    model.forward(new WindowBatch(values, model.inputs(), sequences), y, new Scratch(kernels));
    double limit = GoldenCase.limit(kernels, MODEL_LIMIT);
    report.compare(
        "output_f64",
        tensors.doubles("output_f64"),
        GoldenValues.read(kernels, y, y.size()),
        limit,
        limit);
  }

  /** Runs a golden of the rotation by itself, whose values must be equal bit for bit. */
  private static void checkRotation(GoldenCase golden, Kernels kernels, GoldenReport report) {
    Safetensors tensors = golden.tensors();
    Settings settings = golden.settings().under("hparams");
    int track = settings.size("track_size");
    Rotation rotation = new Rotation(kernels, settings.size("n_tracks") * track, track);
    PackedSequences sequences = sequences(tensors);
    double[] expected = tensors.doubles("output");
    Tensor y = kernels.allocate(expected.length);
    if (settings.text("kind").equals("circular")) {
      Tensor x = kernels.constant(withoutPadding(tensors, sequences)); // [rows, width]
      rotation.applyCircularPad(x, sequences, y);
    } else {
      rotation.apply(kernels.constant(tensors.doubles("input")), sequences, y);
    }
    report.compare("output", expected, GoldenValues.read(kernels, y, expected.length), 0, 0);
  }

  /** Returns the offsets of a golden's sequences: of the recorded lengths, or of one length. */
  private static PackedSequences sequences(Safetensors tensors) {
    int[] shape = tensors.shape("input"); // [sequences, length, ...], or [rows, ...] with lengths
    int sequences = tensors.has("lengths") ? tensors.size("lengths") : shape[0];
    int[] starts = new int[sequences + 1];
    for (int b = 0; b < sequences; b++) {
      int length = tensors.has("lengths") ? Math.toIntExact(tensors.longs("lengths")[b]) : shape[1];
      starts[b + 1] = starts[b] + length;
    }
    return new PackedSequences(starts, sequences);
  }

  /** Packs an input {@code [sequences, longest, width]} without its padding. */
  private static double[] withoutPadding(Safetensors tensors, PackedSequences sequences) {
    double[] padded = tensors.doubles("input");
    int[] shape = tensors.shape("input");
    int width = shape[2];
    double[] packed = new double[sequences.rows() * width];
    for (int b = 0; b < sequences.count(); b++) {
      int count = sequences.length(b) * width;
      System.arraycopy(padded, b * shape[1] * width, packed, sequences.start(b) * width, count);
    }
    return packed;
  }
}
