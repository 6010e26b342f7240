package dev.riffle.cli.topic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.CodecException;
import dev.riffle.schemas.Printable;
import dev.riffle.schemas.record.AudioChunk;
import dev.riffle.schemas.record.DeadLetter;
import dev.riffle.schemas.record.GeneEvent;
import dev.riffle.schemas.record.GeneStatus;
import dev.riffle.schemas.record.NoteEvent;
import dev.riffle.schemas.record.NoteKind;
import dev.riffle.schemas.record.NoteRevision;
import dev.riffle.schemas.record.ReadChunk;
import dev.riffle.schemas.record.ReadDecision;
import dev.riffle.schemas.record.SessionEvent;
import dev.riffle.schemas.record.SessionKind;
import java.nio.ByteBuffer;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RecordsTest {
  private final Records records = new Records();

  @Test
  void aNoteIsOneReadableLine() {
    NoteEvent note = note();
    byte[] bytes = AvroCodec.of(NoteEvent.class).encode(note);

    assertThat(Records.text(records.decode(bytes)))
        .isEqualTo(
            "    2.000 s  OFF C#4  duo  velocity  80  confidence 0.91  began 1.250 s  final");
    assertThat(Records.json(records.decode(bytes)).toString())
        .contains("\"kind\":\"OFF\"", "\"pitch\":61", "\"latency\":null", "\"is_final\":true");
    note.setRevision(NoteRevision.CORRECTED);
    assertThat(Records.text(note)).endsWith("  final  corrected");
  }

  @Test
  void aChunkTellsItsSizeAndKeepsItsBytesInJson() {
    AudioChunk chunk =
        AudioChunk.newBuilder()
            .setSequenceId("duo")
            .setSequenceStart(true)
            .setPosition(441)
            .setCaptureTime(Instant.ofEpochSecond(1, 250_000))
            .setSampleRate(44100)
            .setChannels(2)
            .setSamples(ByteBuffer.wrap(new byte[] {1, 2, 3, 4}))
            .build();

    assertThat(Records.text(chunk))
        .isEqualTo("duo  position 441  0.010 s  44100 Hz  2 channels  s16le  4 bytes  start");
    ObjectNode json = Records.json(chunk);
    assertThat(json.path("samples").asText()).isEqualTo("AQIDBA==");
    assertThat(json.path("capture_time").asLong()).isEqualTo(1_000_250);
  }

  @Test
  void sessionsAndDeadLettersSayWhy() {
    SessionEvent session =
        SessionEvent.newBuilder()
            .setSequenceId("duo")
            .setKind(SessionKind.ENDED)
            .setReason("idle")
            .setPosition(99)
            .setCaptureTime(Instant.EPOCH)
            .setModelVersion("lru-transcriber/1")
            .setDuplicates(3)
            .build();
    assertThat(Records.text(session)).contains("ENDED", "duo", "idle", "duplicates 3");

    DeadLetter letter =
        DeadLetter.newBuilder()
            .setSourceTopic("riffle.music.in.v1")
            .setSourcePartition(2)
            .setSourceOffset(17)
            .setSourceTimestamp(0)
            .setError("Expected samples but there are none.")
            .setPayloadBytes(5)
            .build();
    assertThat(Records.text(letter))
        .isEqualTo(
            "(sequence unknown)  from riffle.music.in.v1/2@17  5 bytes:"
                + " Expected samples but there are none.");
  }

  @Test
  void controlCharactersOfRecordsArePrintedAsEscapes() {
    for (String id : new String[] {"a\u001b[2Jb", "a\nb", "\u009b31m", "\u202ea\r"}) {
      DeadLetter letter =
          DeadLetter.newBuilder()
              .setSequenceId(id)
              .setSourceTopic("t")
              .setSourcePartition(0)
              .setSourceOffset(1)
              .setSourceTimestamp(0)
              .setError("Expected no '" + id + "'.")
              .setPayloadBytes(5)
              .build();
      assertThat(Records.text(letter))
          .startsWith(Printable.line(id) + "  from t/0@1")
          .endsWith("Expected no '" + Printable.line(id) + "'.");
      assertThat(Records.text(letter).chars().noneMatch(Character::isISOControl)).isTrue();
    }
    assertThat(Records.jsonText("{\"a\":\n\t\"\u009bx\u001b\"}".getBytes(UTF_8)))
        .isEqualTo("{\"a\":  \"\\u009bx\\u001b\"}");
  }

  @Test
  void readsGenesAndDecisionsAreOneLineEach() {
    ReadChunk chunk =
        ReadChunk.newBuilder()
            .setSequenceId("c1")
            .setSequenceEnd(true)
            .setPosition(900)
            .setCaptureTime(Instant.EPOCH)
            .setBases(ByteBuffer.wrap(new byte[] {'A', 'C'}))
            .setChannel(7)
            .setGeneticCode(4)
            .build();
    assertThat(Records.text(chunk)).isEqualTo("c1  position 900  2 bases  channel 7  code 4  end");

    GeneEvent gene =
        GeneEvent.newBuilder()
            .setSequenceId("c1")
            .setNumber(0L)
            .setLeft(99)
            .setRight(399)
            .setStrand("+")
            .setPartial("00")
            .setStartType("GTG")
            .setScore(12.34)
            .setCodingScore(40)
            .setStartScore(1)
            .setConfidence(0.5f)
            .setStatus(GeneStatus.GROWING)
            .setBasesRead(725)
            .setModelVersion("dna-annotator/1")
            .setIsFinal(false)
            .build();
    assertThat(Records.text(records.decode(AvroCodec.of(GeneEvent.class).encode(gene))))
        .isEqualTo(
            "c1  100..399 +  300 bases  GTG  partial 00  score 12.3  after 725 bases  preview"
                + "  grows");

    ReadDecision decision =
        ReadDecision.newBuilder()
            .setSequenceId("r1")
            .setReadId("r1")
            .setAction("unblock")
            .setChannel(7)
            .setBases(360)
            .setCaptureTime(Instant.EPOCH)
            .setTargetProbability(0.25f)
            .setReason("evidence")
            .setModelVersion("read-until/1")
            .setIsFinal(true)
            .build();
    assertThat(Records.text(decision))
        .isEqualTo(
            "r1  unblock  channel 7  after 360 bases  probability of a target 0.250  evidence"
                + "  final");
  }

  @Test
  void whatIsNoRecordOfOursIsReported() {
    assertThatThrownBy(() -> records.decode(new byte[0])).isInstanceOf(CodecException.class);
    assertThatThrownBy(() -> records.decode("{}".getBytes(java.nio.charset.StandardCharsets.UTF_8)))
        .isInstanceOf(CodecException.class);
    assertThatThrownBy(() -> records.decode(new byte[] {0, 0, 0, 3, (byte) 232, 1}))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("1000");
  }

  @Test
  void middleCIsC4() {
    assertThat(Records.pitch(60)).isEqualTo("C4");
    assertThat(Records.pitch(21)).isEqualTo("A0");
    assertThat(Records.pitch(108)).isEqualTo("C8");
  }

  private static NoteEvent note() {
    return NoteEvent.newBuilder()
        .setSequenceId("duo")
        .setKind(NoteKind.OFF)
        .setPitch(61)
        .setOnsetPosition(55125)
        .setOnsetSeconds(1.25)
        .setOffsetSeconds(2.0)
        .setConfidence(0.91f)
        .setVelocity(80)
        .setKnownPosition(90000)
        .setModelVersion("lru-transcriber/1")
        .setIsFinal(true)
        .build();
  }
}
