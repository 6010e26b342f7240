package dev.riffle.dna.readuntil;

import dev.riffle.dna.Nucleotides;
import dev.riffle.dna.readuntil.ReadVerdict.Origin;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.Prediction;
import dev.riffle.models.SessionRunner;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Optional;
import java.util.Queue;

/**
 * One read: its bases become evidence, and the log odds after each step become a verdict.
 *
 * <p>State bytes, little-endian, {@link #BYTES} of them:
 *
 * <pre>
 *   u8    1 once the verdict was emitted: then all that follows is 0
 *   i64   bases consumed
 *   f64   log odds after the last step
 *   i32   channel
 *   i64   bases with a quality
 *   f64   sum of their probabilities of an error
 *   30 u8 codes of the last step's bases, then of the bases of the next step
 * </pre>
 */
final class ReadSession implements SessionRunner.Session<ReadVerdict> {
  private static final int CODES = Evidence.BEFORE + Evidence.STEP;

  static final int BYTES =
      1 + Long.BYTES + Double.BYTES + Integer.BYTES + Long.BYTES + Double.BYTES + CODES;

  private static final int DECIDED_AT = SessionRunner.HEADER_BYTES;

  private final ReadUntil model;
  private final Queue<ReadProgress> packed = new ArrayDeque<>(); // one per step of the round

  private boolean decided;
  private long bases;
  private double logOdds;
  private int channel;
  private long withQuality;
  private double errors;
  private final byte[] codes = new byte[CODES];

  private BatchItem<ReadVerdict> item;
  private int itemChannel; // that the item's format names
  private int taken; // bases of the item that have been read

  ReadSession(ReadUntil model) {
    this.model = model;
  }

  /** True if a state belongs to a read whose verdict was emitted. */
  static boolean decided(byte[] state) {
    return state.length > DECIDED_AT && state[DECIDED_AT] == 1;
  }

  @Override
  public void open(Format format) {
    decided = false;
    bases = 0;
    logOdds = 0;
    channel = 0;
    withQuality = 0;
    errors = 0;
    Arrays.fill(codes, Nucleotides.UNKNOWN);
    packed.clear();
  }

  /** Clears all fields but the fact that the verdict was emitted. */
  private void close() {
    open(ReadUntil.FORMAT);
    decided = true;
    Arrays.fill(codes, (byte) 0);
  }

  @Override
  public int bytes() {
    return BYTES;
  }

  @Override
  public void storeFront(ByteBuffer to) {
    to.put((byte) (decided ? 1 : 0));
    to.putLong(bases).putDouble(logOdds).putInt(channel).putLong(withQuality).putDouble(errors);
    to.put(codes);
  }

  @Override
  public void loadFront(ByteBuffer from, Format format) {
    decided = from.get() != 0;
    bases = from.getLong();
    logOdds = from.getDouble();
    channel = from.getInt();
    withQuality = from.getLong();
    errors = from.getDouble();
    from.get(codes);
    packed.clear();
  }

  @Override
  public void begin(BatchItem<ReadVerdict> newItem, boolean last) {
    newItem.checkFinite(bases);
    item = newItem;
    itemChannel = ReadUntil.channel(newItem.format);
    taken = 0;
  }

  /** Packs the evidence of the next step; returns false if its bases have not arrived. */
  boolean nextStep(float[] evidence, int offset) {
    if (decided || !takeBases()) {
      return false;
    }
    Evidence.of(model.references(), codes, evidence, offset);
    System.arraycopy(codes, Evidence.STEP, codes, 0, Evidence.BEFORE);
    Arrays.fill(codes, Evidence.BEFORE, codes.length, Nucleotides.UNKNOWN);
    packed.add(progress());
    return true;
  }

  /** Reads bases of the item up to the next whole step; returns true if it is complete. */
  private boolean takeBases() {
    int width = item.format.width();
    while (taken < item.steps) {
      int at = item.offset + width * taken++;
      codes[Evidence.BEFORE + (int) (bases % Evidence.STEP)] =
          Nucleotides.code(item.values[at], bases);
      int quality = (int) item.values[at + 1];
      if (quality > 0) {
        // Q = -10 log10 P(error), as text Q + 33
        errors += Math.pow(10, (33 - quality) / 10.0);
        withQuality++;
      }
      int named = width == ReadUntil.WIDTH_WITH_CHANNEL ? (int) item.values[at + 2] : itemChannel;
      if (named > ReadUntil.NO_CHANNEL) {
        channel = named;
      }
      bases++;
      if (bases % Evidence.STEP == 0) {
        return true;
      }
    }
    return false;
  }

  private ReadProgress progress() {
    double meanQscore = withQuality == 0 ? Double.NaN : -10 * Math.log10(errors / withQuality);
    return new ReadProgress(bases, channel, meanQscore);
  }

  @Override
  public boolean predicted(float[] outputs, int offset, long step) {
    ReadProgress now = packed.remove();
    logOdds = model.logOdds(outputs, offset);
    Optional<Origin> origin = model.test().decide(logOdds, now.bases());
    origin.ifPresent(
        found -> {
          item.predictions.add(new Prediction<>(now.bases(), now.verdict(found, logOdds)));
          close();
        });
    return origin.isEmpty();
  }

  @Override
  public void finish() {
    if (!decided) {
      ReadVerdict verdict = progress().verdict(Origin.ENDED, logOdds);
      item.predictions.add(new Prediction<>(bases, verdict));
    }
  }
}
