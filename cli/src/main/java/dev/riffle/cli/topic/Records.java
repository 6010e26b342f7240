package dev.riffle.cli.topic;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.CodecException;
import dev.riffle.schemas.Printable;
import dev.riffle.schemas.StaticSchemaResolver;
import dev.riffle.schemas.record.AudioChunk;
import dev.riffle.schemas.record.DeadLetter;
import dev.riffle.schemas.record.GeneEvent;
import dev.riffle.schemas.record.GeneStatus;
import dev.riffle.schemas.record.NoteEvent;
import dev.riffle.schemas.record.NoteRevision;
import dev.riffle.schemas.record.Prediction;
import dev.riffle.schemas.record.ReadChunk;
import dev.riffle.schemas.record.ReadDecision;
import dev.riffle.schemas.record.SequenceEvent;
import dev.riffle.schemas.record.SessionEvent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.specific.SpecificRecordBase;

/** Decodes records of any kind and makes them readable. For one thread. */
public final class Records {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String[] PITCHES = {
    "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"
  };

  private final Map<String, AvroCodec<? extends SpecificRecordBase>> codecs = new HashMap<>();

  public Records() {
    for (Class<? extends SpecificRecordBase> type :
        List.of(
            AudioChunk.class,
            SequenceEvent.class,
            NoteEvent.class,
            Prediction.class,
            SessionEvent.class,
            DeadLetter.class,
            ReadChunk.class,
            GeneEvent.class,
            ReadDecision.class)) {
      codecs.put(type.getName(), AvroCodec.of(type));
    }
  }

  /**
   * The record that a value holds, of the kind that its schema id names.
   *
   * @throws CodecException if it is not a Riffle record; the message says why
   */
  public SpecificRecordBase decode(byte[] value) {
    if (value == null || value.length < AvroCodec.HEADER_BYTES || value[0] != 0) {
      return codecs.get(AudioChunk.class.getName()).decode(value); // says what is wrong
    }
    Schema schema = StaticSchemaResolver.INSTANCE.schema(ByteBuffer.wrap(value).getInt(1));
    return codecs.get(schema.getFullName()).decode(value);
  }

  /** One line for people, without control characters. */
  public static String text(SpecificRecordBase record) {
    return Printable.line(describe(record));
  }

  /** JSON of a record on one line, without control characters; otherwise as it was written. */
  public static String jsonText(byte[] value) {
    // Outside of texts, where JSON has escapes for them, these are white space.
    String line = new String(value, StandardCharsets.UTF_8).replaceAll("[\\n\\r\\t]", " ");
    return Printable.line(line);
  }

