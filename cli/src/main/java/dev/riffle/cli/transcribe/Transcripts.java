package dev.riffle.cli.transcribe;

import dev.riffle.cli.notes.WrittenNote;
import dev.riffle.cli.topic.Records;
import dev.riffle.schemas.record.DeadLetter;
import dev.riffle.schemas.record.NoteEvent;
import dev.riffle.schemas.record.NoteKind;
import dev.riffle.schemas.record.NoteRevision;
import dev.riffle.schemas.record.SessionEvent;
import dev.riffle.schemas.record.SessionKind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.avro.specific.SpecificRecordBase;

/** Notes and problems of some sequences, from final topic, session events and dead letters. */
public final class Transcripts {
  private final Set<String> waiting;
  private final Map<String, List<WrittenNote>> notes = new HashMap<>();
  private final Map<String, String> problems = new TreeMap<>();
  private final Records records = new Records();
  private final Map<NoteRevision, Integer> revisions = new EnumMap<>(NoteRevision.class);
  private final int sequences;
  private double reached;

  public Transcripts(Collection<String> sequences) {
    waiting = new TreeSet<>(sequences);
    this.sequences = waiting.size();
    sequences.forEach(s -> notes.put(s, new ArrayList<>()));
  }

  /** Takes one record of any of the topics; returns it decoded. */
  public SpecificRecordBase take(byte[] value) {
    SpecificRecordBase record = records.decode(value);
    if (record instanceof NoteEvent n
        && n.getKind() == NoteKind.OFF
        && notes.containsKey(n.getSequenceId())) {
      revisions.merge(n.getRevision(), 1, Integer::sum);
    }
    if (record instanceof NoteEvent n && n.getIsFinal() && n.getKind() == NoteKind.OFF) {
      reached = Math.max(reached, n.getOffsetSeconds());
      List<WrittenNote> heard = notes.get(n.getSequenceId());
      if (heard != null) {
        heard.add(
            new WrittenNote(
                n.getOnsetSeconds(),
                n.getOffsetSeconds(),
                n.getPitch(),
                n.getVelocity(),
                n.getConfidence()));
      }
    } else if (record instanceof SessionEvent s && s.getKind() == SessionKind.ENDED) {
      if (!s.getReason().equals("end") && waiting.contains(s.getSequenceId())) {
        problems.putIfAbsent(s.getSequenceId(), "its session ended early (" + s.getReason() + ")");
      }
      waiting.remove(s.getSequenceId());
    } else if (record instanceof DeadLetter d) {
      String sequence =
          d.getSequenceId() != null
              ? d.getSequenceId()
              : d.getKey() == null
                  ? ""
                  : StandardCharsets.UTF_8.decode(d.getKey().duplicate()).toString();
      if (notes.containsKey(sequence)) {
        problems.putIfAbsent(sequence, d.getError());
        waiting.remove(sequence); // its end may be among what could not be used
      }
    }
    return record;
  }

  /** True once every sequence has ended or failed. */
  public boolean complete() {
    return waiting.isEmpty();
  }

  /** How many sequences have ended or failed. */
  public int ended() {
    return sequences - waiting.size();
  }

  /** End of the latest note so far, in seconds of its sound. */
  public double reached() {
    return reached;
  }

  /** Notes of a sequence that have ended. */
  public List<WrittenNote> notes(String sequence) {
    return notes.get(sequence);
  }

  /** How many notes of these sequences a second pass said this of. */
  public int revised(NoteRevision revision) {
    return revisions.getOrDefault(revision, 0);
  }

  /** Why a sequence could not be transcribed whole, by its id. */
  public Map<String, String> problems() {
    return problems;
  }
}
