package dev.riffle.music.transcriber;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.ModelException;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.rse.RseFamily;
import dev.riffle.models.rse.RseMusic;
import dev.riffle.models.weights.ModelDirectory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Verifies every peak of the onset probability, including small ones, once the audio after it has
 * arrived (docs/second-pass.md):
 *
 * <pre>
 *   candidate       o_(t,p) >= least and the largest within `apart` frames
 *   log odds of q = trust * log odds of o_(t,p) + log odds of the answer to its window
 *   o'            = q at a candidate with q >= threshold, its neighbours in proportion, else 0
 *   notes         = the decoder of the first pass on o', so many frames later
 * </pre>
 *
 * <p>Immutable; what a sequence keeps is a {@link State}, what a thread needs a {@link Work}.
 */
public final class SecondPass {
  private static final int SHORTEST_MEMORY = 4;

  /** Windows that go through the network at once, at most: bounds its work memory. */
  private static final int MAX_WINDOWS = 32;

  /** Frames by which a note that takes another's place may begin later than that, or earlier. */
  private static final int MOVED = 2;

  /** Semitones between a note and one that is often taken for it: a neighbour or a harmonic. */
  private static final int[] MISTAKEN = {0, 1, 12, 19, 24};

  private static final double SURE = 1e-6;
  private static final double TOLD_SURE = 1e-4;

  // What became of a note of the first pass that began in a frame.
  private static final float TOLD = 1;
  private static final float RETRACTED = 2;

  /**
   * What the first pass is.
   *
   * @param rate samples per second
   * @param hop samples from one frame to the next
   * @param bins of each of its two spectra
   */
  private record First(int rate, int hop, int bins, int pitches, int firstPitch) {
    static First of(Settings s) {
      return new First(
          s.size("rate"), s.size("hop"), s.size("bins"), s.size("pitches"), s.size("first_pitch"));
    }

    static First of(TranscriberConfig config) {
      return new First(
          config.audio().rate(),
          config.audio().hop(),
          config.spectrum().count(),
          config.pitches(),
          config.firstPitch());
    }
  }

  /**
   * How an answer becomes a verdict.
   *
   * @param least onset probability of a candidate
   * @param apart frames within which it is the largest
   * @param trust weight of the first pass's log odds
   * @param answer which of the network's answers is the verdict
   */
  private record Rules(double least, int apart, double trust, int answer) {
    static Rules of(Settings s) {
      return new Rules(
          s.number("least"), s.size("apart"), s.number("trust"), (int) s.number("answer"));
    }
  }

  private final String label;
  private final Kernels kernels;
  private final RseMusic network;
  private final CandidateWindow window;
  private final First first;
  private final Rules rules;
  private final double threshold;
  private final Decoder decoder;
  private final int bins;
  private final int pitches;
  private final int revisedAt; // in a row: revised onset probabilities [pitches]
  private final int toldAt; // in a row: what began in this frame [pitches]
  private final int width; // of a row
  private final int memory; // rows from one frame to the next

  /**
   * @throws ModelException if the directory is no second pass, or its settings do not fit
   */
  SecondPass(ModelDirectory directory, Kernels kernels) {
    if (!directory.family().equals(SecondPassFamily.NAME)) {
      throw new ModelException(
          String.format(
              "Model %s belongs to the family '%s', but a second pass belongs to the family '%s'.",
              directory.label(), directory.family(), SecondPassFamily.NAME));
    }
    this.label = directory.label();
    this.kernels = kernels;
    Settings s = directory.config();
    network = RseFamily.music(directory, kernels);
    window = CandidateWindow.of(s.under("layout"));
    first = First.of(s.under("first_pass"));
    rules = Rules.of(s.under("verdict"));
    Decoder.Settings settings = TranscriberConfig.decoder(s.under("decoder"));
    check(s, settings);
    threshold = settings.onset();
    bins = first.bins;
    pitches = first.pitches;
    decoder = new Decoder(settings, pitches, first.firstPitch, (double) first.hop / first.rate);
    revisedAt = 2 * bins + 3 * pitches;
    toldAt = revisedAt + pitches;
    width = toldAt + pitches;
    memory = Math.max(window.before(), SHORTEST_MEMORY) + window.after();
  }