  private static String describe(SpecificRecordBase record) {
    if (record instanceof NoteEvent n) {
      return String.format(
          Locale.ROOT,
          "%9.3f s  %-3s %-4s %s  velocity %3d  confidence %.2f%s  %s%s",
          n.getKind().name().equals("ON") ? n.getOnsetSeconds() : n.getOffsetSeconds(),
          n.getKind(),
          pitch(n.getPitch()),
          n.getSequenceId(),
          n.getVelocity(),
          n.getConfidence(),
          n.getKind().name().equals("ON")
              ? ""
              : String.format(Locale.ROOT, "  began %.3f s", n.getOnsetSeconds()),
          n.getIsFinal() ? "final" : "preview",
          n.getRevision() == NoteRevision.NONE
              ? ""
              : "  " + n.getRevision().name().toLowerCase(Locale.ROOT));
    }
    if (record instanceof AudioChunk c) {
      return String.format(
          Locale.ROOT,
          "%s  position %d  %.3f s  %d Hz  %d channel%s  %s  %d bytes%s%s",
          c.getSequenceId(),
          c.getPosition(),
          c.getPosition() / (double) c.getSampleRate(),
          c.getSampleRate(),
          c.getChannels(),
          c.getChannels() == 1 ? "" : "s",
          c.getEncoding(),
          c.getSamples().remaining(),
          c.getSequenceStart() ? "  start" : "",
          c.getSequenceEnd() ? "  end" : "");
    }
    if (record instanceof GeneEvent g) {
      return String.format(
          Locale.ROOT,
          "%s  %d..%d %s  %d bases  %s  partial %s  score %.1f  after %d bases  %s%s",
          g.getSequenceId(),
          g.getLeft() + 1,
          g.getRight(),
          g.getStrand(),
          g.getRight() - g.getLeft(),
          g.getStartType(),
          g.getPartial(),
          g.getScore(),
          g.getBasesRead(),
          g.getIsFinal() ? "final" : "preview",
          g.getStatus() == GeneStatus.GROWING ? "  grows" : "");
    }
    if (record instanceof ReadChunk c) {
      return String.format(
          Locale.ROOT,
          "%s  position %d  %d bases%s%s%s%s%s",
          c.getSequenceId(),
          c.getPosition(),
          c.getBases().remaining(),
          c.getQuality() == null ? "" : "  with quality",
          c.getChannel() == null ? "" : "  channel " + c.getChannel(),
          c.getGeneticCode() == null ? "" : "  code " + c.getGeneticCode(),
          c.getSequenceStart() ? "  start" : "",
          c.getSequenceEnd() ? "  end" : "");
    }
    if (record instanceof ReadDecision d) {
      return String.format(
          Locale.ROOT,
          "%s  %s%s  after %d bases  probability of a target %.3f%s  %s  %s",
          d.getReadId(),
          d.getAction(),
          d.getChannel() == null ? "" : "  channel " + d.getChannel(),
          d.getBases(),
          d.getTargetProbability(),
          d.getTarget() == null ? "" : "  like " + d.getTarget(),
          d.getReason(),
          d.getIsFinal() ? "final" : "preview");
    }
    if (record instanceof SessionEvent s) {
      return String.format(
          Locale.ROOT,
          "%-7s %s  %s  position %d%s%s  %s",
          s.getKind(),
          s.getSequenceId(),
          s.getReason(),
          s.getPosition(),
          s.getMissing() > 0 ? "  missing " + s.getMissing() : "",
          s.getKind().name().equals("ENDED")
              ? "  duplicates "
                  + s.getDuplicates()
                  + "  trimmed "
                  + s.getTrimmedSteps()
                  + "  filled "
                  + s.getFilledSteps()
              : "",
          s.getModelVersion());
    }
    if (record instanceof DeadLetter d) {
      return String.format(
          Locale.ROOT,
          "%s  from %s/%d@%d  %d bytes: %s",
          d.getSequenceId() == null ? "(sequence unknown)" : d.getSequenceId(),
          d.getSourceTopic(),
          d.getSourcePartition(),
          d.getSourceOffset(),
          d.getPayloadBytes(),
          d.getError());
    }
    return json(record).toString();
  }

  /** Every field under its name; bytes in base64, times in microseconds. */
  public static ObjectNode json(IndexedRecord record) {
    ObjectNode node = MAPPER.createObjectNode();
    for (Schema.Field field : record.getSchema().getFields()) {
      Object value = record.get(field.pos());
      String name = field.name();
      if (value instanceof IndexedRecord inner) {
        node.set(name, json(inner));
      } else if (value instanceof ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        node.put(name, copy);
      } else if (value instanceof Instant time) {
        node.put(name, time.getEpochSecond() * 1_000_000 + time.getNano() / 1000);
      } else if (value instanceof Enum<?> e) {
        node.put(name, e.name());
      } else {
        node.set(name, MAPPER.valueToTree(value));
      }
    }
    return node;
  }

  /** A MIDI note number in letters, such as {@code C#4}; middle C, 60, is C4. */
  public static String pitch(int midi) {
    return PITCHES[Math.floorMod(midi, 12)] + (Math.floorDiv(midi, 12) - 1);
  }
}
