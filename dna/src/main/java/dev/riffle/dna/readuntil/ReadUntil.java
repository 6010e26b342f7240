package dev.riffle.dna.readuntil;

import dev.riffle.dna.Nucleotides;
import dev.riffle.dna.readuntil.ReadVerdict.Origin;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Block;
import dev.riffle.models.Description;
import dev.riffle.models.Format;
import dev.riffle.models.InputException;
import dev.riffle.models.ModelException;
import dev.riffle.models.ModelInfo;
import dev.riffle.models.PredictAt;
import dev.riffle.models.Prediction;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.StateException;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.lru.Lru;
import dev.riffle.models.lru.LruConfig;
import dev.riffle.models.weights.ModelDirectory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Bases in, one verdict for each read out, as early as the evidence allows. A step of the stream is
 * one base of two values: the base ({@link Nucleotides#value}) and its quality as FASTQ writes it
 * (Phred + 33), 0 without one. The channel of the flow cell is the attribute {@value #CHANNEL} of
 * the format. 15 bases make a step of the network; the test checks the log odds after each, so that
 * verdicts do not depend on how the bases were cut into chunks.
 *
 * <p>State bytes, little-endian, the same for a read's first base and its last:
 *
 * <pre>
 *   u8    version, 1
 *   u8    bytes of a number: 4 or 8
 *   u8    1 once the verdict was emitted: then all that follows is 0
 *   i64   bases consumed
 *   f64   log odds after the last step
 *   i32   channel
 *   i64   bases with a quality
 *   f64   sum of their probabilities of an error
 *   30 u8 codes of the last step's bases, then of those that wait
 *   ...   {@link RecurrentState}
 * </pre>
 */
public final class ReadUntil implements StreamModel<ReadVerdict> {
  /** Format of a read whose channel is unknown: base and quality per step, without a rate. */
  public static final Format FORMAT = new Format(0, 2);

  /** Attribute of a format: number of the channel, from 1. */
  public static final String CHANNEL = "channel";

  /** Values per step in savepoints of release 0.1: base, quality, channel or 0. */
  private static final int WIDTH_WITH_CHANNEL = 3;

  private static final int NO_CHANNEL = 0;

  private static final byte VERSION = 1;
  private static final int TOLD_AT = 2;
  private static final int HEADER = 3 + 8 + 8 + 4 + 8 + 8 + Evidence.BEFORE + Evidence.STEP;

  /** Network steps that are computed at once, shared by the rows; one at least for each. */
  private static final int MAX_STEPS = 1024;

  private static final int OUTPUTS = 2; // ln P(background), ln P(target)

  private final ModelInfo info;
  private final Kernels kernels;
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
    this.kernels = kernels;
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
            HEADER + RecurrentState.bytes(network.stateSizes(), kernels.precision()));
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
  private static int channel(Format format) {
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
    return row.state.length > TOLD_AT && row.state[TOLD_AT] == 1 ? 0 : 1;
  }

  @Override
  public StreamRunner<ReadVerdict> newRunner() {
    return new Runner(null);
  }

  /** A runner that shows the log odds after every step, decided or not. */
  Runner observedBy(StepObserver observer) {
    return new Runner(observer);
  }

  /** Sees what the network says. */
  @FunctionalInterface
  interface StepObserver {
    /**
     * @param row index in the batch
     * @param evidence of the step, from index {@code at} on
     * @param logOdds calibrated, after the step
     */
    void step(int row, float[] evidence, int at, double logOdds);
  }

  /** A read on its way. */
  private static final class Read {
    boolean told;
    long bases;
    double logOdds;
    int channel;
    long withQuality;
    double errors;
    final byte[] codes = new byte[Evidence.BEFORE + Evidence.STEP];
    int taken; // bases of the batch item that were read
    int itemChannel; // that its format names

    void open() {
      told = false;
      bases = 0;
      logOdds = 0;
      channel = 0;
      withQuality = 0;
      errors = 0;
      Arrays.fill(codes, Nucleotides.UNKNOWN);
    }

    /** All zero except the mark that it was emitted. */
    void close() {
      open();
      told = true;
      Arrays.fill(codes, (byte) 0);
    }

    void begin(BatchItem<ReadVerdict> item) {
      taken = 0;
      itemChannel = ReadUntil.channel(item.format);
    }

    int waiting() {
      return (int) (bases % Evidence.STEP);
    }

    /** Takes the row's bases up to the next whole step; true if it is there. */
    boolean nextStep(BatchItem<ReadVerdict> row) {
      int width = row.format.width();
      while (taken < row.steps) {
        int at = row.offset + width * taken++;
        codes[Evidence.BEFORE + waiting()] = Nucleotides.code(row.values[at], bases);
        int quality = (int) row.values[at + 1];
        if (quality > 0) {
          // Q = -10 log10 P(error), as text Q + 33
          errors += Math.pow(10, (33 - quality) / 10.0);
          withQuality++;
        }
        int named = width == WIDTH_WITH_CHANNEL ? (int) row.values[at + 2] : itemChannel;
        if (named > NO_CHANNEL) {
          channel = named;
        }
        bases++;
        if (waiting() == 0) {
          return true;
        }
      }
      return false;
    }

    /** Makes the step's bases those before the next. */
    void shift() {
      System.arraycopy(codes, Evidence.STEP, codes, 0, Evidence.BEFORE);
      Arrays.fill(codes, Evidence.BEFORE, codes.length, Nucleotides.UNKNOWN);
    }

    void load(ByteBuffer from) {
      told = from.get() != 0;
      bases = from.getLong();
      logOdds = from.getDouble();
      channel = from.getInt();
      withQuality = from.getLong();
      errors = from.getDouble();
      from.get(codes);
    }

    void store(ByteBuffer to) {
      to.put((byte) (told ? 1 : 0));
      to.putLong(bases).putDouble(logOdds).putInt(channel).putLong(withQuality).putDouble(errors);
      to.put(codes);
    }
  }

  /** What the bases up to a step were called with. */
  private record Called(long bases, int channel, double meanQscore) {
    static Called upTo(Read read) {
      return new Called(
          read.bases,
          read.channel,
          read.withQuality == 0 ? Double.NaN : -10 * Math.log10(read.errors / read.withQuality));
    }

    ReadVerdict verdict(Origin origin, double logOdds) {
      return new ReadVerdict(origin, logOdds, bases - bases % Evidence.STEP, channel, meanQscore);
    }
  }

  /** Computes rows; for one thread. */
  final class Runner implements StreamRunner<ReadVerdict> {
    private final StepObserver observer;
    private final Scratch work = new Scratch(kernels);
    private final List<Read> reads = new ArrayList<>();
    private final List<Called> called = new ArrayList<>(); // of the steps of this block
    private RecurrentState states = new RecurrentState(network, 1);
    private int[] starts = new int[2];
    private float[] evidence = new float[0];
    private float[] answers = new float[0];

    Runner(StepObserver observer) {
      this.observer = observer;
    }

    @Override
    public byte[] open(Format format) {
      check(format);
      reserve(1);
      reads.get(0).open();
      states.clear(0);
      return bytes(0);
    }

    @Override
    public void advance(List<BatchItem<ReadVerdict>> rows) {
      consume(rows);
      for (int b = 0; b < rows.size(); b++) {
        rows.get(b).state = bytes(b);
      }
    }

    @Override
    public void finish(List<BatchItem<ReadVerdict>> rows) {
      consume(rows);
      for (int b = 0; b < rows.size(); b++) {
        Read read = reads.get(b);
        if (!read.told) {
          ReadVerdict verdict = Called.upTo(read).verdict(Origin.ENDED, read.logOdds);
          rows.get(b).predictions.add(new Prediction<>(read.bases, verdict));
        }
      }
      byte[] fresh = open(FORMAT);
      for (BatchItem<ReadVerdict> row : rows) {
        row.state = fresh.clone();
      }
    }

    @Override
    public void warmUp(int slots) {
      float[] bases = new float[2 * Evidence.STEP * FORMAT.width()];
      advance(List.of(new BatchItem<>(FORMAT, open(FORMAT), bases, 0, 2 * Evidence.STEP)));
    }

    private void consume(List<BatchItem<ReadVerdict>> rows) {
      reserve(rows.size());
      for (int b = 0; b < rows.size(); b++) {
        load(rows.get(b), b);
      }
      int most = Math.max(1, MAX_STEPS / Math.max(1, rows.size()));
      while (collect(rows, most) > 0) {
        compute(rows);
      }
    }

    /** Packs the next steps of all reads that are not decided; answers how many. */
    private int collect(List<BatchItem<ReadVerdict>> rows, int most) {
      called.clear();
      int steps = 0;
      for (int b = 0; b < rows.size(); b++) {
        Read read = reads.get(b);
        int end = steps + most;
        while (!read.told && steps < end && read.nextStep(rows.get(b))) {
          if (evidence.length < (steps + 1) * Evidence.WIDTH) {
            evidence = Arrays.copyOf(evidence, 2 * (steps + 1) * Evidence.WIDTH);
          }
          Evidence.of(references, read.codes, evidence, steps * Evidence.WIDTH);
          read.shift();
          called.add(Called.upTo(read));
          steps++;
        }
        starts[b + 1] = steps;
      }
      return steps;
    }

    private void compute(List<BatchItem<ReadVerdict>> rows) {
      int steps = starts[rows.size()];
      Tensor x = work.tensor("read.x", steps * Evidence.WIDTH);
      Tensor y = work.tensor("read.y", steps * OUTPUTS);
      kernels.write(evidence, 0, x, 0, steps * Evidence.WIDTH);
      network.advance(
          new Block(x, new PackedSequences(starts, rows.size())),
          states,
          PredictAt.EVERY_STEP,
          y,
          work);
      if (answers.length < steps * OUTPUTS) {
        answers = new float[steps * OUTPUTS];
      }
      kernels.read(y, 0, answers, 0, steps * OUTPUTS);
      for (int b = 0; b < rows.size(); b++) {
        for (int step = starts[b]; step < starts[b + 1]; step++) {
          // L = scale (ln P(target) - ln P(background)) + shift
          double difference = (double) answers[OUTPUTS * step + 1] - answers[OUTPUTS * step];
          double logOdds = scale * difference + shift;
          if (observer != null) {
            observer.step(b, evidence, step * Evidence.WIDTH, logOdds);
          }
          judge(rows.get(b), b, called.get(step), logOdds);
        }
      }
    }

    private void judge(BatchItem<ReadVerdict> row, int b, Called now, double logOdds) {
      Read read = reads.get(b);
      if (read.told) {
        return;
      }
      read.logOdds = logOdds;
      Origin origin =
          logOdds >= test.accept()
              ? Origin.TARGET
              : logOdds <= test.reject()
                  ? Origin.BACKGROUND
                  : now.bases >= test.maxBases() ? Origin.LIMIT : null;
      if (origin != null) {
        row.predictions.add(new Prediction<>(now.bases, now.verdict(origin, logOdds)));
        read.close();
        states.clear(b);
      }
    }

    private void reserve(int rows) {
      while (reads.size() < rows) {
        reads.add(new Read());
      }
      if (states.sequences() < rows) {
        states = new RecurrentState(network, Math.max(rows, 2 * states.sequences()));
        starts = new int[states.sequences() + 1];
      }
    }

    private void load(BatchItem<ReadVerdict> row, int b) {
      check(row.format);
      ByteBuffer from = ByteBuffer.wrap(row.state).order(ByteOrder.LITTLE_ENDIAN);
      if (row.state.length != info.stateBytes() || from.get() != VERSION) {
        throw new StateException(
            String.format(
                "The state has %d bytes and version %d, %s needs %d and %d: another model wrote it;"
                    + " continue with that one, or start the read again.",
                row.state.length,
                row.state.length == 0 ? 0 : row.state[0],
                info.label(),
                info.stateBytes(),
                VERSION));
      }
      int bytes = from.get();
      if (bytes != kernels.precision().bytes()) {
        throw new StateException(
            String.format(
                "The state holds numbers of %d bytes, backend '%s' of model %s computes with %d;"
                    + " continue on the backend that wrote it, or start the read again.",
                bytes, kernels.name(), info.label(), kernels.precision().bytes()));
      }
      Read read = reads.get(b);
      read.load(from);
      read.begin(row);
      row.checkFinite(read.bases);
      states.load(from, b);
    }

    private byte[] bytes(int b) {
      byte[] state = new byte[info.stateBytes()];
      ByteBuffer to = ByteBuffer.wrap(state).order(ByteOrder.LITTLE_ENDIAN);
      to.put(VERSION).put((byte) kernels.precision().bytes());
      reads.get(b).store(to);
      states.store(b, to);
      return state;
    }
  }
}
