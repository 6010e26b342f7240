package dev.riffle.dna.annotator;

import static dev.riffle.dna.annotator.AnnotatorConfig.AHEAD;
import static dev.riffle.dna.annotator.AnnotatorConfig.TOKEN;

import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.Prediction;
import dev.riffle.models.SessionRunner;
import java.nio.ByteBuffer;
import java.util.List;

/** One contig: {@link Contig} before the network, {@link GeneCaller} after it. */
final class AnnotatorSession implements SessionRunner.Session<Gene> {
  private final int delay;
  private final Contig contig;
  private final GeneCaller caller;
  private long computed; // tokens that have been packed for the network

  private List<Prediction<Gene>> predictions = List.of();

  AnnotatorSession(AnnotatorConfig config, StartHead startHead) {
    delay = config.delay();
    contig = new Contig(config);
    caller = new GeneCaller(config, startHead);
  }

  @Override
  public void open(Format format) {
    contig.open();
    caller.open();
    computed = 0;
  }

  @Override
  public int bytes() {
    return contig.bytes(caller.tokens()) + caller.bytes();
  }

  @Override
  public void storeFront(ByteBuffer to) {
    contig.store(to, caller.tokens());
  }

  @Override
  public void storeBack(ByteBuffer to) {
    caller.store(to);
  }

  @Override
  public void loadFront(ByteBuffer from, Format format) {
    if (!contig.load(from)) {
      throw new IllegalArgumentException("These bytes are not those of a contig.");
    }
  }

  @Override
  public void loadBack(ByteBuffer from, long steps) {
    computed = steps;
    caller.load(from);
  }

  @Override
  public void begin(BatchItem<Gene> item, boolean last) {
    contig.begin(item, last);
    predictions = item.predictions;
  }

  /** Packs the next token; returns false if its bases have not arrived. */
  boolean nextToken(int[] entries, int offset) {
    if (!contig.ready(computed, caller.tokens())) {
      return false;
    }
    int from = contig.index(computed * TOKEN);
    Encoder.entries(contig.code(), contig.letters(), from, entries, offset);
    computed++;
    return true;
  }

  /** The network's output of a step belongs to the token {@code delay} steps before. */
  @Override
  public boolean predicted(float[] logits, int offset, long step) {
    long token = step - delay;
    if (token >= 0) {
      caller.token(contig, length(), logits, offset, basesNeeded(token), predictions);
    }
    return true;
  }

  /** Number of bases that must be read before a token can be called. */
  private long basesNeeded(long token) {
    long needed = (token + delay + 1) * TOKEN + AHEAD;
    return contig.whole() ? Math.min(needed, contig.read()) : needed;
  }

  private long length() {
    return contig.whole() ? contig.read() : Long.MAX_VALUE;
  }

  @Override
  public void finish() {
    caller.finish(contig, contig.read(), predictions);
  }
}
