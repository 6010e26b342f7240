package dev.riffle.models.annotator;

import static dev.riffle.models.annotator.AnnotatorConfig.LANES;
import static dev.riffle.models.annotator.AnnotatorConfig.START_WINDOW;
import static dev.riffle.models.annotator.AnnotatorConfig.TOKEN;

import dev.riffle.models.Prediction;
import dev.riffle.models.annotator.AnnotatorConfig.Calling;
import dev.riffle.models.dna.GeneticCode;
import dev.riffle.models.dna.Nucleotides;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/**
 * Logits and letters to genes (docs/dna-annotator.md, sections 5 to 8), token by token, in 64 bits.
 * One contig's: it keeps the sums of the logits, the open reading frame of each lane, and the genes
 * that later ones may run into.
 *
 * <p>Besides what section 8 publishes it tells of genes while they grow: of each lane the one that
 * section 8 would take into its pool, when its left end is new and whenever its right end has gone
 * {@value #TOLD_EVERY} bases further.
 */
final class Caller {
  /** Bases by which the right end of a growing gene moves before it is told again. */
  static final int TOLD_EVERY = 300;

  /** Published genes that are kept, of those that a later one can run into. */
  private static final int MOST_PUBLISHED = 200;

  private static final int FORWARD_START = 1;
  private static final int FORWARD_STOP = 2;
  private static final int REVERSE_START = 4;
  private static final int REVERSE_STOP = 8;
  private static final int FIVE = 5;
  private static final byte[][] MARKS = marks();

  /** Best first: by score, then from the left, the forward strand first. */
  private static final Comparator<Call> BEST_FIRST =
      Comparator.<Call>comparingDouble(c -> -c.score)
          .thenComparingLong(c -> c.left)
          .thenComparingLong(c -> c.right)
          .thenComparing(c -> c.reverse);

  private static final Comparator<Call> BY_END =
      Comparator.<Call>comparingLong(c -> c.right)
          .thenComparingLong(c -> c.left)
          .thenComparing(c -> c.reverse);

  /** A gene that closed, or one that grows. */
  record Call(
      long left,
      long right,
      boolean reverse,
      double score,
      double coding,
      double start,
      int codon,
      boolean openLeft,
      boolean openRight) {}

  /** A start, or a contig's edge in its place, that a gene may have. */
  private static final class Start {
    boolean there;
    double key;
    long at;
    double sum; // of the logits left of it
    double score;
    int codon; // Letters.UNKNOWN_CODON for an edge

    void set(double newKey, long newAt, double newSum, double newScore, int newCodon) {
      there = true;
      key = newKey;
      at = newAt;
      sum = newSum;
      score = newScore;
      codon = newCodon;
    }

    void store(ByteBuffer to) {
      to.put((byte) (there ? 1 : 0));
      if (there) {
        to.putDouble(key).putLong(at).putDouble(sum).putDouble(score).put((byte) codon);
      }
    }

    void load(ByteBuffer from) {
      there = from.get() != 0;
      if (there) {
        set(from.getDouble(), from.getLong(), from.getDouble(), from.getDouble(), from.get());
      }
    }

    int bytes() {
      return there ? MOST_BYTES : 1;
    }

    static final int MOST_BYTES = 2 + 4 * Long.BYTES;
  }

  /** Starts of a forward lane that are too near to end a gene yet: their scores are not needed. */
  private static final class Recent {
    static final int BYTES = 2 * Long.BYTES + 1;

    final long[] at;
    final double[] sum;
    final byte[] codon;
    int count;

    Recent(int most) {
      at = new long[most];
      sum = new double[most];
      codon = new byte[most];
    }

    void add(long position, double itsSum, int itsCodon) {
      at[count] = position;
      sum[count] = itsSum;
      codon[count] = (byte) itsCodon;
      count++;
    }

    void drop(int first) {
      count -= first;
      System.arraycopy(at, first, at, 0, count);
      System.arraycopy(sum, first, sum, 0, count);
      System.arraycopy(codon, first, codon, 0, count);
    }