  private void check(Settings s, Decoder.Settings settings) {
    if (window.length() != network.window()) {
      throw s.expected("the " + window.length() + " values that the layout has", "window");
    }
    Settings verdict = s.under("verdict");
    if (rules.answer < 0 || rules.answer >= network.classes()) {
      throw verdict.expected("one of the " + network.classes() + " answers, from 0 on", "answer");
    }
    if (rules.least <= 0) {
      throw verdict.expected("above 0", "least");
    }
    if (rules.apart < 2 || rules.apart > MOVED + 1) {
      throw verdict.expected("2 or 3", "apart");
    }
    if (window.after() < rules.apart - 1) {
      throw s.under("layout")
          .expected("a list that reaches " + (rules.apart - 1) + " or more", "short_frames");
    }
    if (settings.late() <= 1) {
      throw s.under("decoder").expected("above 1, as every note begins with a peak,", "late");
    }
  }

  /**
   * Checks that it can follow this first pass.
   *
   * @throws ModelException if it was made for another
   */
  void checkFollows(String transcriber, TranscriberConfig config) {
    First given = First.of(config);
    if (!given.equals(first) || config.audio().windows().length != 2) {
      throw new ModelException(
          String.format(
              "The second pass %s was made for a first pass of %s and two windows, but %s is one of"
                  + " %s and %d.",
              label, first, transcriber, given, config.audio().windows().length));
    }
    if (config.decoder().late() <= 1) {
      throw new ModelException(
          String.format(
              "The second pass %s needs notes that begin with a peak, but %s also tells late ones"
                  + " (its decoder.late is not above 1).",
              label, transcriber));
    }
  }

  // ------------------------------------------------------------------ a sequence

  /** What one sequence keeps: the last frames, and the notes that stand and sound. */
  final class State {
    private float[] rows = new float[(memory + 1) * width]; // the memory, then what is new
    private final Decoder.State notes = new Decoder.State(pitches);
    private final byte[] revisions = new byte[pitches]; // of the sounding notes
    private int held = memory;

    /** Before the first frame: nothing was heard. */
    void reset() {
      held = 0;
      for (int r = 0; r < memory; r++) {
        addNothing();
      }
      notes.reset();
      Arrays.fill(revisions, (byte) 0);
    }

    /** Takes the next frame. */
    void add(float[] features, int featuresAt, float[] probabilities, int probabilitiesAt) {
      int at = grow();
      System.arraycopy(features, featuresAt, rows, at, 2 * bins);
      System.arraycopy(probabilities, probabilitiesAt, rows, at + 2 * bins, 3 * pitches);
      Arrays.fill(rows, at + revisedAt, at + width, 0);
    }

    private void addNothing() {
      int at = grow();
      Arrays.fill(rows, at, at + 2 * bins, (float) window.outside());
      Arrays.fill(rows, at + 2 * bins, at + width, 0);
    }

    private int grow() {
      int at = held++ * width;
      if (rows.length < at + width) {
        rows = Arrays.copyOf(rows, Math.max(at + width, 2 * rows.length));
      }
      return at;
    }

    /** A note of the first pass that begins in the frame before a new one, counted from 0. */
    void told(int fresh, int p) {
      rows[(memory + fresh - 1) * width + toldAt + p] = TOLD;
    }

    /** Forgets what no coming frame needs. */
    void forget() {
      System.arraycopy(rows, (held - memory) * width, rows, 0, memory * width);
      held = memory;
    }

    void store(ByteBuffer to) {
      to.asFloatBuffer().put(rows, 0, memory * width);
      to.position(to.position() + Float.BYTES * memory * width);
      notes.store(to);
      to.put(revisions);
    }

    void load(ByteBuffer from) {
      held = memory;
      from.asFloatBuffer().get(rows, 0, memory * width);
      from.position(from.position() + Float.BYTES * memory * width);
      notes.load(from);
      from.get(revisions);
    }
  }

  /** State of a sequence before its first frame. */
  State newState() {
    State state = new State();
    state.reset();
    return state;
  }

