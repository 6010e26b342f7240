package dev.riffle.dna.annotator;

import static dev.riffle.dna.annotator.AnnotatorConfig.READING_FRAMES;
import static dev.riffle.dna.annotator.AnnotatorConfig.TOKEN;

import dev.riffle.models.Prediction;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Calls the genes of one contig from its bases and logits, token by token (docs/dna-annotator.md,
 * sections 5 to 8), in 64 bits.
 *
 * <pre>
 *   logits -> CodingSums      sums of the logits up to any boundary
 *   codons -> ForwardFrame    starts and stops of each reading frame: candidates
 *             ReverseFrame
 *          -> GenePublisher   overlaps: published genes
 *          -> GrowthReports   when a gene that still grows is reported
 * </pre>
 *
 * <p>State bytes, little-endian:
 *
 * <pre>
 *   i64  tokens
 *   i64  genes published
 *   per reading frame of both strands: {@link CodingSums}, {@link GrowthReports}
 *   per reading frame of one strand:
 *     forward and reverse open frame, forward and reverse {@link BestStart}, {@link RecentStarts}
 *   {@link GenePublisher}
 * </pre>
 */
final class GeneCaller {
  private static final int FRAMES = 3; // of one strand

  private final GeneScoring scoring;
  private final CodingSums sums;
  private final ForwardFrame[] forward = new ForwardFrame[FRAMES];
  private final ReverseFrame[] reverse = new ReverseFrame[FRAMES];
  private final GenePublisher publisher;
  private final GrowthReports reports = new GrowthReports();
  private Consumer<Candidate> observer = candidate -> {};
  private long number; // of genes published

  private Contig contig;
  private long position;
  private List<Prediction<Gene>> outputs;

  GeneCaller(AnnotatorConfig config, StartHead startHead) {
    scoring = new GeneScoring(config.calling());
    sums = new CodingSums(config.calling().clip());
    publisher = new GenePublisher(config.calling());
    for (int k = 0; k < FRAMES; k++) {
      forward[k] = new ForwardFrame(k, config, startHead, sums);
      reverse[k] = new ReverseFrame(k, config, startHead, sums);
    }
    open();
  }

  /** Shows every candidate that closes, also those without a positive score; for goldens. */
  void observe(Consumer<Candidate> by) {
    observer = by;
  }

  /** Resets to the beginning of a contig. */
  void open() {
    number = 0;
    sums.open();
    reports.open();
    publisher.open();
    for (int k = 0; k < FRAMES; k++) {
      forward[k].open();
      reverse[k].open();
    }
  }

  /** Tokens called so far. */
  long tokens() {
    return sums.tokens();
  }

  /**
   * Calls the next token.
   *
   * @param its the contig
   * @param length of the contig if it has ended, else Long.MAX_VALUE
   * @param logits six of the token, from index {@code at} on
   * @param basesRead number of bases that these logits need
   * @param to receives the genes to report
   */
  void token(
      Contig its, long length, float[] logits, int at, long basesRead, List<Prediction<Gene>> to) {
    contig = its;
    position = basesRead;
    outputs = to;
    sums.add(logits, at);
    if (sums.tokens() == 1) {
      for (ReverseFrame frame : reverse) {
        frame.firstToken();
      }
    }
    long end = sums.tokens() * TOKEN;
    long watermark = Math.min(end, length);
    scan(Math.max(0, end - TOKEN - 2), watermark - 3);
    for (ReverseFrame frame : reverse) {
      frame.closeIfDecided(watermark).ifPresent(this::add);
    }
    List<Candidate> growing = growing(watermark);
    publisher.decide(watermark, growing, leftmost(watermark)).forEach(this::publish);
    for (Candidate gene : growing) {
      if (reports.due(gene)) {
        emit(gene, Gene.Status.GROWING, 0);
      }
    }
  }

  /** Section 7 for the codons at {@code first} to {@code last}. */
  private void scan(long first, long last) {
    if (last < first) {
      return;
    }
    byte[] bases = contig.letters();
    byte[] roles = CodonRoles.of(contig.code());
    int at = contig.index(first);
    int key = CodonKey.ofTwo(bases[at], bases[at + 1]);
    for (long p = first; p <= last; p++) {
      key = CodonKey.shift(key, bases[at + 2]);
      at++;
      int role = roles[key];
      if (role != 0) {
        codon(p, key, role);
      }
    }
  }

