package dev.riffle.dna.annotator;

import static dev.riffle.dna.annotator.AnnotatorConfig.READING_FRAMES;
import static dev.riffle.dna.annotator.AnnotatorConfig.TOKEN;

import java.nio.ByteBuffer;

/**
 * S_r(x) of section 5: the sum of the clipped logits of reading frame r over all bases left of x,
 * for every boundary x within the last two tokens. In 64 bits.
 */
final class CodingSums {
  /** Bytes of one reading frame. */
  static final int FRAME_BYTES = 6 * Double.BYTES;

  private final double clip;
  private long tokens;
  private final double[] end = new double[READING_FRAMES]; // S at the end of the last token
  private final double[] last = new double[READING_FRAMES]; // S at its beginning
  private final double[] previous =
      new double[READING_FRAMES]; // S at the beginning of the token before it
  private final double[] lastLogit = new double[READING_FRAMES];
  private final double[] previousLogit = new double[READING_FRAMES];
  private final double[] firstCodon = new double[READING_FRAMES]; // S at the frame's first codon

  CodingSums(double clip) {
    this.clip = clip;
  }

  /** Resets to a contig without tokens. */
  void open() {
    tokens = 0;
    for (int r = 0; r < READING_FRAMES; r++) {
      end[r] = 0;
      last[r] = 0;
      previous[r] = 0;
      lastLogit[r] = 0;
      previousLogit[r] = 0;
      firstCodon[r] = 0;
    }
  }

  /** Adds a token, whose logits begin at index {@code at}. */
  void add(float[] logits, int at) {
    for (int r = 0; r < READING_FRAMES; r++) {
      previous[r] = last[r];
      previousLogit[r] = lastLogit[r];
      last[r] = end[r];
      lastLogit[r] = Math.max(-clip, Math.min(clip, (double) logits[at + r]));
      end[r] += lastLogit[r];
    }
    tokens++;
    if (tokens == 1) {
      for (int r = 0; r < READING_FRAMES; r++) {
        firstCodon[r] = at(r % 3, r);
      }
    }
  }

  /** Tokens added so far. */
  long tokens() {
    return tokens;
  }

  /** S of a boundary within the last two tokens, or at the end of the last one. */
  double at(long boundary, int frame) {
    long lastBegin = (tokens - 1) * TOKEN;
    if (boundary >= lastBegin + TOKEN) {
      return end[frame];
    }
    return boundary >= lastBegin
        ? last[frame] + (double) (boundary - lastBegin) / TOKEN * lastLogit[frame]
        : previous[frame] + (double) (boundary - lastBegin + TOKEN) / TOKEN * previousLogit[frame];
  }

  /** S at the first codon of a reading frame. */
  double atFirstCodon(int frame) {
    return firstCodon[frame];
  }

  void storeTokens(ByteBuffer to) {
    to.putLong(tokens);
  }

  void loadTokens(ByteBuffer from) {
    tokens = from.getLong();
  }

  void storeFrame(int r, ByteBuffer to) {
    to.putDouble(end[r]).putDouble(last[r]).putDouble(previous[r]);
    to.putDouble(lastLogit[r]).putDouble(previousLogit[r]).putDouble(firstCodon[r]);
  }

  void loadFrame(int r, ByteBuffer from) {
    end[r] = from.getDouble();
    last[r] = from.getDouble();
    previous[r] = from.getDouble();
    lastLogit[r] = from.getDouble();
    previousLogit[r] = from.getDouble();
    firstCodon[r] = from.getDouble();
  }
}