    void store(ByteBuffer to) {
      to.putShort((short) count);
      for (int i = 0; i < count; i++) {
        to.putLong(at[i]).putDouble(sum[i]).put(codon[i]);
      }
    }

    void load(ByteBuffer from) {
      int entries = from.getShort();
      count = 0;
      for (int i = 0; i < entries; i++) {
        add(from.getLong(), from.getDouble(), from.get());
      }
    }
  }

  private final Calling c;
  private final StartHead startHead;
  private final byte[] window = new byte[START_WINDOW];
  private Consumer<Call> observer = call -> {};

  private long tokens;
  private final double[] sum = new double[LANES]; // S at the watermark
  private final double[] sumNow = new double[LANES]; // S where the last token begins
  private final double[] sumBefore = new double[LANES]; // and the one before it
  private final double[] logitNow = new double[LANES];
  private final double[] logitBefore = new double[LANES];
  private final double[] sumEdge = new double[LANES]; // S at the first codon

  private final boolean[] edge = new boolean[3]; // forward: no stop yet, the contig's edge competes
  private final Start[] best = starts();
  private final Recent[] recent = new Recent[3];
  private final boolean[] open = new boolean[3]; // reverse: a reading frame is open
  private final long[] frame = new long[3]; // its left end
  private final double[] frameSum = new double[3];
  private final boolean[] frameEdge = new boolean[3];
  private final Start[] bestReverse = starts();

  private final List<Call> pending = new ArrayList<>();
  private final List<Call> published = new ArrayList<>(); // left and right only
  private long number;
  private final long[] toldLeft = new long[LANES];
  private final long[] toldRight = new long[LANES];

  private final Start edgeStart = new Start();
  private Contig contig;
  private long position;
  private List<Prediction<Gene>> outputs;

  Caller(AnnotatorConfig config, StartHead startHead) {
    c = config.calling();
    this.startHead = startHead;
    for (int k = 0; k < 3; k++) {
      recent[k] = new Recent(mostRecent(config));
    }
    open();
  }

  private static Start[] starts() {
    return new Start[] {new Start(), new Start(), new Start()};
  }

  private static int mostRecent(AnnotatorConfig config) {
    return (config.calling().minLength() + TOKEN) / 3 + 2;
  }

  /** What each codon of three letters is, by the genetic code. */
  private static byte[][] marks() {
    byte[][] marks = new byte[GeneticCode.values().length][FIVE * FIVE * FIVE];
    for (GeneticCode code : GeneticCode.values()) {
      for (int key = 0; key < FIVE * FIVE * FIVE; key++) {
        int x = key / (FIVE * FIVE);
        int y = key / FIVE % FIVE;
        int z = key % FIVE;
        int forward = Nucleotides.codon(x, y, z);
        int reverse = Nucleotides.reverseCodon(x, y, z);
        marks[code.ordinal()][key] =
            (byte)
                ((Nucleotides.isStart(forward) ? FORWARD_START : 0)
                    | (code.isStop(forward) ? FORWARD_STOP : 0)
                    | (Nucleotides.isStart(reverse) ? REVERSE_START : 0)
                    | (code.isStop(reverse) ? REVERSE_STOP : 0));
      }
    }
    return marks;
  }

  /** Lets somebody see every gene that closes, those of no score among them; for goldens. */
  void observe(Consumer<Call> by) {
    observer = by;
  }

  /** Becomes that of a contig of which nothing has come. */
  void open() {
    tokens = 0;
    number = 0;
    for (int r = 0; r < LANES; r++) {
      sum[r] = 0;
      sumNow[r] = 0;
      sumBefore[r] = 0;
      logitNow[r] = 0;
      logitBefore[r] = 0;
      sumEdge[r] = 0;
      toldLeft[r] = -1;
      toldRight[r] = -1;
    }
    for (int k = 0; k < 3; k++) {
      edge[k] = true;
      best[k].there = false;
      recent[k].count = 0;
      open[k] = true;
      frame[k] = k;
      frameSum[k] = 0;
      frameEdge[k] = true;
      bestReverse[k].there = false;
    }
    pending.clear();
    published.clear();
  }

