package dev.riffle.music.transcriber;

import dev.riffle.kernels.Kernels;
import dev.riffle.models.Description;
import dev.riffle.models.Format;
import dev.riffle.models.InputException;
import dev.riffle.models.ModelInfo;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.SessionRunner;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.music.signal.Resampler;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The causal music transcriber: reads sound, predicts notes. A step is one sample of every channel,
 * from -1 to 1. Channels are averaged, and any rate from 8 to 192 kHz is resampled. The notes do
 * not depend on how the samples were divided into batches.
 *
 * <p>A note is predicted 96 ms after its start frame. The resampler needs {@link
 * Resampler#lookAhead} further steps: 3.4 ms above 16 kHz, 6.8 ms at 8 kHz, none at 16 kHz. {@link
 * #lookAheadMicros} includes both.
 *
 * <p>State bytes, little-endian: the header of {@link SessionRunner}, {@link SoundFrames}, {@link
 * RecurrentState}, {@link Decoder.State}; 35,688 at 16 kHz and 32-bit numbers. The state of a
 * second pass follows.
 */
public final class Transcriber implements StreamModel<Note> {
  /** Lowest sample rate of its input. */
  public static final int MIN_RATE = 8000;

  /** Highest sample rate of its input. */
  public static final int MAX_RATE = 192_000;

  /** Most channels of its input. */
  public static final int MAX_CHANNELS = 8;

  /** Rates whose resampling tables are kept, 1 MB each at most. */
  private static final int MAX_RESAMPLERS = 32;

  private final ModelInfo info;
  private final Kernels kernels;
  private final TranscriberConfig config;
  private final FrontEnd frontEnd;
  private final Network network;
  private final Decoder decoder;
  private final Optional<SecondPass> second;
  private final Map<Integer, Resampler> resamplers = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * Loads a model directory of the family {@code lru-transcriber}.
   *
   * @throws dev.riffle.models.ModelException if weights or settings are missing or do not fit
   */
  public Transcriber(ModelDirectory directory, Kernels kernels) {
    this(directory, Optional.empty(), kernels);
  }

  /**
   * Loads a transcriber whose notes are revised by a second pass.
   *
   * @param secondPass of the family {@code rse-second-pass}
   * @throws dev.riffle.models.ModelException if weights or settings are missing or do not fit
   */
  public Transcriber(ModelDirectory directory, ModelDirectory secondPass, Kernels kernels) {
    this(directory, Optional.of(secondPass), kernels);
  }

  private Transcriber(
      ModelDirectory directory, Optional<ModelDirectory> secondPass, Kernels kernels) {
    this.kernels = kernels;
    config = TranscriberConfig.of(directory.config());
    frontEnd = new FrontEnd(config, directory.weights());
    network = new Network(kernels, config, directory.weights());
    decoder =
        new Decoder(
            config.decoder(), config.pitches(), config.firstPitch(), config.secondsPerFrame());
    second = secondPass.map(s -> new SecondPass(s, kernels));
    Resampler untouched = new Resampler(config.audio().rate(), config.audio().rate());
    ModelInfo first =
        new ModelInfo(
            directory.name(),
            directory.version(),
            directory.family(),
            directory.fingerprint(),
            lookAheadMicros(untouched, config.audio().rate()),
            stateBytes(untouched));
    second.ifPresent(s -> s.checkFollows(first.label(), config));
    info = secondPass.map(s -> first.followedBy(s.label(), s.fingerprint())).orElse(first);
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

  Decoder decoder() {
    return decoder;
  }

  Optional<SecondPass> secondPass() {
    return second;
  }

  @Override
  public void check(Format format) {
    if (format.rate() < MIN_RATE || format.rate() > MAX_RATE) {
      throw new InputException(
          String.format(
              "Model %s reads %d to %d samples per second, found %d. Resample the sound or correct its"
                  + " sample rate.",
              info.label(), MIN_RATE, MAX_RATE, format.rate()));
    }
    if (format.width() < 1 || format.width() > MAX_CHANNELS) {
      throw new InputException(
          String.format(
              "Model %s reads 1 to %d channels, found %d. Mix the sound down or correct its number of"
                  + " channels.",
              info.label(), MAX_CHANNELS, format.width()));
    }
  }

  /**
   * Delay of a note of this format: sound that must arrive after the note's onset before the note
   * is predicted. The time of the computation is not included.
   */
  public long lookAheadMicros(Format format) {
    check(format);
    return lookAheadMicros(resampler(format), format.rate());
  }

  /** The resampler of a rate; shared, and cached while few rates are in use. */
  Resampler resampler(Format format) {
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

  /** One more frame, in which an onset is seen to be a peak; look-ahead of frame and resampler. */
  private long lookAheadMicros(Resampler resampler, int rate) {
    TranscriberConfig.Audio audio = config.audio();
    double seconds =
        (double) (audio.hop() + audio.lookAhead()) / audio.rate()
            + (double) (resampler.lookAhead() + config.conditioningDelay()) / rate;
    return Math.round(1e6 * seconds);
  }

  private int stateBytes(Resampler resampler) {
    return SessionRunner.HEADER_BYTES
        + SoundFrames.bytes(config, resampler)
        + RecurrentState.bytes(network.stateSizes(), kernels.precision())
        + decoderBytes();
  }

  /** State bytes behind the network: of the decoder, and of the second pass. */
  int decoderBytes() {
    return config.pitches() * Decoder.State.BYTES_PER_PITCH
        + second.map(SecondPass::stateBytes).orElse(0);
  }

  @Override
  public StreamRunner<Note> newRunner() {
    return new TranscriberRunner(this);
  }
}
