package dev.riffle.dna.readuntil;

import dev.riffle.dna.Nucleotides;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Description;
import dev.riffle.models.Format;
import dev.riffle.models.InputException;
import dev.riffle.models.ModelException;
import dev.riffle.models.ModelInfo;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.SessionRunner;
import dev.riffle.models.Settings;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.lru.Lru;
import dev.riffle.models.lru.LruConfig;
import dev.riffle.models.weights.ModelDirectory;
import java.util.Map;

/**
 * Bases in, one verdict for each read out, as early as the evidence allows. A step of the stream is
 * one base of two values: the base ({@link Nucleotides#value}) and its quality as FASTQ writes it
 * (Phred + 33), 0 without one. The channel of the flow cell is the attribute {@value #CHANNEL} of
 * the format. 15 bases make a step of the network; the test checks the log odds after each, so that
 * verdicts do not depend on how the bases were cut into chunks.
 *
 * <p>State bytes: the header of {@link SessionRunner}, {@link ReadSession}, {@link RecurrentState}.
 * The first base of a read and its last have the same number of them.
 */
public final class ReadUntil implements StreamModel<ReadVerdict> {
  /** Format of a read whose channel is unknown: base and quality per step, without a rate. */
  public static final Format FORMAT = new Format(0, 2);

  /** Attribute of a format: number of the channel, from 1. */
  public static final String CHANNEL = "channel";

  /** Values per step in savepoints of release 0.1: base, quality, channel or 0. */
  static final int WIDTH_WITH_CHANNEL = 3;

  static final int NO_CHANNEL = 0;

  private static final int OUTPUTS = 2; // ln P(background), ln P(target)

  private final ModelInfo info;
  private final Lru network;
  private final double scale;
  private final double shift;
  private final References references; // null where only the network is asked
  private final SequentialTest test;

  /**
   * Loads a model directory of the family {@code read-until}.
   *
   * @param references of the targets, and of the rest as far as the user knows it
   * @throws ModelException if weights or settings are missing or do not fit
   */
  public ReadUntil(
      ModelDirectory directory, References references, SequentialTest test, Kernels kernels) {
    Settings s = directory.config();
    checkConstant(s, "k", References.K);
    checkConstant(s, "step", Evidence.STEP);
    checkConstant(s, "word", References.WORD);
    this.network = new Lru(kernels, LruConfig.of(s.under("lru")), directory.weights());
    this.references = references;
    this.test = test;
    if (network.inputs() != Evidence.WIDTH || network.outputs() != OUTPUTS) {
      throw new ModelException(
          String.format(
              "Model %s has a network of %d inputs and %d outputs, expected %d and %d.",
              directory.label(), network.inputs(), network.outputs(), Evidence.WIDTH, OUTPUTS));
    }
    scale = s.under("calibration").number("scale");
    shift = s.under("calibration").number("shift");
    info =
        new ModelInfo(
            directory.name(),
            directory.version(),
            directory.family(),
            directory.fingerprint() + (references == null ? "" : "+" + references.fingerprint()),
            0,
            SessionRunner.HEADER_BYTES
                + ReadSession.BYTES
                + RecurrentState.bytes(network.stateSizes(), kernels.precision()));
  }

  private static void checkConstant(Settings s, String name, int expected) {
    if (s.size(name) != expected) {
      throw s.expected("" + expected, name);
    }
  }

  /** Describes the cost of a step of the network, without references. */
  static Description describe(ModelDirectory directory, Kernels kernels, int length) {
    ReadUntil model = new ReadUntil(directory, null, SequentialTest.DEFAULTS, kernels);
    return Description.recurrent(
        model.network.config().layers(),
        "1 base",
        "one verdict per read",
        model.info.stateBytes(),
        "step of " + Evidence.STEP + " bases",
        length,
        model.network.multiplyAdds(),
        "none");
  }

  @Override
  public ModelInfo info() {
    return info;
  }

  @Override
  public void check(Format format) {
    if (!hasBases(format)) {
      throw new InputException(
          String.format(
              "Model %s expects %d values per step (base, quality), found %d. Send base and quality"
                  + " of each step, and the channel as an attribute of the format.",
              info.label(), FORMAT.width(), format.width()));
    }
    channel(format);
  }

  private static boolean hasBases(Format format) {
    return format.width() == FORMAT.width() || format.width() == WIDTH_WITH_CHANNEL;
  }

  /** The channel of a read can be known later than its first bases, and it can change. */
  @Override
  public boolean continues(Format session, Format next) {
    return session.rate() == next.rate() && hasBases(session) && hasBases(next);
  }

  /** Format of a read from this channel, 1 or more. */
  public static Format format(int channel) {
    return new Format(FORMAT.rate(), FORMAT.width(), Map.of(CHANNEL, Integer.toString(channel)));
  }

  /** The channel that a format names, or {@link #NO_CHANNEL}. */
  static int channel(Format format) {
    String number = format.attributes().get(CHANNEL);
    if (number == null) {
      return NO_CHANNEL;
    }
    if (!number.matches("[1-9][0-9]{0,8}")) {
      throw new InputException(
          String.format(
              "The attribute '%s' must be the number of a channel, 1 or more, but is '%s'.",
              CHANNEL, number));
    }
    return Integer.parseInt(number);
  }

  /** A read that is decided costs nothing. */
  @Override
  public int slots(BatchItem<ReadVerdict> row, boolean finish) {
    return ReadSession.decided(row.state) ? 0 : 1;
  }

  @Override
  public StreamRunner<ReadVerdict> newRunner() {
    return new ReadUntilRunner(this, (item, evidence, at, logOdds) -> {});
  }

  /** A runner that passes the log odds after every step to an observer. */
  ReadUntilRunner observedBy(StepObserver observer) {
    return new ReadUntilRunner(this, observer);
  }

  /** Calibrated log odds of an output {@code [ln P(rest), ln P(target)]} of the network. */
  double logOdds(float[] outputs, int offset) {
    // L = scale (ln P(target) - ln P(rest)) + shift
    return scale * ((double) outputs[offset + 1] - outputs[offset]) + shift;
  }

  Lru network() {
    return network;
  }

  References references() {
    return references;
  }

  SequentialTest test() {
    return test;
  }

  /** Receives the log odds of each step. */
  @FunctionalInterface
  interface StepObserver {
    /**
     * @param item index in the batch
     * @param evidence of the step, from index {@code at} on
     * @param logOdds calibrated, after the step
     */
    void step(int item, float[] evidence, int at, double logOdds);
  }
}
