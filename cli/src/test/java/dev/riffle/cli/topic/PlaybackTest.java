package dev.riffle.cli.topic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.cli.audio.Sound;
import dev.riffle.schemas.record.AudioChunk;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlaybackTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Playback FAST = new Playback(32, Double.POSITIVE_INFINITY, START);

  @Test
  void chunksFollowOneAnotherAndTheLastSaysSo() {
    List<AudioChunk> chunks = play(new Playback.Part("a", new Ramp(8000, 600)));

    assertThat(chunks).extracting(AudioChunk::getPosition).containsExactly(0L, 256L, 512L);
    assertThat(chunks).extracting(c -> c.getSamples().remaining()).containsExactly(512, 512, 176);
    assertThat(chunks).extracting(AudioChunk::getSequenceStart).containsExactly(true, false, false);
    assertThat(chunks).extracting(AudioChunk::getSequenceEnd).containsExactly(false, false, true);
    assertThat(chunks)
        .extracting(AudioChunk::getCaptureTime)
        .containsExactly(START, START.plusMillis(32), START.plusMillis(64));
  }

  @Test
  void aSoundOfWholeChunksEndsWithAnEmptyOne() {
    List<AudioChunk> chunks = play(new Playback.Part("a", new Ramp(8000, 512)));

    assertThat(chunks).extracting(c -> c.getSamples().remaining()).containsExactly(512, 512, 0);
    assertThat(chunks).extracting(AudioChunk::getSequenceEnd).containsExactly(false, false, true);
  }

  @Test
  void soundsOfDifferentRatesAdvanceTogether() {
    List<AudioChunk> chunks =
        play(
            new Playback.Part("slow", new Ramp(8000, 8000)),
            new Playback.Part("fast", new Ramp(48000, 96000)));

    assertThat(chunks).isSortedAccordingTo(Comparator.comparing(AudioChunk::getCaptureTime));
    assertThat(chunks.stream().filter(AudioChunk::getSequenceEnd)).hasSize(2);
    long samples =
        chunks.stream()
            .filter(c -> c.getSequenceId().equals("fast"))
            .mapToLong(c -> c.getSamples().remaining() / 2)
            .sum();
    assertThat(samples).isEqualTo(96000);
  }

  @Test
  void aStoppedPlaybackStillEndsItsSequence() {
    List<AudioChunk> chunks = new ArrayList<>();
    FAST.play(
        List.of(new Playback.Part("a", new Ramp(8000, 1 << 20))),
        chunks::add,
        seconds -> {},
        () -> chunks.size() == 3);

    assertThat(chunks).hasSize(4);
    assertThat(chunks.get(3).getSequenceEnd()).isTrue();
    assertThat(chunks.get(3).getPosition()).isEqualTo(768);
  }

  @Test
  void aPacedChunkIsSentOnceItsLastSampleHasBeenHeard() {
    List<Long> sent = new ArrayList<>();
    long began = System.nanoTime();
    new Playback(20, 1, START)
        .play(
            List.of(new Playback.Part("a", new Ramp(8000, 480))),
            chunk -> sent.add((System.nanoTime() - began) / 1_000_000),
            seconds -> {},
            () -> false);

    assertThat(sent).hasSize(4); // 160 samples each, then the end
    assertThat(sent.get(0)).isGreaterThanOrEqualTo(20);
    assertThat(sent.get(2)).isGreaterThanOrEqualTo(60);
  }

  private static List<AudioChunk> play(Playback.Part... parts) {
    List<AudioChunk> chunks = new ArrayList<>();
    FAST.play(List.of(parts), chunks::add, seconds -> {}, () -> false);
    return chunks;
  }

  /** A sound of rising values. */
  private static final class Ramp implements Sound {
    private final int rate;
    private final int length;
    private int position;

    Ramp(int rate, int length) {
      this.rate = rate;
      this.length = length;
    }

    @Override
    public int rate() {
      return rate;
    }

    @Override
    public int channels() {
      return 1;
    }

    @Override
    public String encoding() {
      return "s16le";
    }

    @Override
    public int read(float[] into, int samples) {
      int n = Math.min(samples, length - position);
      for (int i = 0; i < n; i++) {
        into[i] = (position++ % 1000) / 32768f;
      }
      return n;
    }

    @Override
    public void close() {}
  }
}
