package dev.riffle.music.transcriber;

import dev.riffle.music.transcriber.Note.Kind;
import dev.riffle.music.transcriber.Note.Revision;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * One sequence of the second pass: its last frames, and the revised notes that sound. Each frame
 * passes through
 *
 * <pre>
 *   add      features and predictions of the first pass
 *   emitted  a note that the first pass has emitted
 *   decide   the frame whose candidates are all judged: retractions, then notes that stand
 * </pre>
 *
 * <p>{@link SecondPass.Work#judge} judges the candidates of many sequences between {@code add} and
 * {@code decide}.
 */
final class SecondPassSession {
  /** Frames by which a corrected note may begin earlier or later than the retracted one. */
  static final int MAX_SHIFT = 2;

  /** Semitones between a note and those often mistaken for it: neighbours and harmonics. */
  private static final int[] MISTAKEN = {0, 1, 12, 19, 24};

  private static final Revision[] REVISIONS = Revision.values();

  private final Decoder decoder;
  private final CandidateWindow window;
  private final FrameHistory history;
  private final int pitches;
  private final Decoder.State notes;
  private final Revision[] revisions; // of the sounding notes; NONE for a pitch that is silent
  private final float[] probabilities; // input of the decoder, [pitches, 3]
  private final List<Note> decided = new ArrayList<>();

  SecondPassSession(SecondPass model, FrameHistory history) {
    this.history = history;
    decoder = model.decoder();
    window = model.window();
    pitches = model.layout().pitches();
    notes = new Decoder.State(pitches);
    revisions = new Revision[pitches];
    probabilities = new float[model.layout().probabilities()];
    reset();
  }

  /** Becomes a sequence before its first frame. */
  void reset() {
    history.reset();
    notes.reset();
    Arrays.fill(revisions, Revision.NONE);
  }

  FrameHistory history() {
    return history;
  }

  /** Receives the next frame. */
  void add(float[] features, int featuresAt, float[] firstPass, int firstPassAt) {
    history.add(features, featuresAt, firstPass, firstPassAt);
  }

  /**
   * Receives a note that the first pass has emitted after a frame; it begins in the frame before.
   *
   * @param frameOfRound the frame, counted from the first of the round
   */
  void emitted(int frameOfRound, int pitch) {
    history.setOutcome(history.memory() + frameOfRound - 1, pitch, NoteOutcome.EMITTED);
  }

  /** Ends a round. */
  void forget() {
    history.forget();
  }

  /**
   * Decides the frame whose candidates have all been judged when a frame arrives.
   *
   * @param frameOfRound the arriving frame, counted from the first of the round
   * @param t its number in the sequence
   * @param emit receives retractions, then notes that stand
   */
  void decide(int frameOfRound, long t, Consumer<Note> emit) {
    int delay = window.after() + 1;
    int row = history.memory() + frameOfRound - delay;
    long frame = t - delay;
    if (frame < 0) {
      return;
    }
    for (int p = 0; p < pitches; p++) {
      probabilities[NoteProbabilities.onset(p)] = history.revisedOnset(row, p);
      probabilities[NoteProbabilities.frame(p)] = history.frame(row, p);
      probabilities[NoteProbabilities.velocity(p)] = history.velocity(row, p);
    }
    decoder.frame(notes, frame, probabilities, 0, decided::add);
    emit(row - 1, frame - 1, t, emit);
  }

  /**
   * Ends the sequence: judges and decides what is still open, with silence after its end.
   *
   * @param frames number of frames of the sequence; all of them have been decided as far as
   *     possible
   */
  void finish(long frames, SecondPass.Work work, Consumer<Note> emit) {
    int open = window.after() + 1;
    for (int i = 0; i < open; i++) {
      history.addSilence();
    }
    work.judge(List.of(this));
    for (int i = 0; i < open; i++) {
      decide(i, frames + i, note -> emit.accept(note.revised(note.revision(), frames)));
    }
    decoder.flush(notes, frames, decided::add);
    emit(history.memory() - 1, frames - 1, frames, emit);
    reset();
  }

  /** Emits what the decoder has decided: the notes that begin in frame {@code start}, or end. */
  private void emit(int row, long start, long t, Consumer<Note> emit) {
    for (int p = 0; p < pitches; p++) {
      if (history.outcome(row, p) == NoteOutcome.EMITTED && !stands(p)) {
        history.setOutcome(row, p, NoteOutcome.RETRACTED);
        Decoder.Peak peak =
            new Decoder.Peak(
                history.onset(row - 1, p), history.onset(row, p), history.onset(row + 1, p));
        emit.accept(decoder.retraction(start, p, peak, history.velocity(row, p), t));
      }
    }
    for (Note note : decided) {
      int p = decoder.pitch(note);
      if (note.kind() == Kind.ON) {
        revisions[p] = revision(row, p);
      }
      emit.accept(note.revised(revisions[p], t));
      if (note.kind() == Kind.OFF) {
        revisions[p] = Revision.NONE;
      }
    }
    decided.clear();
  }

  private boolean stands(int pitch) {
    return decided.stream()
        .anyMatch(note -> note.kind() == Kind.ON && decoder.pitch(note) == pitch);
  }

  /** How a note that stands differs from the first pass. */
  private Revision revision(int row, int p) {
    if (history.outcome(row, p) == NoteOutcome.EMITTED) {
      return Revision.CONFIRMED;
    }
    for (int d = 1; d <= MAX_SHIFT; d++) { // within `apart` of this peak, so it will be retracted
      if (history.outcome(row + d, p) == NoteOutcome.EMITTED) {
        return Revision.CORRECTED;
      }
    }
    for (int d = 0; d <= MAX_SHIFT; d++) {
      for (int semitones : MISTAKEN) {
        if (replaces(row - d, p - semitones) || replaces(row - d, p + semitones)) {
          return Revision.CORRECTED;
        }
      }
    }
    return Revision.ADDED;
  }

  /** Replaces a retracted note, if there is one; only one note can. */
  private boolean replaces(int row, int pitch) {
    if (pitch < 0 || pitch >= pitches || history.outcome(row, pitch) != NoteOutcome.RETRACTED) {
      return false;
    }
    history.setOutcome(row, pitch, NoteOutcome.NONE);
    return true;
  }

  void store(ByteBuffer to) {
    history.store(to);
    notes.store(to);
    for (Revision revision : revisions) {
      to.put((byte) revision.ordinal());
    }
  }

  void load(ByteBuffer from) {
    history.load(from);
    notes.load(from);
    for (int p = 0; p < pitches; p++) {
      revisions[p] = REVISIONS[from.get()];
    }
  }
}
