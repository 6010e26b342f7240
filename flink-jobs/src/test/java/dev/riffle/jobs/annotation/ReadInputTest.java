package dev.riffle.jobs.annotation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.annotator.Annotator;
import dev.riffle.dna.readuntil.ReadUntil;
import dev.riffle.jobs.stream.InputLimits;
import dev.riffle.jobs.stream.InputRecord;
import dev.riffle.operators.StepEvent;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.DeadLetter;
import dev.riffle.schemas.record.ReadChunk;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class ReadInputTest {
  private static final long STAMP = Contigs.START / 1000;

  private static final InputLimits LIMITS = new InputLimits(4096, 4096, Duration.ofDays(1));

  private final ReadInput input = ReadInput.ofBases(LIMITS);

  @Test
  void aChunkBecomesStepsWithAllItSays() {
    ReadChunk chunk = Contigs.chunk("c", 900, "ACGTUacgtuNn-RyX*");
    chunk.setSequenceEnd(true);
    StepEvent event = read(chunk).event;
    assertThat(event.sequenceId).isEqualTo("c");
    assertThat(event.start).isFalse();
    assertThat(event.end).isTrue();
    assertThat(event.position).isEqualTo(900);
    assertThat(event.captureMicros).isEqualTo(Contigs.START + 2_000_000);
    assertThat(event.format).isEqualTo(Annotator.FORMAT);
    assertThat(event.values).containsExactly(1, 2, 3, 4, 4, 1, 2, 3, 4, 4, 0, 0, 0, 0, 0, 0, 0);
  }

  @Test
  void theGeneticCodeIsAnAttributeOfTheFormat() {
    ReadChunk chunk = Contigs.chunk("c", 0, "ACGTN");
    chunk.setGeneticCode(4);
    StepEvent event = read(chunk).event;
    assertThat(event.values).containsExactly(1, 2, 3, 4, 0);
    assertThat(event.format).isEqualTo(Annotator.format(GeneticCode.TABLE_4));
    assertThat(event.format.attributes()).containsExactly(Map.entry("genetic-code", "4"));
  }

  @Test
  void whiteSpaceHasNoPosition() {
    assertThat(read(Contigs.chunk("c", 0, "AC\r\n GT\n")).event.values).containsExactly(1, 2, 3, 4);
  }

  @Test
  void aLastChunkMayBeEmpty() {
    ReadChunk chunk = Contigs.chunk("c", 60, "");
    chunk.setSequenceEnd(true);
    assertThat(read(chunk).event.values).isEmpty();
    refused(c -> c.setBases(bytes("")), "Expected bases but there are none");
    refused(c -> c.setBases(bytes("\n")), "Expected bases but there are none");
  }

  @Test
  void whatIsNoDnaIsADeadLetterThatSaysWhatWasExpected() {
    refused(
        c -> c.setBases(bytes("ACMKLV")),
        "the byte at index 4 of 6 is 'L': it is a letter of proteins; send the DNA.");
    refused(
        c -> c.setBases(ByteBuffer.wrap(new byte[] {'A', (byte) 0x8b})),
        "the byte at index 1 of 2 is 0x8b: send plain letters, neither compressed nor packed.");
    refused(c -> c.setBases(bytes("A7")), "is '7': send plain letters");
    refused(c -> c.setGeneticCode(2), "The genetic code must be 11");
    refused(c -> c.setPosition(-1), "Expected position from 0");
    refused(
        c -> c.setCaptureTime(Instant.ofEpochMilli(STAMP).plus(Duration.ofDays(2))),
        "Expected capture_time at most 86400000 ms after the record's timestamp");
  }

  @Test
  void aQualityHasToFitTheBases() {
    ReadChunk chunk = Contigs.chunk("c", 0, "ACGT");
    chunk.setQuality(bytes("!I~5"));
    assertThat(read(chunk).event.values).hasSize(4);
    refused(
        c -> c.setQuality(bytes("III")),
        "Expected a quality for each of 4 bases but there are 3. Bases and quality must be cut"
            + " at the same positions.");
    refused(
        c -> c.setQuality(ByteBuffer.wrap(new byte[] {'I', 'I', 7, 'I'})),
        "bytes 33 to 126, but the byte at index 2 is 7.");
  }

  @Test
  void readUntilAlsoGetsTheQualityOfEachBaseAndTheChannelOfTheRead() {
    ReadChunk chunk = Contigs.chunk("c", 0, "AC\ngN");
    chunk.setQuality(bytes("!5\"I~"));
    chunk.setChannel(512);
    ReadInput called = ReadInput.ofCalls(LIMITS);
    StepEvent event = read(called, chunk).event;
    assertThat(event.format).isEqualTo(ReadUntil.format(512));
    assertThat(event.format.attributes()).containsExactly(Map.entry("channel", "512"));
    assertThat(event.values).containsExactly(1, 33, 2, 53, 3, 73, 0, 126);
    chunk.setQuality(null);
    chunk.setChannel(null);
    assertThat(read(called, chunk).event.values).containsExactly(1, 0, 2, 0, 3, 0, 0, 0);
    assertThat(read(called, chunk).event.format).isEqualTo(ReadUntil.FORMAT);
    chunk.setChannel(0);
    assertThat(
            AvroCodec.of(DeadLetter.class).decode(read(called, chunk).deadLetter.value).getError())
        .contains("Expected a channel from 1 to 16777216 but it is 0");
  }

  private void refused(Consumer<ReadChunk> change, String why) {
    ReadChunk chunk = Contigs.chunk("c", 0, "ACGT");
    change.accept(chunk);
    DeadLetter letter = AvroCodec.of(DeadLetter.class).decode(read(chunk).deadLetter.value);
    assertThat(letter.getError()).contains(why);
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private InputRecord read(ReadChunk chunk) {
    return read(input, chunk);
  }

  private static InputRecord read(ReadInput input, ReadChunk chunk) {
    return input.read(
        new ConsumerRecord<>(
            "in",
            0,
            7,
            STAMP,
            TimestampType.CREATE_TIME,
            -1,
            -1,
            chunk.getSequenceId().getBytes(StandardCharsets.UTF_8),
            AvroCodec.of(ReadChunk.class).encode(chunk),
            new RecordHeaders(),
            Optional.empty()));
  }
}