  /** Tokens that are called. */
  long tokens() {
    return tokens;
  }

  // ------------------------------------------------------------------ scores

  /** Section 7: V. */
  private double value(double coding, long length, double start) {
    return c.geneCoding() * coding
        + c.geneLength() * length / TOKEN
        + c.geneStart() * start
        + c.geneBias();
  }

  /** Section 7: the part of a start's key that grows from left to right. */
  private double slope(double s, long x) {
    return c.startCoding() * s + c.startLength() * x / TOKEN;
  }

  private double confidence(double score) {
    double logit = c.confidenceSlope() * Math.log(Math.max(score, 0.001)) + c.confidenceBias();
    return 1 / (1 + Math.exp(-logit));
  }

  /** Section 5: S_r(x) of a boundary within the last two tokens. */
  private double sum(long x, int r) {
    long from = (tokens - 1) * TOKEN; // where the last token begins
    if (x >= from + TOKEN) {
      return sum[r];
    }
    return x >= from
        ? sumNow[r] + (double) (x - from) / TOKEN * logitNow[r]
        : sumBefore[r] + (double) (x - from + TOKEN) / TOKEN * logitBefore[r];
  }

  // ------------------------------------------------------------------- tokens

  /**
   * Calls the next token.
   *
   * @param letters of the contig
   * @param length of the contig if it has ended, else Long.MAX_VALUE
   * @param logits six of the token, from {@code at} on
   * @param known bases that had to be read for these logits
   * @param to receives what can be told
   */
  void token(
      Contig letters, long length, float[] logits, int at, long known, List<Prediction<Gene>> to) {
    contig = letters;
    position = known;
    outputs = to;
    for (int r = 0; r < LANES; r++) {
      sumBefore[r] = sumNow[r];
      logitBefore[r] = logitNow[r];
      sumNow[r] = sum[r];
      logitNow[r] = Math.max(-c.clip(), Math.min(c.clip(), (double) logits[at + r]));
      sum[r] += logitNow[r];
    }
    tokens++;
    if (tokens == 1) {
      for (int r = 0; r < LANES; r++) {
        sumEdge[r] = sum(r % 3, r);
      }
      for (int k = 0; k < 3; k++) {
        frameSum[k] = sumEdge[3 + k];
      }
    }
    scan(Math.max(0, (tokens - 1) * TOKEN - 2), Math.min(tokens * TOKEN, length) - 3);
    long w = Math.min(tokens * TOKEN, length);
    for (int k = 0; k < 3; k++) {
      Start b = bestReverse[k];
      if (b.there && (slope(sum(w, 3 + k), w) < b.key - c.drop() || w - b.at >= c.maxWait())) {
        closeReverse(k, false);
      }
    }
    if (!pending.isEmpty()) {
      decide(w, false);
    }
    for (int k = 0; k < 3; k++) {
      tellGrowing(k, growing(k, w));
      tellGrowing(3 + k, growingReverse(k, w));
    }
  }

  /** Section 7 for the codons at {@code first} to {@code last}. */
  private void scan(long first, long last) {
    if (last < first) {
      return;
    }
    byte[] letters = contig.letters();
    byte[] marks = MARKS[contig.code().ordinal()];
    int at = contig.index(first);
    int key = letters[at] * FIVE + letters[at + 1];
    for (long p = first; p <= last; p++) {
      key = key % (FIVE * FIVE) * FIVE + letters[at + 2];
      at++;
      int mark = marks[key];
      if (mark == 0) {
        continue;
      }
      int k = (int) (p % 3);
      int a = key / (FIVE * FIVE);
      int b = key / FIVE % FIVE;
      int c3 = key % FIVE;
      if ((mark & FORWARD_START) != 0) {
        recent[k].add(p, sum(p, k), Nucleotides.codon(a, b, c3));
      }
      if ((mark & FORWARD_STOP) != 0) {
        closeForward(k, p + 3, sum(p + 3, k), false);
      }
      if ((mark & REVERSE_START) != 0 && open[k] && p + 3 - frame[k] >= c.minLength()) {
        startReverse(k, p, Nucleotides.reverseCodon(a, b, c3));
      }
      if ((mark & REVERSE_STOP) != 0) {
        closeReverse(k, false);
        open[k] = true;
        frame[k] = p;
        frameSum[k] = sum(p, 3 + k);
        frameEdge[k] = false;
      }
    }
  }

