package dev.riffle.dna.annotator;

import dev.riffle.dna.annotator.AnnotatorConfig.Calling;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Resolves overlaps and decides which candidates are published (section 8). Candidates wait here
 * until they are due; the intervals of published genes stay as long as a later candidate can
 * overlap them.
 */
final class GenePublisher {
  /** Published intervals that are kept at most. */
  private static final int MOST_PUBLISHED = 200;

  private static final int CANDIDATE_BYTES = 2 * Long.BYTES + 3 * Double.BYTES + 4;
  private static final int INTERVAL_BYTES = 2 * Long.BYTES;

  private final Calling constants;
  private final List<Candidate> pending = new ArrayList<>();
  private final List<Interval> published = new ArrayList<>();

  GenePublisher(Calling constants) {
    this.constants = constants;
  }

  /** Resets to a contig without candidates. */
  void open() {
    pending.clear();
    published.clear();
  }

  /** Adds a candidate of positive score. */
  void add(Candidate candidate) {
    pending.add(candidate);
  }

  /**
   * Decides the candidates that are due at the watermark.
   *
   * @param growing genes that still grow: a due candidate can lose against one of them
   * @param leftmost the leftmost base at which a gene that is still open or unread can begin
   * @return the genes to publish, by right end
   */
  List<Candidate> decide(long watermark, List<Candidate> growing, long leftmost) {
    List<Candidate> due = new ArrayList<>();
    for (Candidate candidate : pending) {
      if (watermark >= candidate.right() + constants.hold()) {
        due.add(candidate);
      }
    }
    List<Candidate> genes = decideDue(due, growing);
    if (!due.isEmpty()) {
      forget(leftmost);
    }
    return genes;
  }

  /** Decides all candidates, at the end of the contig. */
  List<Candidate> decideAll() {
    return decideDue(new ArrayList<>(pending), List.of());
  }

  private List<Candidate> decideDue(List<Candidate> due, List<Candidate> growing) {
    if (due.isEmpty()) {
      return List.of();
    }
    Set<Candidate> accepted = withoutConflicts(growing);
    due.sort(Candidate.BY_END);
    List<Candidate> genes = due.stream().filter(accepted::contains).toList();
    genes.forEach(gene -> published.add(gene.interval()));
    pending.removeAll(due);
    return genes;
  }

  /** Of pending and growing genes those that conflict with no published and no better one. */
  private Set<Candidate> withoutConflicts(List<Candidate> growing) {
    List<Candidate> pool = new ArrayList<>(pending);
    pool.addAll(growing);
    pool.sort(Candidate.BEST_FIRST);
    List<Interval> taken = new ArrayList<>(published);
    Set<Candidate> accepted = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Candidate candidate : pool) {
      if (taken.stream().noneMatch(other -> conflict(candidate.interval(), other))) {
        taken.add(candidate.interval());
        accepted.add(candidate);
      }
    }
    return accepted;
  }

  private boolean conflict(Interval a, Interval b) {
    long overlap = a.overlap(b);
    return overlap > constants.maxOverlap()
        || overlap > constants.maxOverlapShare() * Math.min(a.length(), b.length());
  }

  /** Forgets the published genes that no later candidate can overlap. */
  private void forget(long leftmost) {
    long first = leftmost;
    for (Candidate candidate : pending) {
      first = Math.min(first, candidate.left());
    }
    long needed = first;
    published.removeIf(interval -> interval.right() <= needed);
    if (published.size() > MOST_PUBLISHED) {
      published.subList(0, published.size() - MOST_PUBLISHED).clear();
    }
  }

  /** Bytes that {@link #store} writes now. */
  int bytes() {
    return 2 * Short.BYTES + pending.size() * CANDIDATE_BYTES + published.size() * INTERVAL_BYTES;
  }

  /** Bytes that {@link #store} writes at most. */
  static int mostBytes(Calling constants) {
    // genes of one reading frame do not overlap, and a due one leaves
    int perFrame = constants.hold() / constants.minLength() + 1;
    int pending = constants.hold() == 0 ? 0 : AnnotatorConfig.READING_FRAMES * perFrame;
    return 2 * Short.BYTES + pending * CANDIDATE_BYTES + MOST_PUBLISHED * INTERVAL_BYTES;
  }

  void store(ByteBuffer to) {
    to.putShort((short) pending.size());
    for (Candidate candidate : pending) {
      to.putLong(candidate.left()).putLong(candidate.right());
      to.putDouble(candidate.score()).putDouble(candidate.codingScore());
      to.putDouble(candidate.startScore()).put(candidate.start().code());
      to.put(bit(candidate.reverse())).put(bit(candidate.openLeft()));
      to.put(bit(candidate.openRight()));
    }
    to.putShort((short) published.size());
    for (Interval interval : published) {
      to.putLong(interval.left()).putLong(interval.right());
    }
  }

  void load(ByteBuffer from) {
    pending.clear();
    for (int i = from.getShort(); i > 0; i--) {
      Interval interval = new Interval(from.getLong(), from.getLong());
      double score = from.getDouble();
      double codingScore = from.getDouble();
      double startScore = from.getDouble();
      Gene.Start start = Gene.Start.ofCode(from.get());
      boolean reverse = from.get() != 0;
      boolean openLeft = from.get() != 0;
      boolean openRight = from.get() != 0;
      pending.add(
          new Candidate(
              interval, reverse, score, codingScore, startScore, start, openLeft, openRight));
    }
    published.clear();
    for (int i = from.getShort(); i > 0; i--) {
      published.add(new Interval(from.getLong(), from.getLong()));
    }
  }

  private static byte bit(boolean value) {
    return (byte) (value ? 1 : 0);
  }
}