  /** Bytes of {@link State#store}. */
  int stateBytes() {
    return Float.BYTES * memory * width + pitches * (Decoder.State.BYTES_PER_PITCH + 1);
  }

  // ------------------------------------------------------------------ verdicts

  private record Candidate(State state, int row, int pitch) {}

  /**
   * What was found of a candidate, for goldens.
   *
   * @param frame counted from the first that is new
   * @param pitch from 0
   * @param window what the network saw
   * @param probability that it is a note
   */
  record Verdict(int frame, int pitch, float[] window, double probability) {
    Verdict from(int first) {
      return new Verdict(first + frame, pitch, window, probability);
    }
  }

  /** Work memory of one thread. */
  final class Work {
    private final Scratch scratch = new Scratch(kernels);
    private final List<Candidate> candidates = new ArrayList<>();
    private final float[] windows = new float[MAX_WINDOWS * network.window()];
    private final float[] answers = new float[MAX_WINDOWS * network.classes()];
    private final float[] fed = new float[3 * pitches];
    private final List<Note> notes = new ArrayList<>();
    private Consumer<Verdict> observer; // null for none

    /** Registers an observer of the verdicts. */
    void observe(Consumer<Verdict> by) {
      observer = by;
    }
  }

  /** Judges the candidates whose windows the new frames of these sequences have completed. */
  void judge(List<State> states, Work work) {
    for (State s : states) {
      for (int row = memory; row < s.held; row++) {
        for (int p = 0; p < pitches; p++) {
          if (isCandidate(s, row - window.after(), p)) {
            work.candidates.add(new Candidate(s, row - window.after(), p));
          }
        }
      }
    }
    for (int from = 0; from < work.candidates.size(); from += MAX_WINDOWS) {
      int to = Math.min(from + MAX_WINDOWS, work.candidates.size());
      ask(work.candidates.subList(from, to), work);
    }
    work.candidates.clear();
  }

  private float onset(State s, int row, int p) {
    return s.rows[row * width + 2 * bins + 3 * p];
  }

  private boolean isCandidate(State s, int row, int p) {
    float o = onset(s, row, p);
    boolean peak = o >= rules.least;
    for (int d = 1; peak && d < rules.apart; d++) {
      peak = o > onset(s, row - d, p) && o >= onset(s, row + d, p);
    }
    return peak;
  }

  private void ask(List<Candidate> candidates, Work work) {
    int count = candidates.size();
    int size = network.window();
    for (int i = 0; i < count; i++) {
      Candidate c = candidates.get(i);
      window.fill(c.state.rows, width, c.row, c.pitch, bins, pitches, work.windows, i * size);
    }
    Tensor x = work.scratch.tensor("second.windows", MAX_WINDOWS * size);
    Tensor y = work.scratch.tensor("second.answers", MAX_WINDOWS * network.classes());
    kernels.write(work.windows, 0, x, 0, count * size);
    network.forward(x, count, y, work.scratch);
    kernels.read(y, 0, work.answers, 0, count * network.classes());
    for (int i = 0; i < count; i++) {
      Candidate c = candidates.get(i);
      float q = verdict(c, work.answers[i * network.classes() + rules.answer]);
      if (work.observer != null) {
        float[] seen = Arrays.copyOfRange(work.windows, i * size, (i + 1) * size);
        work.observer.accept(new Verdict(c.row - memory, c.pitch, seen, q));
      }
      if (q >= threshold) {
        revise(c, q);
      }
    }
  }

  private float verdict(Candidate c, float answer) {
    double told = logOdds(onset(c.state, c.row, c.pitch), TOLD_SURE);
    double odds = rules.trust * told + logOdds(answer, SURE);
    return (float) (1 / (1 + Math.exp(-odds)));
  }

  /** Lets a note stand: the peak keeps its shape, so the time of the note stays. */
  private void revise(Candidate c, float q) {
    double o = onset(c.state, c.row, c.pitch);
    for (int d = -1; d <= 1; d++) {
      double part = d == 0 ? q : Math.min(q, q * (onset(c.state, c.row + d, c.pitch) / o));
      c.state.rows[(c.row + d) * width + revisedAt + c.pitch] = (float) part;
    }
  }

