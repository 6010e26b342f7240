package dev.riffle.music.transcriber;

import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.StateException;
import dev.riffle.music.signal.Resampler;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * The front end of one sequence: samples of any rate and number of channels become frames of
 * features. The frames do not depend on how the samples were divided into batch items.
 *
 * <pre>
 *   values -> mean of channels -> resampler -> last 4096 samples -> gain, spectrum -> a frame
 *                             |
 *                 SampleConditioner if the model has one
 * </pre>
 *
 * <p>State bytes, little-endian, {@link #bytes} of them:
 *
 * <pre>
 *   u16            channels
 *   i32            rate
 *   i64            steps consumed
 *   f32 [history]  last inputs of the resampler
 *   f32 [4096]     samples at 16 kHz of the next frame, as far as they have arrived
 *   f64, i64       level of the gain; number of frames that were not silent
 *   with conditioning:
 *   {@link SampleConditioner}
 *   i32            frames that the gate stays open
 * </pre>
 */
final class SoundFrames {
  private static final int FORMAT_BYTES = Short.BYTES + Integer.BYTES;

  /** Steps that go through the resampler at once. */
  private static final int PIECE = 1024;

  private final TranscriberConfig config;
  private final FrontEnd frontEnd;
  private final RunningGain gain;
  private final Optional<SampleConditioner> conditioner;
  private final int hold;
  private final float[] samples; // [longest window]

  private Format format;
  private Resampler resampler;
  private long inputs;
  private float[] line; // [history + PIECE]
  private int arrived; // samples of the next frame that have arrived
  private long frames;

  private BatchItem<?> item;
  private int consumed;
  private boolean ending;
  private long total; // steps of the sequence when it ends
  private float[] pending = new float[0];
  private int pendingAt;
  private int pendingEnd;
  private float lastGain;
  private int open; // frames that the gate stays open

  SoundFrames(TranscriberConfig config, FrontEnd frontEnd) {
    this.config = config;
    this.frontEnd = frontEnd;
    gain = new RunningGain(config.gain());
    conditioner = config.conditioning().map(SampleConditioner::new);
    hold = config.conditioning().map(c -> c.gate().hold()).orElse(0);
    samples = new float[config.audio().longestWindow()];
  }

  /** Bytes of {@link #store}. */
  static int bytes(TranscriberConfig config, Resampler resampler) {
    int floats = resampler.history() + config.audio().longestWindow();
    int conditioning =
        config.conditioning().map(c -> SampleConditioner.bytes(c) + Integer.BYTES).orElse(0);
    return FORMAT_BYTES
        + Long.BYTES
        + Float.BYTES * floats
        + Double.BYTES
        + Long.BYTES
        + conditioning;
  }

  /** Becomes a sequence that has not begun. */
  void open(Format newFormat, Resampler newResampler) {
    become(newFormat, newResampler);
    inputs = 0;
    Arrays.fill(line, 0);
    Arrays.fill(samples, 0);
    arrived = samples.length - config.audio().lookAhead(); // zeros before index 0
    frames = 0;
    gain.level = 0;
    gain.seen = 0;
    conditioner.ifPresent(SampleConditioner::reset);
    open = 0;
  }

  private void become(Format newFormat, Resampler newResampler) {
    format = newFormat;
    conditioner.ifPresent(c -> c.rate(newFormat.rate()));
    if (newResampler != resampler) {
      resampler = newResampler;
      line = new float[resampler.history() + PIECE];
      pending = new float[(int) resampler.length(PIECE) + 1];
    }
  }

  /** Bytes of {@link #store} now. */
  int bytes() {
    return bytes(config, resampler);
  }

  void store(ByteBuffer to) {
    to.putShort((short) format.width()).putInt(format.rate()).putLong(inputs);
    to.asFloatBuffer().put(line, 0, resampler.history()).put(samples);
    to.position(to.position() + Float.BYTES * (resampler.history() + samples.length));
    to.putDouble(gain.level).putLong(gain.seen);
    if (conditioner.isPresent()) {
      conditioner.get().store(to);
      to.putInt(open);
    }
  }

  /**
   * Reads what {@link #store} wrote.
   *
   * @throws StateException if the state belongs to a sequence of another format
   */
  void load(ByteBuffer from, Format newFormat, Resampler newResampler) {
    int channels = Short.toUnsignedInt(from.getShort());
    int rate = from.getInt();
    if (rate != newFormat.rate() || channels != newFormat.width()) {
      throw new StateException(
          String.format(
              "The state belongs to a sequence of %d samples per second and %d channels, but found"
                  + " %d and %d. The format of a sequence cannot change; restart the sequence.",
              rate, channels, newFormat.rate(), newFormat.width()));
    }
    become(newFormat, newResampler);
    inputs = from.getLong();
    from.asFloatBuffer().get(line, 0, resampler.history()).get(samples);
    from.position(from.position() + Float.BYTES * (resampler.history() + samples.length));
    long resampled = resampler.complete(inputs); // at 16 kHz
    TranscriberConfig.Audio audio = config.audio();
    frames = resampled < audio.lookAhead() ? 0 : (resampled - audio.lookAhead()) / audio.hop() + 1;
    arrived = (int) (resampled + samples.length - audio.lookAhead() - frames * audio.hop());
    gain.level = from.getDouble();
    gain.seen = from.getLong();
    if (conditioner.isPresent()) {
      conditioner.get().load(from);
      open = from.getInt();
    }
  }

  /** Receives the steps of a batch item. */
  void begin(BatchItem<?> newItem, boolean last) {
    item = newItem;
    consumed = 0;
    pendingAt = 0;
    pendingEnd = 0;
    ending = last;
    total = inputs + newItem.steps;
  }

  /** Number of the next frame; at the end of a sequence, its number of frames. */
  long frames() {
    return frames;
  }

  /** Steps that the sequence has consumed. */
  long consumed() {
    return inputs;
  }

  /** Steps of the sequence once those of the batch item are consumed. */
  long total() {
    return total;
  }

  /** Gain of the latest frame. */
  float lastGain() {
    return lastGain;
  }

  /** Number of steps that must have arrived before frame {@code t} can be computed. */
  long position(long t) {
    long needed = resampler.needed(t * config.audio().hop() + config.audio().lookAhead() - 1);
    return ending ? Math.min(needed, total) : needed;
  }

  /**
   * Computes the next frame, if the steps of the batch item suffice for it. At the end of a
   * sequence, zeros follow the last step until every whole hop has its frame.
   *
   * @return false if no further frame can be computed; then all steps are consumed
   */
  boolean nextFrame(float[] features, int offset, FrontEnd.Work work) {
    int hop = config.audio().hop();
    if (ending && frames == resampler.length(total) / hop) {
      return false;
    }
    while (arrived < samples.length) {
      if (pendingAt == pendingEnd && !refill()) {
        return false;
      }
      int count = Math.min(samples.length - arrived, pendingEnd - pendingAt);
      System.arraycopy(pending, pendingAt, samples, arrived, count);
      pendingAt += count;
      arrived += count;
    }
    frontEnd.spectra(samples, work);
    lastGain = gain(hop, work);
    frontEnd.features(lastGain, features, offset, work);
    System.arraycopy(samples, hop, samples, 0, samples.length - hop);
    Arrays.fill(samples, samples.length - hop, samples.length, 0);
    arrived -= hop;
    frames++;
    return true;
  }

  /** Gain of the frame; only frames with tones steer it, and 0 is the gain of a closed gate. */
  private float gain(int hop, FrontEnd.Work work) {
    if (conditioner.isEmpty()) {
      return gain.next(samples, samples.length - hop, samples.length);
    }
    if (frontEnd.hasTones(work)) {
      open = hold;
      return gain.next(samples, samples.length - hop, samples.length);
    }
    open = Math.max(0, open - 1);
    return open > 0 ? gain.now() : 0;
  }

  /** Resamples more steps; returns false if the batch item has no more. */
  private boolean refill() {
    int history = resampler.history();
    int count = Math.min(PIECE, item.steps - consumed);
    if (count > 0) {
      mean(item.values, item.offset + consumed * format.width(), count, line, history);
      condition(count);
      consumed += count;
    } else if (ending) {
      // silence follows the sequence
      count = PIECE;
      Arrays.fill(line, history, history + count, 0);
    } else {
      return false;
    }
    pendingAt = 0;
    long first = resampler.complete(inputs);
    pendingEnd = resampler.process(inputs, line, count, pending, 0);
    inputs += count;
    if (ending) {
      // the sequence ends with its last resampled sample, without the echo of the filter
      int end = (int) Math.max(0, Math.min(pendingEnd, resampler.length(total) - first));
      Arrays.fill(pending, end, pendingEnd, 0);
    }
    System.arraycopy(line, count, line, 0, history);
    return true;
  }

  private void condition(int count) {
    conditioner.ifPresent(c -> c.process(line, resampler.history(), count, inputs));
  }

  /** Mean of the channels of each step. */
  private void mean(float[] values, int from, int count, float[] to, int toOffset) {
    int width = format.width();
    for (int i = 0; i < count; i++) {
      double sum = 0;
      for (int c = 0; c < width; c++) {
        sum += values[from + i * width + c];
      }
      to[toOffset + i] = (float) (sum / width);
    }
  }
}