  // ------------------------------------------------------------------ forward

  /** The best start of a gene that ends at {@code end}; null if there is none. */
  private Start bestForward(int k, long end) {
    Recent young = recent[k];
    Start b = best[k];
    int old = 0;
    while (old < young.count && end - young.at[old] >= c.minLength()) {
      long p = young.at[old];
      contig.windowForward(p, window);
      double h = startHead.score(window);
      double key = h - slope(young.sum[old], p);
      if (!b.there || key > b.key) {
        b.set(key, p, young.sum[old], h, young.codon[old]);
      }
      old++;
    }
    if (old > 0) {
      young.drop(old);
    }
    if (edge[k] && end - k >= c.minLength()) {
      double key = c.edgeStart() - slope(sumEdge[k], k);
      if (!b.there || key > b.key) {
        edgeStart.set(key, k, sumEdge[k], c.edgeStart(), Nucleotides.UNKNOWN_CODON);
        return edgeStart;
      }
    }
    return b.there ? b : null;
  }

  private void closeForward(int k, long end, double s, boolean atEnd) {
    Start b = bestForward(k, end);
    if (b != null) {
      boolean atEdge = b.codon == Nucleotides.UNKNOWN_CODON;
      add(b.at, end, false, s - b.sum, b, atEdge, atEnd);
    }
    edge[k] = false;
    best[k].there = false;
    recent[k].count = 0;
  }

  // ------------------------------------------------------------------ reverse

  private void startReverse(int k, long p, int codon) {
    contig.windowReverse(p, window);
    double h = startHead.score(window);
    long x = p + 3;
    double s = sum(x, 3 + k);
    double key = slope(s, x) + h;
    if (!bestReverse[k].there || key > bestReverse[k].key) {
      bestReverse[k].set(key, x, s, h, codon);
    }
  }

  private void closeReverse(int k, boolean atEnd) {
    Start b = bestReverse[k];
    if (b.there) {
      add(frame[k], b.at, true, b.sum - frameSum[k], b, frameEdge[k], atEnd);
    }
    open[k] = false;
    b.there = false;
  }

  // ---------------------------------------------------------------- decisions

  private void add(
      long left,
      long right,
      boolean reverse,
      double coding,
      Start start,
      boolean openLeft,
      boolean openRight) {
    double score = value(coding, right - left, start.score);
    Call call =
        new Call(
            left, right, reverse, score, coding, start.score, start.codon, openLeft, openRight);
    observer.accept(call);
    if (score > 0) {
      pending.add(call);
    }
  }

  /** The gene of a forward lane that grows, if it has a score; null if there is none. */
  private Call growing(int k, long w) {
    Start b = bestForward(k, w);
    if (b == null) {
      return null;
    }
    double coding = sum(w, k) - b.sum;
    double score = value(coding, w - b.at, b.score);
    boolean atEdge = b.codon == Nucleotides.UNKNOWN_CODON;
    return score > 0
        ? new Call(b.at, w, false, score, coding, b.score, b.codon, atEdge, false)
        : null;
  }

  /** The same of a reverse lane: as far as it runs, or to its best start. */
  private Call growingReverse(int k, long w) {
    if (!open[k]) {
      return null;
    }
    Start b = bestReverse[k];
    double coding = sum(w, 3 + k) - frameSum[k];
    double run = value(coding, w - frame[k], 0);
    double done = b.there ? value(b.sum - frameSum[k], b.at - frame[k], b.score) : -1;
    if (Math.max(run, done) <= 0) {
      return null;
    }
    return run >= done
        ? new Call(frame[k], w, true, run, coding, 0, -1, frameEdge[k], false)
        : new Call(
            frame[k], b.at, true, done, b.sum - frameSum[k], b.score, b.codon, frameEdge[k], false);
  }