  private void codon(long position, int key, int role) {
    int k = (int) (position % FRAMES);
    if ((role & CodonRoles.FORWARD_START) != 0) {
      forward[k].addStart(position, Gene.Start.ofCode(CodonKey.forwardCodon(key)));
    }
    if ((role & CodonRoles.FORWARD_STOP) != 0) {
      forward[k].close(position + 3, false, contig).ifPresent(this::add);
    }
    if ((role & CodonRoles.REVERSE_START) != 0) {
      reverse[k].addStart(position, Gene.Start.ofCode(CodonKey.reverseCodon(key)), contig);
    }
    if ((role & CodonRoles.REVERSE_STOP) != 0) {
      reverse[k].stop(position).ifPresent(this::add);
    }
  }

  private void add(Candidate candidate) {
    observer.accept(candidate);
    if (candidate.score() > 0) {
      publisher.add(candidate);
    }
  }

  /** The genes that grow, the forward strand first. */
  private List<Candidate> growing(long watermark) {
    List<Candidate> growing = new ArrayList<>();
    for (int k = 0; k < FRAMES; k++) {
      forward[k].growing(watermark, contig).ifPresent(growing::add);
      reverse[k].growing(watermark).ifPresent(growing::add);
    }
    return growing;
  }

  /** The leftmost base at which a gene can begin that is not closed yet. */
  private long leftmost(long watermark) {
    long nextCodon = watermark - 2;
    long leftmost = nextCodon;
    for (int k = 0; k < FRAMES; k++) {
      leftmost = Math.min(leftmost, forward[k].leftmost(nextCodon));
      leftmost = Math.min(leftmost, reverse[k].leftmost(nextCodon));
    }
    return leftmost;
  }

  private void publish(Candidate gene) {
    emit(gene, Gene.Status.PUBLISHED, ++number);
  }

  private void emit(Candidate gene, Gene.Status status, long itsNumber) {
    outputs.add(
        new Prediction<>(
            position,
            new Gene(
                status,
                itsNumber,
                gene.left(),
                gene.right(),
                gene.reverse(),
                gene.score(),
                gene.codingScore(),
                gene.startScore(),
                gene.start(),
                gene.openLeft(),
                gene.openRight(),
                scoring.confidence(gene.score()))));
  }

  /** Closes all reading frames at the end of a contig and decides all pending candidates. */
  void finish(Contig its, long length, List<Prediction<Gene>> to) {
    contig = its;
    position = length;
    outputs = to;
    for (int k = 0; k < FRAMES && sums.tokens() > 0; k++) {
      long end = k + Math.floorDiv(length - k, 3) * 3;
      if (end > k) {
        forward[k].close(end, true, contig).ifPresent(this::add);
        reverse[k].closeAtEnd(end).ifPresent(this::add);
      }
    }
    publisher.decideAll().forEach(this::publish);
  }

  // -------------------------------------------------------------------- bytes

  private static final int FIXED_BYTES =
      2 * Long.BYTES
          + READING_FRAMES * (CodingSums.FRAME_BYTES + GrowthReports.FRAME_BYTES)
          + FRAMES * (ForwardFrame.FIXED_BYTES + ReverseFrame.FIXED_BYTES);

  /** Bytes that {@link #store} writes now. */
  int bytes() {
    int bytes = FIXED_BYTES + publisher.bytes();
    for (int k = 0; k < FRAMES; k++) {
      bytes += forward[k].bytes() + reverse[k].bytes();
    }
    return bytes;
  }

  /** Bytes that {@link #store} writes at most. */
  static int mostBytes(AnnotatorConfig config) {
    int frame = 2 * BestStart.MOST_BYTES + RecentStarts.capacity(config) * RecentStarts.ENTRY_BYTES;
    return FIXED_BYTES + FRAMES * frame + GenePublisher.mostBytes(config.calling());
  }

  /** Appends the state to a little-endian buffer. */
  void store(ByteBuffer to) {
    sums.storeTokens(to);
    to.putLong(number);
    for (int r = 0; r < READING_FRAMES; r++) {
      sums.storeFrame(r, to);
      reports.storeFrame(r, to);
    }
    for (int k = 0; k < FRAMES; k++) {
      forward[k].storeOpen(to);
      reverse[k].storeOpen(to);
      forward[k].storeBest(to);
      reverse[k].storeBest(to);
      forward[k].storeRecent(to);
    }
    publisher.store(to);
  }

  /**
   * Reads what {@link #store} wrote.
   *
   * @throws IllegalArgumentException if the bytes are not those of a state
   */
  void load(ByteBuffer from) {
    sums.loadTokens(from);
    number = from.getLong();
    for (int r = 0; r < READING_FRAMES; r++) {
      sums.loadFrame(r, from);
      reports.loadFrame(r, from);
    }
    for (int k = 0; k < FRAMES; k++) {
      forward[k].loadOpen(from);
      reverse[k].loadOpen(from);
      forward[k].loadBest(from);
      reverse[k].loadBest(from);
      forward[k].loadRecent(from);
    }
    publisher.load(from);
  }
}
