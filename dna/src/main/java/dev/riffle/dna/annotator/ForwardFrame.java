package dev.riffle.dna.annotator;

import static dev.riffle.dna.annotator.AnnotatorConfig.START_WINDOW;

import dev.riffle.dna.annotator.AnnotatorConfig.Calling;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * One reading frame of the forward strand (section 7): the starts since the last stop codon. A stop
 * codon closes the open reading frame with its best start.
 */
final class ForwardFrame {
  /** Bytes of a state but those of {@link #bytes}. */
  static final int FIXED_BYTES = 1 + Short.BYTES;

  private final int frame; // 0 to 2
  private final Calling constants;
  private final GeneScoring scoring;
  private final StartHead startHead;
  private final CodingSums sums;
  private final RecentStarts recent;
  private final byte[] window = new byte[START_WINDOW];
  private final BestStart best = new BestStart(); // of the starts that are no longer recent
  private boolean openLeft; // no stop codon yet: the contig's edge competes with the starts

  ForwardFrame(int frame, AnnotatorConfig config, StartHead startHead, CodingSums sums) {
    this.frame = frame;
    this.constants = config.calling();
    this.scoring = new GeneScoring(constants);
    this.startHead = startHead;
    this.sums = sums;
    this.recent = new RecentStarts(config);
  }

  /** Resets to the beginning of a contig. */
  void open() {
    openLeft = true;
    best.clear();
    recent.clear();
  }

  /** Adds a start codon. */
  void addStart(long position, Gene.Start kind) {
    recent.add(position, sums.at(position, frame), kind);
  }

  /**
   * The best start of a gene that ends at {@code end}. Scores the starts that are far enough from
   * {@code end} now.
   */
  private Optional<ScoredStart> bestStart(long end, Contig contig) {
    int old = 0;
    while (old < recent.count() && end - recent.position(old) >= constants.minLength()) {
      long position = recent.position(old);
      double codingSum = recent.codingSum(old);
      contig.windowForward(position, window);
      double score = startHead.score(window);
      double key = score - scoring.boundary(codingSum, position);
      best.add(new ScoredStart(key, position, codingSum, score, recent.kind(old)));
      old++;
    }
    if (old > 0) {
      recent.removeFirst(old);
    }
    if (openLeft && end - frame >= constants.minLength()) {
      double codingSum = sums.atFirstCodon(frame);
      double score = constants.edgeStart();
      double key = score - scoring.boundary(codingSum, frame);
      if (best.isBeatenBy(key)) {
        return Optional.of(new ScoredStart(key, frame, codingSum, score, Gene.Start.EDGE));
      }
    }
    return best.get();
  }

  /**
   * Closes the open reading frame.
   *
   * @param end the boundary after the stop codon, or after the last whole codon of the contig
   * @param openRight true if the contig ends there without a stop codon
   * @return the candidate, if there is a start that is far enough left
   */
  Optional<Candidate> close(long end, boolean openRight, Contig contig) {
    Optional<Candidate> closed =
        bestStart(end, contig).map(start -> candidate(start, end, openRight));
    openLeft = false;
    best.clear();
    recent.clear();
    return closed;
  }

  /** The gene that grows, as if it ended at the watermark; none if its score is not positive. */
  Optional<Candidate> growing(long watermark, Contig contig) {
    return bestStart(watermark, contig)
        .map(start -> candidate(start, watermark, false))
        .filter(gene -> gene.score() > 0);
  }

  private Candidate candidate(ScoredStart start, long end, boolean openRight) {
    Interval interval = new Interval(start.boundary(), end);
    double coding = sums.at(end, frame) - start.codingSum();
    return new Candidate(
        interval,
        false,
        scoring.gene(coding, interval.length(), start.score()),
        coding,
        start.score(),
        start.kind(),
        start.isEdge(),
        openRight);
  }

  /** The leftmost base at which a later gene of this frame can begin. */
  long leftmost(long nextCodon) {
    if (openLeft) {
      return frame;
    }
    long firstRecent = recent.count() > 0 ? recent.position(0) : nextCodon;
    return best.get().map(ScoredStart::boundary).orElse(firstRecent);
  }

  // Parts of a state: those of the reverse frame lie between them.

  /** Bytes of the best and of the recent starts. */
  int bytes() {
    return best.bytes() + recent.count() * RecentStarts.ENTRY_BYTES;
  }

  void storeOpen(ByteBuffer to) {
    to.put((byte) (openLeft ? 1 : 0));
  }

  void storeBest(ByteBuffer to) {
    best.store(to);
  }

  void storeRecent(ByteBuffer to) {
    recent.store(to);
  }

  void loadOpen(ByteBuffer from) {
    openLeft = from.get() != 0;
  }

  void loadBest(ByteBuffer from) {
    best.load(from);
  }

  void loadRecent(ByteBuffer from) {
    recent.load(from);
  }
}