  private void tellGrowing(int lane, Call call) {
    if (call == null || call.left == toldLeft[lane] && call.right < toldRight[lane] + TOLD_EVERY) {
      return;
    }
    toldLeft[lane] = call.left;
    toldRight[lane] = call.right;
    outputs.add(new Prediction<>(position, gene(call, Gene.Status.GROWING, 0)));
  }

  /** Section 8. */
  private void decide(long w, boolean atEnd) {
    List<Call> due = new ArrayList<>();
    for (Call call : pending) {
      if (atEnd || w >= call.right + c.hold()) {
        due.add(call);
      }
    }
    if (due.isEmpty()) {
      return;
    }
    List<Call> pool = new ArrayList<>(pending);
    for (int k = 0; k < 3 && !atEnd; k++) {
      Call forward = growing(k, w);
      Call reverse = growingReverse(k, w);
      if (forward != null) {
        pool.add(forward);
      }
      if (reverse != null) {
        pool.add(reverse);
      }
    }
    pool.sort(BEST_FIRST);
    List<Call> taken = new ArrayList<>(published);
    for (Call call : pool) {
      if (taken.stream().noneMatch(other -> conflict(call, other))) {
        taken.add(call);
      }
    }
    due.sort(BY_END);
    for (Call call : due) {
      if (taken.stream().anyMatch(other -> other == call)) {
        published.add(call);
        outputs.add(new Prediction<>(position, gene(call, Gene.Status.PUBLISHED, ++number)));
      }
    }
    pending.removeAll(due);
    forget(w);
  }

  private boolean conflict(Call a, Call b) {
    long shared = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    return shared > c.maxOverlap()
        || shared > c.maxOverlapShare() * Math.min(a.right - a.left, b.right - b.left);
  }

  /** Drops the published genes that end left of all that may still come. */
  private void forget(long w) {
    long first = w - 2; // of a codon that is not read yet
    for (int k = 0; k < 3; k++) {
      if (edge[k]) {
        first = Math.min(first, k);
      } else if (best[k].there) {
        first = Math.min(first, best[k].at);
      } else if (recent[k].count > 0) {
        first = Math.min(first, recent[k].at[0]);
      }
      if (open[k]) {
        first = Math.min(first, frame[k]);
      }
    }
    for (Call call : pending) {
      first = Math.min(first, call.left);
    }
    long from = first;
    published.removeIf(call -> call.right <= from);
    if (published.size() > MOST_PUBLISHED) {
      published.subList(0, published.size() - MOST_PUBLISHED).clear();
    }
  }

  private Gene gene(Call call, Gene.Status status, long itsNumber) {
    return new Gene(
        status,
        itsNumber,
        call.left,
        call.right,
        call.reverse,
        call.score,
        call.coding,
        call.start,
        call.codon == Nucleotides.UNKNOWN_CODON
            ? Gene.Start.EDGE
            : call.codon < 0 ? Gene.Start.UNKNOWN : Gene.Start.of(call.codon),
        call.openLeft,
        call.openRight,
        confidence(call.score));
  }

  /** Section 7, at the end of a contig; then all that is left is decided. */
  void finish(Contig letters, long length, List<Prediction<Gene>> to) {
    contig = letters;
    position = length;
    outputs = to;
    for (int k = 0; k < 3 && tokens > 0; k++) {
      long end = k + Math.floorDiv(length - k, 3) * 3;
      if (end <= k) {
        continue;
      }
      closeForward(k, end, sum(end, k), true);
      if (open[k]) {
        double s = sum(end, 3 + k);
        double key = slope(s, end) + c.edgeStart();
        Start b = bestReverse[k];
        boolean cut = end - frame[k] >= c.minLength() && (!b.there || key > b.key);
        if (cut) {
          b.set(key, end, s, c.edgeStart(), Nucleotides.UNKNOWN_CODON);
        }
        closeReverse(k, cut);
      }
    }
    decide(length, true);
  }

  // -------------------------------------------------------------------- bytes

