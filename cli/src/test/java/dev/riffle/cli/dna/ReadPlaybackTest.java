package dev.riffle.cli.dna;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.schemas.record.ReadChunk;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadPlaybackTest {
  private static final double MAX = Double.POSITIVE_INFINITY;

  @Test
  void aReadComesWholeInChunks() {
    List<ReadChunk> chunks =
        play(new ReadPlayback(4, MAX, 1), read("a", "ACGTACGTAC", "0123456789"));
    assertThat(chunks).extracting(ReadChunk::getPosition).containsExactly(0L, 4L, 8L);
    assertThat(chunks).extracting(c -> text(c.getBases())).containsExactly("ACGT", "ACGT", "AC");
    assertThat(chunks).extracting(c -> text(c.getQuality())).containsExactly("0123", "4567", "89");
    assertThat(chunks).extracting(ReadChunk::getSequenceStart).containsExactly(true, false, false);
    assertThat(chunks).extracting(ReadChunk::getSequenceEnd).containsExactly(false, false, true);
    assertThat(chunks).allMatch(c -> c.getChannel() == 1 && c.getGeneticCode() == 11);
  }

  @Test
  void channelsAreBusySideBySideAndTakeTheNextReadWhenTheyAreThrough() {
    List<ReadChunk> chunks =
        play(
            new ReadPlayback(4, MAX, 2),
            read("a", "ACGTACGTACGT", null),
            read("b", "ACGT", null),
            read("c", "ACGTAC", null));
    assertThat(chunks)
        .extracting(c -> c.getSequenceId() + c.getPosition() + " on " + c.getChannel())
        .containsExactly("a0 on 1", "b0 on 2", "a4 on 1", "c0 on 2", "a8 on 1", "c4 on 2");
    assertThat(chunks).allMatch(c -> c.getQuality() == null);
  }

  @Test
  void basesAreCalledAtTheSpeedOfTheChannel() {
    long began = System.nanoTime();
    List<ReadChunk> chunks = play(new ReadPlayback(10, 500, 1), read("a", "A".repeat(40), null));
    assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(80_000_000);
    Instant first = chunks.get(0).getCaptureTime();
    assertThat(chunks)
        .extracting(c -> Duration.between(first, c.getCaptureTime()).toMillis())
        .containsExactly(0L, 20L, 40L, 60L);
  }

  @Test
  void whoStopsEndsTheReadsThatAreGoing() {
    List<ReadChunk> chunks = new ArrayList<>();
    new ReadPlayback(4, MAX, 2)
        .play(
            List.of(
                    read("a", "ACGTACGTACGT", null),
                    read("b", "ACGTACGT", null),
                    read("c", "ACGT", null))
                .iterator(),
            chunks::add,
            bases -> {},
            () -> chunks.size() >= 2);
    assertThat(chunks)
        .extracting(c -> c.getSequenceId() + " " + text(c.getBases()) + c.getSequenceEnd())
        .containsExactly("a ACGTfalse", "b ACGTfalse", "a true", "b true");
  }

  private static List<ReadChunk> play(ReadPlayback playback, Read... reads) {
    List<ReadChunk> chunks = new ArrayList<>();
    long[] sent = {0};
    playback.play(List.of(reads).iterator(), chunks::add, bases -> sent[0] = bases, () -> false);
    assertThat(sent[0]).isEqualTo(chunks.stream().mapToLong(c -> c.getBases().remaining()).sum());
    return chunks;
  }

  private static Read read(String id, String bases, String quality) {
    return new Read(id, 11, bytes(bases), quality == null ? null : bytes(quality));
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String text(ByteBuffer bytes) {
    return StandardCharsets.US_ASCII.decode(bytes.duplicate()).toString();
  }
}
