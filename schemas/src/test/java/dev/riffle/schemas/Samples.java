package dev.riffle.schemas;

import dev.riffle.schemas.record.AudioChunk;
import dev.riffle.schemas.record.DeadLetter;
import dev.riffle.schemas.record.DecisionLatency;
import dev.riffle.schemas.record.GeneEvent;
import dev.riffle.schemas.record.GeneLatency;
import dev.riffle.schemas.record.GeneStatus;
import dev.riffle.schemas.record.Latency;
import dev.riffle.schemas.record.NoteEvent;
import dev.riffle.schemas.record.NoteKind;
import dev.riffle.schemas.record.NoteRevision;
import dev.riffle.schemas.record.Prediction;
import dev.riffle.schemas.record.ReadChunk;
import dev.riffle.schemas.record.ReadDecision;
import dev.riffle.schemas.record.SequenceEvent;
import dev.riffle.schemas.record.SessionEvent;
import dev.riffle.schemas.record.SessionKind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecordBase;

/** One record of each kind, with every field of its version set. */
final class Samples {
  private static final Instant TIME = Instant.parse("2026-11-22T01:02:03.456789Z");

  private Samples() {}

  /** Samples by the name of their schema in history. */
  static Map<String, SpecificRecordBase> all() {
    Map<String, SpecificRecordBase> samples = new LinkedHashMap<>();
    samples.put(
        "AudioChunk.v1",
        AudioChunk.newBuilder()
            .setSequenceId("hall-ü")
            .setSequenceStart(true)
            .setSequenceEnd(true)
            .setPosition(1L << 40)
            .setCaptureTime(TIME)
            .setSampleRate(44100)
            .setChannels(2)
            .setEncoding("s24le")
            .setSamples(ByteBuffer.wrap(new byte[] {1, 2, 3, -4, -5, -6}))
            .build());
    samples.put(
        "SequenceEvent.v1",
        SequenceEvent.newBuilder()
            .setSequenceId("pump-7")
            .setSequenceStart(true)
            .setSequenceEnd(false)
            .setPosition(12)
            .setCaptureTime(TIME)
            .setKind("i32le")
            .setShape(List.of(2))
            .setValues(ByteBuffer.wrap(new byte[] {1, 0, 0, 0, 2, 0, 0, 0}))
            .build());
    samples.put("NoteEvent.v1", note(NoteRevision.NONE)); // as version 1 has none
    samples.put(
        "Prediction.v1",
        Prediction.newBuilder()
            .setSequenceId("pump-7")
            .setPosition(99)
            .setLength(3)
            .setShape(List.of(1, 2))
            .setValues(ByteBuffer.wrap(new byte[8]))
            .setModelVersion("lru/2")
            .setIsFinal(true)
            .build());
    samples.put(
        "SessionEvent.v1",
        SessionEvent.newBuilder()
            .setSequenceId("hall")
            .setKind(SessionKind.GAP)
            .setReason("gap")
            .setPosition(441)
            .setMissing(44)
            .setCaptureTime(TIME)
            .setModelVersion("lru-transcriber/1")
            .setDuplicates(1)
            .setTrimmedSteps(2)
            .setFilledSteps(3)
            .build());
    samples.put(
        "DeadLetter.v1",
        DeadLetter.newBuilder()
            .setSequenceId("hall")
            .setSourceTopic("riffle.audio.in.v1")
            .setSourcePartition(3)
            .setSourceOffset(17)
            .setSourceTimestamp(1_700_000_000_000L)
            .setError("Expected something else.")
            .setKey(ByteBuffer.wrap(new byte[] {104}))
            .setPayload(ByteBuffer.wrap(new byte[] {0, 0}))
            .setPayloadBytes(1_000_000)
            .build());
    samples.put("NoteEvent.v2", note(NoteRevision.RETRACTED));
    samples.put(
        "ReadChunk.v1",
        ReadChunk.newBuilder()
            .setSequenceId("contig-1")
            .setSequenceStart(true)
            .setSequenceEnd(true)
            .setPosition(1L << 40)
            .setCaptureTime(TIME)
            .setBases(ascii("ACGTn"))
            .setQuality(ascii("!5I+J"))
            .setChannel(512)
            .setGeneticCode(4)
            .build());
    samples.put(
        "GeneEvent.v1",
        GeneEvent.newBuilder()
            .setSequenceId("contig-1")
            .setNumber(17L)
            .setLeft(300)
            .setRight(1500)
            .setStrand("-")
            .setPartial("01")
            .setStartType("GTG")
            .setScore(12.25)
            .setCodingScore(99.5)
            .setStartScore(-1.5)
            .setConfidence(0.75f)
            .setStatus(GeneStatus.PUBLISHED)
            .setBasesRead(1834)
            .setModelVersion("dna-annotator/1")
            .setIsFinal(true)
            .setLatency(new GeneLatency(TIME, 250L, 125L))
            .build());
    samples.put(
        "ReadDecision.v1",
        ReadDecision.newBuilder()
            .setSequenceId("e4994c62-93f9-439a-bc8f-d20c95a137a5")
            .setReadId("e4994c62-93f9-439a-bc8f-d20c95a137a5")
            .setAction("unblock")
            .setActionResponse("SUCCESS")
            .setChannel(512)
            .setBases(360)
            .setMeanQscore(12.5f)
            .setCaptureTime(TIME)
            .setTarget("phage")
            .setTargetProbability(0.03125f)
            .setReason("evidence")
            .setModelVersion("read-until/1")
            .setIsFinal(false)
            .setLatency(new DecisionLatency(250L, 125L))
            .build());
    return samples;
  }

  private static NoteEvent note(NoteRevision revision) {
    return NoteEvent.newBuilder()
        .setSequenceId("hall")
        .setKind(NoteKind.OFF)
        .setPitch(60)
        .setOnsetPosition(4410)
        .setOnsetSeconds(0.1)
        .setOffsetSeconds(0.25)
        .setConfidence(0.75f)
        .setVelocity(96)
        .setKnownPosition(8820)
        .setModelVersion("lru-transcriber/1")
        .setIsFinal(false)
        .setLatency(new Latency(96000L, 250L, 125L, TIME))
        .setRevision(revision)
        .build();
  }

  private static ByteBuffer ascii(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** The bytes of a sample, written with the current schema. */
  @SuppressWarnings("unchecked")
  static <T extends SpecificRecordBase> byte[] encode(T sample) {
    return AvroCodec.of((Class<T>) sample.getClass()).encode(sample);
  }
}