  private static double logOdds(double p, double least) {
    double inside = Math.min(1 - least, Math.max(least, p));
    return Math.log(inside / (1 - inside));
  }

  Work newWork() {
    return new Work();
  }

  // ------------------------------------------------------------------ notes

  /**
   * Decides what the verdicts of a new frame have settled.
   *
   * @param fresh which of the new frames, counted from 0
   * @param t its number
   * @param notes receives retractions, then confirmed notes
   */
  void decide(State s, int fresh, long t, Work work, Consumer<Note> notes) {
    int row = memory + fresh - window.after() - 1; // of the frame that is decided
    long frame = t - window.after() - 1;
    if (frame < 0) {
      return;
    }
    for (int p = 0; p < pitches; p++) {
      int from = row * width + 2 * bins + 3 * p;
      work.fed[3 * p] = s.rows[row * width + revisedAt + p];
      work.fed[3 * p + 1] = s.rows[from + 1];
      work.fed[3 * p + 2] = s.rows[from + 2];
    }
    decoder.frame(s.notes, frame, work.fed, 0, work.notes::add);
    tell(s, row - 1, frame - 1, t, work, notes);
  }

  /**
   * Ends a sequence: judges and decides what still waits, nothing being heard behind its end.
   *
   * @param frames that the sequence had; all of them were decided
   */
  void finish(State s, long frames, Work work, Consumer<Note> notes) {
    int rest = window.after() + 1;
    for (int i = 0; i < rest; i++) {
      s.addNothing();
    }
    judge(List.of(s), work);
    for (int i = 0; i < rest; i++) {
      decide(s, i, frames + i, work, note -> notes.accept(note.revised(note.revision(), frames)));
    }
    decoder.flush(s.notes, frames, work.notes::add);
    tell(s, memory - 1, frames - 1, frames, work, notes);
    s.reset();
  }

  /** Tells the notes that the decoder found to begin with {@code start}, or to end. */
  private void tell(State s, int row, long start, long t, Work work, Consumer<Note> notes) {
    for (int p = 0; p < pitches; p++) {
      int pitch = p;
      if (was(s, row, p) == TOLD && work.notes.stream().noneMatch(n -> begins(n, pitch))) {
        s.rows[row * width + toldAt + p] = RETRACTED;
        float strength = s.rows[row * width + 2 * bins + 3 * p + 2];
        notes.accept(
            decoder.retraction(
                start,
                p,
                onset(s, row - 1, p),
                onset(s, row, p),
                onset(s, row + 1, p),
                strength,
                t));
      }
    }
    Note.Revision[] all = Note.Revision.values();
    for (Note note : work.notes) {
      int p = decoder.pitch(note);
      if (note.kind() == Note.Kind.ON) {
        s.revisions[p] = (byte) revision(s, row, p).ordinal();
      }
      notes.accept(note.revised(all[s.revisions[p]], t));
      if (note.kind() == Note.Kind.OFF) {
        s.revisions[p] = 0;
      }
    }
    work.notes.clear();
  }

  private boolean begins(Note note, int p) {
    return note.kind() == Note.Kind.ON && decoder.pitch(note) == p;
  }

  private float was(State s, int row, int p) {
    return s.rows[row * width + toldAt + p];
  }

  /** What a note is that stands. */
  private Note.Revision revision(State s, int row, int p) {
    if (was(s, row, p) == TOLD) {
      return Note.Revision.CONFIRMED;
    }
    for (int d = 1; d <= MOVED; d++) { // within `apart` of this peak: it cannot stand
      if (was(s, row + d, p) == TOLD) {
        return Note.Revision.CORRECTED;
      }
    }
    for (int d = 0; d <= MOVED; d++) {
      for (int semitones : MISTAKEN) {
        if (takes(s, row - d, p - semitones) || takes(s, row - d, p + semitones)) {
          return Note.Revision.CORRECTED;
        }
      }
    }
    return Note.Revision.ADDED;
  }

  /** Takes the place of a retracted note, which only one can. */
  private boolean takes(State s, int row, int p) {
    if (p < 0 || p >= pitches || was(s, row, p) != RETRACTED) {
      return false;
    }
    s.rows[row * width + toldAt + p] = 0;
    return true;
  }
}
