package dev.riffle.dna.annotator;

import static dev.riffle.dna.annotator.AnnotatorConfig.START_WINDOW;

import dev.riffle.dna.annotator.AnnotatorConfig.Calling;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * One reading frame of the reverse strand (section 7), read from left to right: a stop codon opens
 * an open reading frame, and the starts that follow compete until the next stop codon, until none
 * of them can win any more, or until the contig ends.
 */
final class ReverseFrame {
  /** Bytes of a state but those of {@link #bytes}. */
  static final int FIXED_BYTES = 2 + Long.BYTES + Double.BYTES;

  private final int first; // position of its first codon, 0 to 2
  private final int frame; // 3 to 5
  private final Calling constants;
  private final GeneScoring scoring;
  private final StartHead startHead;
  private final CodingSums sums;
  private final byte[] window = new byte[START_WINDOW];
  private boolean open;
  private long left;
  private double leftSum;
  private boolean openLeft; // no stop codon yet: the contig's edge is the left end
  private final BestStart best = new BestStart();

  ReverseFrame(int first, AnnotatorConfig config, StartHead startHead, CodingSums sums) {
    this.first = first;
    this.frame = first + 3;
    this.constants = config.calling();
    this.scoring = new GeneScoring(constants);
    this.startHead = startHead;
    this.sums = sums;
  }

  /** Resets to the beginning of a contig. */
  void open() {
    open = true;
    left = first;
    leftSum = 0;
    openLeft = true;
    best.clear();
  }

  /** Takes the sum at the first codon, once the first token has it. */
  void firstToken() {
    leftSum = sums.atFirstCodon(frame);
  }

  /** Adds the start codon whose leftmost base is at {@code position}. */
  void addStart(long position, Gene.Start kind, Contig contig) {
    long right = position + 3;
    if (!open || right - left < constants.minLength()) {
      return;
    }
    contig.windowReverse(position, window);
    double score = startHead.score(window);
    double codingSum = sums.at(right, frame);
    double key = scoring.boundary(codingSum, right) + score;
    best.add(new ScoredStart(key, right, codingSum, score, kind));
  }

  /** Closes the open reading frame at a stop codon and opens the next one there. */
  Optional<Candidate> stop(long position) {
    Optional<Candidate> closed = close(false);
    open = true;
    left = position;
    leftSum = sums.at(position, frame);
    openLeft = false;
    return closed;
  }

  /** Closes the open reading frame if its best start is unlikely to be beaten. */
  Optional<Candidate> closeIfDecided(long watermark) {
    double key = scoring.boundary(sums.at(watermark, frame), watermark);
    boolean decided =
        best.get()
            .filter(
                start ->
                    key < start.key() - constants.drop()
                        || watermark - start.boundary() >= constants.maxWait())
            .isPresent();
    return decided ? close(false) : Optional.empty();
  }

  /** Closes the open reading frame at the end of the contig, which competes with the starts. */
  Optional<Candidate> closeAtEnd(long end) {
    if (!open) {
      return Optional.empty();
    }
    double codingSum = sums.at(end, frame);
    double score = constants.edgeStart();
    double key = scoring.boundary(codingSum, end) + score;
    boolean cut =
        end - left >= constants.minLength()
            && best.add(new ScoredStart(key, end, codingSum, score, Gene.Start.EDGE));
    return close(cut);
  }

  private Optional<Candidate> close(boolean openRight) {
    Optional<Candidate> closed = best.get().map(start -> candidate(start, openRight));
    open = false;
    best.clear();
    return closed;
  }

  private Candidate candidate(ScoredStart start, boolean openRight) {
    double coding = start.codingSum() - leftSum;
    return candidate(start.boundary(), coding, start.score(), start.kind(), openRight);
  }

  private Candidate candidate(
      long right, double coding, double startScore, Gene.Start start, boolean openRight) {
    Interval interval = new Interval(left, right);
    double score = scoring.gene(coding, interval.length(), startScore);
    return new Candidate(interval, true, score, coding, startScore, start, openLeft, openRight);
  }

  /**
   * The gene that grows: as far as the watermark, or up to its best start if that has the higher
   * score; none if neither score is positive.
   */
  Optional<Candidate> growing(long watermark) {
    if (!open) {
      return Optional.empty();
    }
    double coding = sums.at(watermark, frame) - leftSum;
    Candidate running = candidate(watermark, coding, 0, Gene.Start.UNKNOWN, false);
    Candidate started = best.get().map(start -> candidate(start, false)).orElse(running);
    Candidate growing = running.score() >= started.score() ? running : started;
    return growing.score() > 0 ? Optional.of(growing) : Optional.empty();
  }

  /** The leftmost base at which a later gene of this frame can begin. */
  long leftmost(long nextCodon) {
    return open ? left : nextCodon;
  }

  // Parts of a state: those of the forward frame lie between them.

  /** Bytes of the best start. */
  int bytes() {
    return best.bytes();
  }

  void storeOpen(ByteBuffer to) {
    to.put((byte) (open ? 1 : 0)).put((byte) (openLeft ? 1 : 0));
    to.putLong(left).putDouble(leftSum);
  }

  void storeBest(ByteBuffer to) {
    best.store(to);
  }

  void loadOpen(ByteBuffer from) {
    open = from.get() != 0;
    openLeft = from.get() != 0;
    left = from.getLong();
    leftSum = from.getDouble();
  }

  void loadBest(ByteBuffer from) {
    best.load(from);
  }
}
