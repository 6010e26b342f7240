package dev.riffle.cli.notes;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sound.midi.InvalidMidiDataException;
import javax.sound.midi.MetaMessage;
import javax.sound.midi.MidiEvent;
import javax.sound.midi.MidiMessage;
import javax.sound.midi.MidiSystem;
import javax.sound.midi.Sequence;
import javax.sound.midi.ShortMessage;
import javax.sound.midi.Track;

/**
 * Notes as a standard MIDI file of format 1, as notation programs and digital audio workstations
 * expect it:
 *
 * <pre>
 *   track 0   time signature 4/4, tempo, end of track
 *   track 1   track name, program, NOTE_ON and NOTE_OFF on channel 0, end of track
 * </pre>
 *
 * <p>For each pitch, NOTE_ON and NOTE_OFF alternate: a note ends no later than the next one of its
 * pitch begins. Notes of a pitch that begin at one tick are one note: it has the latest end and the
 * largest velocity.
 */
public final class MidiFile {
  private static final int TIME_SIGNATURE = 0x58;
  private static final int TEMPO = 0x51;
  private static final int TRACK_NAME = 0x03;

  /** 4/4; a metronome click per 24 MIDI clocks; 8 thirty-second notes per quarter note. */
  private static final byte[] FOUR_FOUR = {4, 2, 24, 8};

  private final String name;
  private final int program;
  private final MidiTiming timing;
  private final List<Span> spans;

  /** A note in ticks. */
  private static final class Span {
    private final int pitch;
    private final long on;
    private long off;
    private int velocity;

    Span(WrittenNote note, MidiTiming timing) {
      pitch = note.pitch();
      on = timing.ticks(note.onset());
      off = Math.max(on + timing.unit(), timing.ticks(note.offset()));
      velocity = note.velocity();
    }

    void join(Span other) {
      off = Math.max(off, other.off);
      velocity = Math.max(velocity, other.velocity);
    }
  }

  /**
   * @param name name of the track with the notes
   * @param notes in any order
   * @param program General MIDI instrument, 0 to 127
   */
  public MidiFile(String name, List<WrittenNote> notes, int program, MidiTiming timing) {
    this.name = name;
    this.program = program;
    this.timing = timing;
    spans = spans(notes, timing);
  }

  private static List<Span> spans(List<WrittenNote> notes, MidiTiming timing) {
    List<Span> spans = new ArrayList<>();
    Map<Integer, Span> latest = new HashMap<>(); // by pitch
    for (WrittenNote note : WrittenNote.inOrder(notes)) {
      Span span = new Span(note, timing);
      Span before = latest.get(span.pitch);
      if (before != null && before.on == span.on) {
        before.join(span);
      } else {
        if (before != null) {
          before.off = Math.min(before.off, span.on);
        }
        latest.put(span.pitch, span);
        spans.add(span);
      }
    }
    return spans;
  }

  /** Number of notes in the file: fewer than were given if some begin at one tick. */
  public int notes() {
    return spans.size();
  }

  /** Bytes of the file. */
  public byte[] toBytes() {
    try {
      Sequence sequence = new Sequence(Sequence.PPQ, MidiTiming.TICKS_PER_QUARTER);
      fillTempo(sequence.createTrack());
      fillNotes(sequence.createTrack());
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      MidiSystem.write(sequence, 1, out);
      return out.toByteArray();
    } catch (InvalidMidiDataException | IOException e) {
      throw new IllegalStateException("These notes make no MIDI file: " + e.getMessage(), e);
    }
  }

  private void fillTempo(Track track) throws InvalidMidiDataException {
    int micros = timing.microsPerQuarter();
    byte[] tempo = {(byte) (micros >> 16), (byte) (micros >> 8), (byte) micros};
    add(track, new MetaMessage(TIME_SIGNATURE, FOUR_FOUR, FOUR_FOUR.length), 0);
    add(track, new MetaMessage(TEMPO, tempo, tempo.length), 0);
  }

  private void fillNotes(Track track) throws InvalidMidiDataException {
    byte[] title = name.getBytes(StandardCharsets.UTF_8);
    add(track, new MetaMessage(TRACK_NAME, title, title.length), 0);
    add(track, new ShortMessage(ShortMessage.PROGRAM_CHANGE, 0, program, 0), 0);
    // Ends are added first: at one tick, an end precedes the beginning of the same pitch.
    for (Span s : spans) {
      add(track, new ShortMessage(ShortMessage.NOTE_OFF, 0, s.pitch, 0), s.off);
    }
    for (Span s : spans) {
      add(track, new ShortMessage(ShortMessage.NOTE_ON, 0, s.pitch, s.velocity), s.on);
    }
  }

  private static void add(Track track, MidiMessage message, long tick) {
    track.add(new MidiEvent(message, tick));
  }
}
