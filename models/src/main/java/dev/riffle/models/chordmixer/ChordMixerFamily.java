package dev.riffle.models.chordmixer;

import dev.riffle.kernels.Kernels;
import dev.riffle.models.Description;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.Settings;
import dev.riffle.models.families.Families;
import dev.riffle.models.families.LoadedModel;
import dev.riffle.models.families.NetworkFamily;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.weights.ModelDirectory;

/** The family {@code chordmixer}: rotations of tracks and MLPs, over windows. */
public final class ChordMixerFamily extends NetworkFamily {
  /** The setting of a model of two windows; the reference has a separate class for it. */
  private static final String PAIRS = "net_dual";

  /** Creates the family; {@link Families} discovers it. */
  public ChordMixerFamily() {
    super("chordmixer");
  }

  @Override
  public LoadedModel<PredictionValues> load(ModelDirectory directory, Kernels kernels) {
    return new LoadedModel.Windows<>(read(directory, kernels.forWindows()));
  }

  @Override
  public boolean checksGoldensOf(String family) {
    return family.equals(name()) || family.equals(ChordMixerGolden.ROTATION);
  }

  /**
   * The model of a directory, for whole windows.
   *
   * @throws ModelException if the model reads pairs of windows, or a setting or weight does not fit
   */
  static ChordMixer read(ModelDirectory directory, Kernels kernels) {
    Settings settings = directory.config();
    if (pairs(settings)) {
      throw settings.expected(
          "false here: a stream brings one window after the other and no pairs, which"
              + " ChordMixerFamily.pairs answers,",
          PAIRS);
    }
    return new ChordMixer(kernels, ChordMixerConfig.of(settings), directory.weights());
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

  @Override
  public Description describe(ModelDirectory directory, Kernels kernels, int length) {
    ChordMixerPair pair = pairs(directory.config()) ? pairs(directory, kernels) : null;
    ChordMixer model = pair == null ? read(directory, kernels) : pair.mixer();
    ChordMixerConfig c = model.config();
    int window = length == 0 ? c.maxSeqLen() : length;
    int blocks = model.blocks(window);
    long row = blocks * 2L * c.width() * c.hiddenSize();
    if (c.embedding() == ChordMixerConfig.Embedding.FEATURES) {
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

  @Override
  public void check(GoldenCase golden, Kernels kernels, GoldenReport report) {
    ChordMixerGolden.check(golden, kernels, report);
  }
}
