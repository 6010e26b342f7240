package dev.riffle.music.transcriber;

import dev.riffle.kernels.Kernels;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.StateException;
import dev.riffle.music.signal.Resampler;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * One sequence at work in a runner: what it keeps between calls, apart from the network's state,
 * and the way of its samples to frames.
 *
 * <pre>
 *   values -> mean of channels -> resampler -> last 4096 samples -> gain, spectrum -> a frame
 * </pre>
 *
 * <p>Between calls it is bytes, little-endian, {@link #bytes} of them before the network's state
 * and the decoder's after it:
 *
 * <table>
 *   <caption>Layout</caption>
 *   <tr><td>u8</td><td>version, 1</td></tr>
 *   <tr><td>u8</td><td>bytes of one number of the network's state: 4 or 8</td></tr>
 *   <tr><td>u16</td><td>channels</td></tr>
 *   <tr><td>i32</td><td>rate</td></tr>
 *   <tr><td>i64</td><td>steps consumed</td></tr>
 *   <tr><td>f32 [history]</td><td>last inputs of the resampler</td></tr>
 *   <tr><td>f32 [4096]</td><td>samples at 16 kHz that the next frame sees, as far as they came</td></tr>
 *   <tr><td>f64, i64</td><td>level of the gain; frames that sounded</td></tr>
 * </table>
 */
final class Session {
  private static final byte VERSION = 1;

  /** Bytes of version, precision and format. */
  private static final int HEADER = 8;

  /** Steps that go through the resampler at once. */
  private static final int PIECE = 1024;

  private final TranscriberConfig config;
  private final FrontEnd frontEnd;
  private final RunningGain gain;
  private final float[] samples; // [longest window]
  final Decoder.State notes;

  private Format format;
  private Resampler resampler;
  private long inputs;
  private float[] line; // [history + PIECE]
  private int held; // samples that came
  private long frames;

  private BatchItem<?> row;
  private int consumed;
  private boolean ending;
  private long total; // steps of the sequence when it ends
  private float[] pending = new float[0];
  private int pendingAt;
  private int pendingEnd;
  private float lastGain;

  Session(TranscriberConfig config, FrontEnd frontEnd) {
    this.config = config;
    this.frontEnd = frontEnd;
    gain = new RunningGain(config.gain());
    samples = new float[config.audio().longestWindow()];
    notes = new Decoder.State(config.pitches());
  }

  /** Bytes of {@link #store}. */
  static int bytes(TranscriberConfig config, Resampler resampler) {
    int floats = resampler.history() + config.audio().longestWindow();
    return HEADER + 8 + 4 * floats + 8 + 8;
  }

  /** Becomes a sequence that has not begun. */
  void open(Format newFormat, Resampler newResampler) {
    become(newFormat, newResampler);
    inputs = 0;
    Arrays.fill(line, 0);
    Arrays.fill(samples, 0);
    held = samples.length - config.audio().lookAhead(); // zeros before index 0
    frames = 0;
    gain.level = 0;
    gain.seen = 0;
    notes.reset();
  }

  private void become(Format newFormat, Resampler newResampler) {
    format = newFormat;
    if (newResampler != resampler) {
      resampler = newResampler;
      line = new float[resampler.history() + PIECE];
      pending = new float[(int) resampler.length(PIECE) + 1];
    }
  }

  void store(ByteBuffer to, int numberBytes) {
    to.put(VERSION).put((byte) numberBytes).putShort((short) format.width());
    to.putInt(format.rate()).putLong(inputs);
    to.asFloatBuffer().put(line, 0, resampler.history()).put(samples);
    to.position(to.position() + 4 * (resampler.history() + samples.length));
    to.putDouble(gain.level).putLong(gain.seen);
  }

  /**
   * Checks the first bytes of a state, and leaves the position where it is.
   *
   * @throws StateException if they are of another version, precision or format
   */
  static void checkHeader(ByteBuffer from, Kernels kernels, Format format) {
    if (from.remaining() < HEADER || from.get(0) != VERSION) {
      throw new StateException(
          String.format(
              "The transcriber reads states of version %d, but %s came; take the release that wrote"
                  + " it, or start the sequence again.",
              VERSION,
              from.remaining() < HEADER
                  ? from.remaining() + " bytes"
                  : "version " + Byte.toUnsignedInt(from.get(0))));
    }
    int numberBytes = kernels.precision().bytes();
    if (from.get(1) != numberBytes) {
      throw new StateException(
          String.format(
              "The state holds numbers of %d bytes, backend '%s' computes with %d; continue on the"
                  + " backend that wrote it, or start the sequence again.",
              from.get(1), kernels.name(), numberBytes));
    }
    Format written = new Format(from.getInt(4), from.getShort(2));
    if (written.rate() != format.rate() || written.width() != format.width()) {
      throw new StateException(
          String.format(
              "The state belongs to a sequence of %d samples per second and %d channels, but %d and"
                  + " %d came; a format is fixed for the life of a sequence.",
              written.rate(), written.width(), format.rate(), format.width()));
    }
  }

  /** Reads what {@link #store} wrote and {@link #checkHeader} passed. */
  void load(ByteBuffer from, Format newFormat, Resampler newResampler) {
    from.position(from.position() + HEADER);
    become(newFormat, newResampler);
    inputs = from.getLong();
    from.asFloatBuffer().get(line, 0, resampler.history()).get(samples);
    from.position(from.position() + 4 * (resampler.history() + samples.length));
    long came = resampler.complete(inputs); // at 16 kHz
    TranscriberConfig.Audio audio = config.audio();
    frames = came < audio.lookAhead() ? 0 : (came - audio.lookAhead()) / audio.hop() + 1;
    held = (int) (came + samples.length - audio.lookAhead() - frames * audio.hop());
    gain.level = from.getDouble();
    gain.seen = from.getLong();
  }

  /** Begins with the steps of a row. */
  void begin(BatchItem<?> newRow, boolean last) {
    row = newRow;
    consumed = 0;
    pendingAt = 0;
    pendingEnd = 0;
    ending = last;
    total = inputs + newRow.steps;
  }

  /** Number of the next frame; at the end of a sequence, how many frames it had. */
  long frames() {
    return frames;
  }

  /** Steps that the sequence has consumed. */
  long consumed() {
    return inputs;
  }

  /** Steps of the sequence once those of the row are consumed. */
  long total() {
    return total;
  }

  /** Gain of the frame that was made last. */
  float lastGain() {
    return lastGain;
  }

  /** Number of steps that have to be there before frame {@code t} can be told. */
  long position(long t) {
    long needed = resampler.needed(t * config.audio().hop() + config.audio().lookAhead() - 1);
    return ending ? Math.min(needed, total) : needed;
  }

  /**
   * Makes the next frame, if the steps of the row suffice for it; at the end of a sequence zeros
   * follow the last step, until every whole hop has its frame.
   *
   * @return false if there is no further frame; then all steps are consumed
   */
  boolean nextFrame(float[] features, int offset, FrontEnd.Work work) {
    int hop = config.audio().hop();
    if (ending && frames == resampler.length(total) / hop) {
      return false;
    }
    while (held < samples.length) {
      if (pendingAt == pendingEnd && !refill()) {
        return false;
      }
      int count = Math.min(samples.length - held, pendingEnd - pendingAt);
      System.arraycopy(pending, pendingAt, samples, held, count);
      pendingAt += count;
      held += count;
    }
    lastGain = gain.next(samples, samples.length - hop, samples.length);
    frontEnd.frame(samples, lastGain, features, offset, work);
    System.arraycopy(samples, hop, samples, 0, samples.length - hop);
    Arrays.fill(samples, samples.length - hop, samples.length, 0);
    held -= hop;
    frames++;
    return true;
  }

  /** Brings more samples; false if the row has no more. */
  private boolean refill() {
    int history = resampler.history();
    int count = Math.min(PIECE, row.steps - consumed);
    if (count > 0) {
      mean(row.values, row.offset + consumed * format.width(), count, line, history);
      consumed += count;
    } else if (ending) {
      // what follows a sequence is silence
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
      // the sequence ends with the last sample that stands for it; no echo of the filter behind
      int sounding = (int) Math.max(0, Math.min(pendingEnd, resampler.length(total) - first));
      Arrays.fill(pending, sounding, pendingEnd, 0);
    }
    System.arraycopy(line, count, line, 0, history);
    return true;
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
