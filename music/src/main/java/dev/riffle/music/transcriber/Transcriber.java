package dev.riffle.music.transcriber;

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
import dev.riffle.models.Prediction;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.Scratch;
import dev.riffle.models.StateException;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.music.signal.Resampler;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Sound in, notes out: the causal music transcriber. A step is one sample of every channel, -1 to
 * 1; channels are averaged and any rate from 8 to 192 kHz is resampled in the stream. The notes do
 * not depend on how the samples were cut.
 *
 * <p>A note is emitted 96 ms after the time of its start frame; the resampler waits for {@link
 * Resampler#lookAhead} more steps: 3.4 ms above 16 kHz, 6.8 ms at 8 kHz, nothing at 16 kHz. {@link
 * #lookAheadMicros} counts both.
 *
 * <p>State bytes, little-endian: {@link Session}, then {@link RecurrentState}, then {@link
 * Decoder.State}; 35,688 at 16 kHz and 32-bit numbers. With a second pass its state follows.
 */
public final class Transcriber implements StreamModel<Note> {
  /** Lowest sample rate of its input. */
  public static final int MIN_RATE = 8000;

  /** Highest sample rate of its input. */
  public static final int MAX_RATE = 192_000;

  /** Most channels of its input. */
  public static final int MAX_CHANNELS = 8;

  /** Frames that are computed at once, at most: bounds the work memory of a long catch-up. */
  private static final int MAX_FRAMES = 64;

  /** Rates whose resampling tables are kept, 1 MB each at most. */
  private static final int MAX_RESAMPLERS = 32;

  private final ModelInfo info;
  private final Kernels kernels;
  private final TranscriberConfig config;
  private final FrontEnd frontEnd;
  private final Network network;
  private final Decoder decoder;
  private final SecondPass second; // null for none
  private final Map<Integer, Resampler> resamplers = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * Loads a model directory of the family {@code lru-transcriber}.
   *
   * @throws dev.riffle.models.ModelException if weights or settings are missing or do not fit
   */
  public Transcriber(ModelDirectory directory, Kernels kernels) {
    this(directory, null, kernels);
  }

  /**
   * Loads a transcriber whose notes wait for the verdict of a second pass.
   *
   * @param secondPass of the family {@code rse-second-pass}; null for none
   * @throws dev.riffle.models.ModelException if weights or settings are missing or do not fit
   */
  public Transcriber(ModelDirectory directory, ModelDirectory secondPass, Kernels kernels) {
    this.kernels = kernels;
    config = TranscriberConfig.of(directory.config());
    frontEnd = new FrontEnd(config, directory.weights());
    network = new Network(kernels, config, directory.weights());
    decoder =
        new Decoder(
            config.decoder(), config.pitches(), config.firstPitch(), config.secondsPerFrame());
    second = secondPass == null ? null : new SecondPass(secondPass, kernels);
    Resampler untouched = new Resampler(config.audio().rate(), config.audio().rate());
    ModelInfo alone =
        new ModelInfo(
            directory.name(),
            directory.version(),
            directory.family(),
            directory.fingerprint(),
            lookAheadMicros(untouched, config.audio().rate()),
            stateBytes(untouched));
    if (second != null) {
      second.checkFollows(alone.label(), config);
    }
    info = second == null ? alone : alone.followedBy(secondPass.label(), secondPass.fingerprint());
  }

  @Override
  public ModelInfo info() {
    return info;
  }

  /** Describes the cost of a frame, without its spectra, and the look-ahead. */
  Description describe(int length) {
    return Description.recurrent(
        network.stateSizes().length,
        "sound, as its format says",
        "notes, each with its onset, pitch, velocity and offset",
        info.stateBytes(),
        "frame of " + Math.round(1000 * config.secondsPerFrame()) + " ms",
        length,
        network.multiplyAdds(),
        info.lookAheadMicros() / 1000 + " ms");
  }

  TranscriberConfig config() {
    return config;
  }

  FrontEnd frontEnd() {
    return frontEnd;
  }

  Network network() {
    return network;
  }

  @Override
  public void check(Format format) {
    if (format.rate() < MIN_RATE || format.rate() > MAX_RATE) {
      throw new InputException(
          String.format(
              "%s hears %d to %d samples per second, but %d came; resample the sound or correct its"
                  + " sample rate.",
              info.label(), MIN_RATE, MAX_RATE, format.rate()));
    }
    if (format.width() < 1 || format.width() > MAX_CHANNELS) {
      throw new InputException(
          String.format(
              "%s averages 1 to %d channels, but %d came; mix the sound down or correct its number"
                  + " of channels.",
              info.label(), MAX_CHANNELS, format.width()));
    }
  }

  /**
   * How long after its start a note of this format is emitted, in audio time, without computing.
   */
  public long lookAheadMicros(Format format) {
    check(format);
    return lookAheadMicros(resampler(format), format.rate());
  }

  /** The resampler of a rate; shared, and kept while few rates are in use. */
  private Resampler resampler(Format format) {
    synchronized (resamplers) {
      Resampler resampler =
          resamplers.computeIfAbsent(
              format.rate(), rate -> new Resampler(rate, config.audio().rate()));
      if (resamplers.size() > MAX_RESAMPLERS) {
        resamplers.remove(resamplers.keySet().iterator().next()); // the longest unused
      }
      return resampler;
    }
  }

  /** One frame more, for the peak to be seen, and the look-ahead of frame and resampler. */
  private long lookAheadMicros(Resampler resampler, int rate) {
    TranscriberConfig.Audio audio = config.audio();
    double seconds =
        (double) (audio.hop() + audio.lookAhead()) / audio.rate()
            + (double) resampler.lookAhead() / rate;
    return Math.round(1e6 * seconds);
  }

  private int stateBytes(Resampler resampler) {
    return Session.bytes(config, resampler)
        + RecurrentState.bytes(network.stateSizes(), kernels.precision())
        + config.pitches() * Decoder.State.BYTES_PER_PITCH
        + (second == null ? 0 : second.stateBytes());
  }

  @Override
  public StreamRunner<Note> newRunner() {
    return new Runner();
  }

  /**
   * Frames of all rows go through the network together, at most {@link #MAX_FRAMES} at once: as
   * many as are ready of the first row, then of the second, and so on.
   */
  private final class Runner implements StreamRunner<Note> {
    private final Scratch work = new Scratch(kernels);
    private final FrontEnd.Work frontEndWork = new FrontEnd.Work(config);
    private final List<Session> sessions = new ArrayList<>();
    private final List<SecondPass.State> waiting = new ArrayList<>(); // for a verdict
    private final SecondPass.Work secondWork = second == null ? null : second.newWork();
    private final float[] features = new float[MAX_FRAMES * network.inputs()];
    private final float[] probabilities = new float[MAX_FRAMES * network.outputs()];
    private RecurrentState states = new RecurrentState(network, 1);
    private int[] starts = new int[2];

    @Override
    public byte[] open(Format format) {
      check(format);
      reserve(1);
      sessions.get(0).open(format, resampler(format));
      states.clear(0);
      if (second != null) {
        waiting.get(0).reset();
      }
      return bytes(0, format);
    }

    @Override
    public void advance(List<BatchItem<Note>> rows) {
      consume(rows, false);
      for (int b = 0; b < rows.size(); b++) {
        rows.get(b).state = bytes(b, rows.get(b).format);
      }
    }

    @Override
    public void warmUp(int slots) {
      int second = config.audio().rate();
      Format format = new Format(second, 1);
      finish(List.of(new BatchItem<>(format, open(format), new float[second], 0, second)));
    }

    @Override
    public void finish(List<BatchItem<Note>> rows) {
      consume(rows, true);
      for (int i = 0; i < rows.size(); i++) {
        int b = i;
        Session session = sessions.get(b);
        List<Prediction<Note>> outputs = rows.get(b).predictions;
        decoder.flush(
            session.notes,
            session.frames(),
            note -> {
              outputs.add(new Prediction<>(session.total(), note));
              told(b, 0, note);
            });
        if (second != null) {
          second.finish(
              waiting.get(b),
              session.frames(),
              secondWork,
              note -> outputs.add(new Prediction<>(session.total(), note)));
        }
      }
      for (BatchItem<Note> row : rows) {
        row.state = open(row.format);
      }
    }

    private void consume(List<BatchItem<Note>> rows, boolean last) {
      reserve(rows.size());
      for (int b = 0; b < rows.size(); b++) {
        load(rows.get(b), b);
        sessions.get(b).begin(rows.get(b), last);
      }
      int first = 0; // the first row that may have more frames
      while (first < rows.size()) {
        first = collect(rows.size(), first);
        compute(rows);
      }
    }

    /** Packs the next frames of rows from {@code first} on; returns where to continue. */
    private int collect(int rows, int first) {
      int frames = 0;
      int next = first;
      for (int b = 0; b < rows; b++) {
        while (b == next && frames < MAX_FRAMES) {
          if (sessions.get(b).nextFrame(features, frames * network.inputs(), frontEndWork)) {
            frames++;
          } else {
            next++;
          }
        }
        starts[b + 1] = frames;
      }
      return next;
    }

    private void compute(List<BatchItem<Note>> rows) {
      int frames = starts[rows.size()];
      if (frames == 0) {
        return;
      }
      Tensor x = work.tensor("features", MAX_FRAMES * network.inputs());
      Tensor y = work.tensor("probabilities", MAX_FRAMES * network.outputs());
      kernels.write(features, 0, x, 0, frames * network.inputs());
      Block block = new Block(x, new PackedSequences(starts, rows.size()));
      network.advance(block, states, PredictAt.EVERY_STEP, y, work);
      kernels.read(y, 0, probabilities, 0, frames * network.outputs());
      if (second != null) {
        hand(rows.size());
      }
      for (int i = 0; i < rows.size(); i++) {
        int b = i;
        Session session = sessions.get(b);
        List<Prediction<Note>> outputs = rows.get(b).predictions;
        for (int r = starts[b]; r < starts[b + 1]; r++) {
          int fresh = r - starts[b];
          long t = states.counts()[b] - (starts[b + 1] - r);
          long position = session.position(t);
          decoder.frame(
              session.notes,
              t,
              probabilities,
              r * network.outputs(),
              note -> {
                outputs.add(new Prediction<>(position, note));
                told(b, fresh, note);
              });
          if (second != null) {
            second.decide(
                waiting.get(b),
                fresh,
                t,
                secondWork,
                note -> outputs.add(new Prediction<>(position, note)));
          }
        }
        if (second != null) {
          waiting.get(b).forget();
        }
      }
    }

    /** Hands the new frames of all rows to the second pass. */
    private void hand(int rows) {
      for (int b = 0; b < rows; b++) {
        for (int r = starts[b]; r < starts[b + 1]; r++) {
          waiting.get(b).add(features, r * network.inputs(), probabilities, r * network.outputs());
        }
      }
      second.judge(waiting.subList(0, rows), secondWork);
    }

    /** Lets the second pass know of a note that the first has told. */
    private void told(int b, int fresh, Note note) {
      if (second != null && note.kind() == Note.Kind.ON) {
        waiting.get(b).told(fresh, decoder.pitch(note));
      }
    }

    private void reserve(int rows) {
      while (sessions.size() < rows) {
        sessions.add(new Session(config, frontEnd));
        if (second != null) {
          waiting.add(second.newState());
        }
      }
      if (states.sequences() < rows) {
        states = new RecurrentState(network, Math.max(rows, 2 * states.sequences()));
        starts = new int[states.sequences() + 1];
      }
    }

    private void load(BatchItem<Note> row, int b) {
      check(row.format);
      Resampler resampler = resampler(row.format);
      ByteBuffer from = ByteBuffer.wrap(row.state).order(ByteOrder.LITTLE_ENDIAN);
      Session.checkHeader(from, kernels, row.format);
      int expected = stateBytes(resampler);
      if (row.state.length != expected) {
        throw new StateException(
            String.format(
                "The state has %d bytes, %s needs %d for this format: another model wrote it;"
                    + " continue with that one, or start the sequence again.",
                row.state.length, info.label(), expected));
      }
      sessions.get(b).load(from, row.format, resampler);
      row.checkFinite(sessions.get(b).consumed());
      states.load(from, b);
      sessions.get(b).notes.load(from);
      if (second != null) {
        waiting.get(b).load(from);
      }
    }

    private byte[] bytes(int b, Format format) {
      byte[] state = new byte[stateBytes(resampler(format))];
      ByteBuffer to = ByteBuffer.wrap(state).order(ByteOrder.LITTLE_ENDIAN);
      sessions.get(b).store(to, kernels.precision().bytes());
      states.store(b, to);
      sessions.get(b).notes.store(to);
      if (second != null) {
        waiting.get(b).store(to);
      }
      return state;
    }
  }
}