  private static final int FIXED_BYTES =
      2 * Long.BYTES + LANES * 8 * Long.BYTES + 3 * (3 + 2 * Long.BYTES + Short.BYTES);
  private static final int CALL_BYTES = 3 * Long.BYTES + 2 * Long.BYTES + 4;

  /** Bytes that {@link #store} takes now. */
  int bytes() {
    int bytes = FIXED_BYTES + 2 * Short.BYTES;
    for (int k = 0; k < 3; k++) {
      bytes += best[k].bytes() + bestReverse[k].bytes() + recent[k].count * Recent.BYTES;
    }
    return bytes + pending.size() * CALL_BYTES + published.size() * 2 * Long.BYTES;
  }

  /** Bytes that {@link #store} takes at most. */
  static int mostBytes(AnnotatorConfig config) {
    // genes of a lane do not overlap, and one that is due leaves
    int waiting = LANES * (config.calling().hold() / config.calling().minLength() + 1);
    return FIXED_BYTES
        + 2 * Short.BYTES
        + 3 * (2 * Start.MOST_BYTES + mostRecent(config) * Recent.BYTES)
        + (config.calling().hold() == 0 ? 0 : waiting * CALL_BYTES)
        + MOST_PUBLISHED * 2 * Long.BYTES;
  }

  /** Appends all of it to a little-endian buffer. */
  void store(ByteBuffer to) {
    to.putLong(tokens).putLong(number);
    for (int r = 0; r < LANES; r++) {
      to.putDouble(sum[r]).putDouble(sumNow[r]).putDouble(sumBefore[r]);
      to.putDouble(logitNow[r]).putDouble(logitBefore[r]).putDouble(sumEdge[r]);
      to.putLong(toldLeft[r]).putLong(toldRight[r]);
    }
    for (int k = 0; k < 3; k++) {
      to.put(bit(edge[k])).put(bit(open[k])).put(bit(frameEdge[k]));
      to.putLong(frame[k]).putDouble(frameSum[k]);
      best[k].store(to);
      bestReverse[k].store(to);
      recent[k].store(to);
    }
    to.putShort((short) pending.size());
    for (Call call : pending) {
      to.putLong(call.left).putLong(call.right).putDouble(call.score);
      to.putDouble(call.coding).putDouble(call.start);
      to.put((byte) call.codon).put(bit(call.reverse));
      to.put(bit(call.openLeft)).put(bit(call.openRight));
    }
    to.putShort((short) published.size());
    for (Call call : published) {
      to.putLong(call.left).putLong(call.right);
    }
  }

  /** Reads what {@link #store} wrote. */
  void load(ByteBuffer from) {
    tokens = from.getLong();
    number = from.getLong();
    for (int r = 0; r < LANES; r++) {
      sum[r] = from.getDouble();
      sumNow[r] = from.getDouble();
      sumBefore[r] = from.getDouble();
      logitNow[r] = from.getDouble();
      logitBefore[r] = from.getDouble();
      sumEdge[r] = from.getDouble();
      toldLeft[r] = from.getLong();
      toldRight[r] = from.getLong();
    }
    for (int k = 0; k < 3; k++) {
      edge[k] = from.get() != 0;
      open[k] = from.get() != 0;
      frameEdge[k] = from.get() != 0;
      frame[k] = from.getLong();
      frameSum[k] = from.getDouble();
      best[k].load(from);
      bestReverse[k].load(from);
      recent[k].load(from);
    }
    pending.clear();
    for (int i = from.getShort(); i > 0; i--) {
      long left = from.getLong();
      long right = from.getLong();
      double score = from.getDouble();
      double coding = from.getDouble();
      double start = from.getDouble();
      int codon = from.get();
      boolean reverse = from.get() != 0;
      boolean openLeft = from.get() != 0;
      pending.add(
          new Call(left, right, reverse, score, coding, start, codon, openLeft, from.get() != 0));
    }
    published.clear();
    for (int i = from.getShort(); i > 0; i--) {
      published.add(new Call(from.getLong(), from.getLong(), false, 0, 0, 0, -1, false, false));
    }
  }

  private static byte bit(boolean value) {
    return (byte) (value ? 1 : 0);
  }
}
