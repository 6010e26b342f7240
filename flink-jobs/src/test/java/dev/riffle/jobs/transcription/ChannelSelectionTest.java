package dev.riffle.jobs.transcription;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.jobs.stream.InputLimits;
import dev.riffle.jobs.stream.InputRecord;
import dev.riffle.models.Format;
import dev.riffle.schemas.record.AudioChunk;
import java.time.Duration;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChannelSelectionTest {
  private static final int RATE = 16_000;

  private static InputRecord read(ChannelSelection channel, int channels, short... pcm) {
    AudioChunk chunk = Chunks.chunk("hall", 0, pcm);
    chunk.setChannels(channels);
    var record = Chunks.record("in", chunk);
    return new AudioInput(new InputLimits(4096, 4096, Duration.ofDays(1)), channel)
        .read(new ConsumerRecord<>("in", 0, 0, record.key(), record.value()));
  }

  @Test
  void aSelectedChannelIsReadAsMono() {
    short[] pcm = {16384, -32768, 0, 8192};

    assertThat(read(ChannelSelection.LEFT, 2, pcm).event.values).containsExactly(0.5f, 0);
    assertThat(read(ChannelSelection.RIGHT, 2, pcm).event.values).containsExactly(-1, 0.25f);
    assertThat(read(ChannelSelection.RIGHT, 2, pcm).event.format).isEqualTo(new Format(RATE, 1));
    assertThat(read(ChannelSelection.LEFT, 1, pcm).event.values).hasSize(4);
    assertThat(read(ChannelSelection.MIX, 2, pcm).event.format).isEqualTo(new Format(RATE, 2));
    assertThat(read(ChannelSelection.MIX, 2, pcm).event.values).hasSize(4);
  }

  @Test
  void aChannelThatIsNotThereIsADeadLetter() {
    InputRecord record = read(ChannelSelection.RIGHT, 1, (short) 1, (short) 2);

    assertThat(record.event).isNull();
    assertThat(record.deadLetter).isNotNull();
  }

  /** Eleven seconds of a sound whose right channel is the left one times a gain. */
  private static Optional<String> hear(ChannelWatch watch, String id, double gain, int channels) {
    Optional<String> warning = Optional.empty();
    for (int chunk = 0; chunk < 110; chunk++) {
      float[] samples = new float[RATE / 10 * channels];
      for (int i = 0; i < samples.length; i++) {
        int time = i / channels;
        double left = Math.sin(0.1 * time);
        samples[i] = (float) (i % channels == 0 ? left : gain * left);
      }
      Optional<String> next = watch.add(id, samples, channels, RATE);
      warning = warning.isPresent() ? warning : next;
    }
    return warning;
  }

  @ParameterizedTest
  @CsvSource({"-1, 2, true", "-0.8, 2, true", "1, 2, false", "0, 2, false", "-1, 1, false"})
  void channelsThatCancelAreCounted(double gain, int channels, boolean cancel) {
    ChannelWatch watch = new ChannelWatch();

    Optional<String> warning = hear(watch, "hall", gain, channels);

    assertThat(warning.isPresent()).isEqualTo(cancel);
    assertThat(watch.cancelling()).isEqualTo(cancel ? 1 : 0);
  }

  @Test
  void aSequenceIsReportedOnceAndCountedEachTime() {
    ChannelWatch watch = new ChannelWatch();

    assertThat(hear(watch, "hall\nway", -1, 2).orElseThrow())
        .startsWith("The channels of sequence hall")
        .contains("cancel: over 10 s")
        .doesNotContain("\n");
    assertThat(hear(watch, "hall\nway", -1, 2)).isEmpty();
    assertThat(watch.cancelling()).isEqualTo(2);
  }
}
