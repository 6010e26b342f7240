package dev.riffle.dna.annotator;

import static dev.riffle.dna.annotator.AnnotatorConfig.AHEAD;
import static dev.riffle.dna.annotator.AnnotatorConfig.LANES;
import static dev.riffle.dna.annotator.AnnotatorConfig.TOKEN;

import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.Nucleotides;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Block;
import dev.riffle.models.Description;
import dev.riffle.models.Format;
import dev.riffle.models.InputException;
import dev.riffle.models.ModelInfo;
import dev.riffle.models.PredictAt;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.Scratch;
import dev.riffle.models.StateException;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Weights;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * DNA in, genes out: finds the protein-coding genes of both strands while a contig arrives. A
 * sequence is a contig, a step one base, as {@link Nucleotides} says, which also tells its genetic
 * code. The end of the sequence is the end of the contig. Genes do not depend on how it was cut.
 *
 * <p>A forward gene is emitted 305 to 334 bases after its stop codon; {@link
 * dev.riffle.models.Prediction#position} says after how many bases of the contig.
 *
 * <p>State bytes, little-endian: version, bytes of a number, {@link Contig}, {@link
 * RecurrentState}, {@link Caller}: some 4.5 kB at 32-bit numbers, and no more than {@link
 * ModelInfo#stateBytes}.
 */
public final class Annotator implements StreamModel<Gene> {
  /** Format of a contig of genetic code 11: one base per step, without a rate. */
  public static final Format FORMAT = new Format(0, 1);

  private static final byte VERSION = 1;
  private static final int HEADER = 2;

  /** Tokens that go through the network together, at most. */
  private static final int MAX_TOKENS = 128;

  private final ModelInfo info;
  private final Kernels kernels;
  private final AnnotatorConfig config;
  private final Encoder encoder;
  private final Network network;
  private final StartHead startHead;

  /**
   * Loads a model directory of the family {@code dna-annotator}.
   *
   * @throws dev.riffle.models.ModelException if weights or settings are missing or do not fit
   */
  public Annotator(ModelDirectory directory, Kernels kernels) {
    this.kernels = kernels;
    config = AnnotatorConfig.of(directory.config());
    Weights weights = directory.weights();
    encoder = new Encoder(kernels, config, weights.under("encoder/"));
    network = new Network(kernels, config, weights);
    startHead = new StartHead(weights.under("start/"));
    info =
        new ModelInfo(
            directory.name(),
            directory.version(),
            directory.family(),
            directory.fingerprint(),
            0,
            HEADER
                + Contig.mostBytes(config)
                + RecurrentState.bytes(network.stateSizes(), kernels.precision())
                + Caller.mostBytes(config));
  }

  /** Describes the cost of a token and the look-ahead. */
  Description describe(int length) {
    int far = TOKEN * (config.delay() + 1) + AHEAD;
    return Description.recurrent(
        2 * config.layers(),
        "a base per step",
        "genes of both strands, while they grow and when they are certain",
        info.stateBytes(),
        "token of " + TOKEN + " bases",
        length,
        network.multiplyAdds(),
        far - TOKEN + " to " + (far - 1) + " bases behind a closed gene");
  }

  /** Format of a contig of this genetic code. */
  public static Format format(GeneticCode code) {
    return new Format(
        FORMAT.rate(),
        FORMAT.width(),
        Map.of(GeneticCode.ATTRIBUTE, Integer.toString(code.number())));
  }

  AnnotatorConfig config() {
    return config;
  }

  Encoder encoder() {
    return encoder;
  }

  Network network() {
    return network;
  }

  StartHead startHead() {
    return startHead;
  }

  @Override
  public ModelInfo info() {
    return info;
  }

  @Override
  public void check(Format format) {
    if (format.width() != 1 || format.rate() != 0) {
      throw new InputException(
          String.format(
              "%s reads one base per step, with no time between them, but steps of %d values at rate"
                  + " %d came; send steps of width 1 at rate 0.",
              info.label(), format.width(), format.rate()));
    }
    GeneticCode.of(format);
  }

  /** The bases of each batch item are checked against the genetic code of the contig. */
  @Override
  public boolean continues(Format session, Format next) {
    return session.rate() == next.rate() && session.width() == next.width();
  }

  @Override
  public StreamRunner<Gene> newRunner() {
    return new Runner();
  }

  /** What of a contig is kept between calls, apart from the network's state. */
  private final class Session {
    final Contig contig = new Contig(config);
    final Caller caller = new Caller(config, startHead);
    long computed; // tokens that have gone through the network

    void open() {
      contig.open();
      caller.open();
    }

    /** Bases that have to be read before a token can be called. */
    long known(long t) {
      long needed = (t + config.delay() + 1) * TOKEN + AHEAD;
      return contig.whole() ? Math.min(needed, contig.read()) : needed;
    }

    long length() {
      return contig.whole() ? contig.read() : Long.MAX_VALUE;
    }
  }

  /**
   * Tokens of all rows go through the network together, at most {@link #MAX_TOKENS} at once: as
   * many as are ready of the first row, then of the second, and so on.
   */
  private final class Runner implements StreamRunner<Gene> {
    private final Scratch work = new Scratch(kernels);
    private final List<Session> sessions = new ArrayList<>();
    private final int[] entries = new int[MAX_TOKENS * Encoder.ENTRIES];
    private final float[] logits = new float[MAX_TOKENS * LANES];
    private RecurrentState states = new RecurrentState(network, 1);
    private int[] starts = new int[2];

    @Override
    public byte[] open(Format format) {
      check(format);
      reserve(1);
      sessions.get(0).open();
      states.clear(0);
      return bytes(0);
    }

    @Override
    public void advance(List<BatchItem<Gene>> rows) {
      consume(rows, false);
      for (int b = 0; b < rows.size(); b++) {
        rows.get(b).state = bytes(b);
      }
    }

    @Override
    public void finish(List<BatchItem<Gene>> rows) {
      consume(rows, true);
      for (int b = 0; b < rows.size(); b++) {
        Session session = sessions.get(b);
        session.caller.finish(session.contig, session.contig.read(), rows.get(b).predictions);
      }
      for (BatchItem<Gene> row : rows) {
        row.state = open(row.format);
      }
    }

    @Override
    public void warmUp(int slots) {
      float[] bases = new float[MAX_TOKENS * TOKEN];
      finish(List.of(new BatchItem<>(FORMAT, open(FORMAT), bases, 0, bases.length)));
    }

    private void consume(List<BatchItem<Gene>> rows, boolean last) {
      reserve(rows.size());
      for (int b = 0; b < rows.size(); b++) {
        BatchItem<Gene> row = rows.get(b);
        load(row, b);
        sessions.get(b).contig.begin(row, last);
      }
      int first = 0; // the first row that may have more tokens
      while (first < rows.size()) {
        first = collect(rows.size(), first);
        compute(rows);
      }
    }

    /** Packs the next tokens of rows from {@code first} on; returns where to continue. */
    private int collect(int rows, int first) {
      int tokens = 0;
      int next = first;
      for (int b = 0; b < rows; b++) {
        Session session = sessions.get(b);
        Contig contig = session.contig;
        while (b == next && tokens < MAX_TOKENS) {
          if (contig.ready(session.computed, session.caller.tokens())) {
            int from = contig.index(session.computed * TOKEN);
            Encoder.entries(
                contig.code(), contig.letters(), from, entries, tokens * Encoder.ENTRIES);
            session.computed++;
            tokens++;
          } else {
            next++;
          }
        }
        starts[b + 1] = tokens;
      }
      return next;
    }

    private void compute(List<BatchItem<Gene>> rows) {
      int tokens = starts[rows.size()];
      if (tokens == 0) {
        return;
      }
      Tensor x = work.tensor("tokens", MAX_TOKENS * network.inputs());
      Tensor y = work.tensor("logits", MAX_TOKENS * LANES);
      encoder.apply(Arrays.copyOf(entries, tokens * Encoder.ENTRIES), x, tokens, work);
      Block block = new Block(x, new PackedSequences(starts, rows.size()));
      network.advance(block, states, PredictAt.EVERY_STEP, y, work);
      kernels.read(y, 0, logits, 0, tokens * LANES);
      for (int b = 0; b < rows.size(); b++) {
        Session session = sessions.get(b);
        for (int r = starts[b]; r < starts[b + 1]; r++) {
          // what the network says at a step is of the token `delay` before it
          long t = session.computed - (starts[b + 1] - r) - config.delay();
          if (t >= 0) {
            session.caller.token(
                session.contig,
                session.length(),
                logits,
                r * LANES,
                session.known(t),
                rows.get(b).predictions);
          }
        }
      }
    }

    private void reserve(int rows) {
      while (sessions.size() < rows) {
        sessions.add(new Session());
      }
      if (states.sequences() < rows) {
        states = new RecurrentState(network, Math.max(rows, 2 * states.sequences()));
        starts = new int[states.sequences() + 1];
      }
    }

    private void load(BatchItem<Gene> row, int b) {
      check(row.format);
      byte[] state = row.state;
      int numberBytes = kernels.precision().bytes();
      if (state.length < HEADER || state[0] != VERSION) {
        throw new StateException(
            String.format(
                "%s reads states of version %d, but %s came; take the release that wrote it, or"
                    + " start the contig again.",
                info.label(),
                VERSION,
                state.length < HEADER
                    ? state.length + " bytes"
                    : "version " + Byte.toUnsignedInt(state[0])));
      }
      if (state[1] != numberBytes) {
        throw new StateException(
            String.format(
                "The state holds numbers of %d bytes, backend '%s' computes with %d; continue on the"
                    + " backend that wrote it, or start the contig again.",
                state[1], kernels.name(), numberBytes));
      }
      ByteBuffer from = ByteBuffer.wrap(state).order(ByteOrder.LITTLE_ENDIAN).position(HEADER);
      Session session = sessions.get(b);
      try {
        if (!session.contig.load(from)) {
          throw foreign(state);
        }
        states.load(from, b);
        session.computed = states.counts()[b];
        session.caller.load(from);
      } catch (BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException e) {
        throw foreign(state);
      }
      if (from.hasRemaining()) {
        throw foreign(state);
      }
    }

    private StateException foreign(byte[] state) {
      return new StateException(
          String.format(
              "%d bytes came that are no state of %s: another model wrote them; continue with that"
                  + " one, or start the contig again.",
              state.length, info.label()));
    }

    private byte[] bytes(int b) {
      Session session = sessions.get(b);
      long called = session.caller.tokens();
      byte[] state =
          new byte
              [HEADER
                  + session.contig.bytes(called)
                  + RecurrentState.bytes(network.stateSizes(), kernels.precision())
                  + session.caller.bytes()];
      ByteBuffer to = ByteBuffer.wrap(state).order(ByteOrder.LITTLE_ENDIAN);
      to.put(VERSION).put((byte) kernels.precision().bytes());
      session.contig.store(to, called);
      states.store(b, to);
      session.caller.store(to);
      return state;
    }
  }
}
