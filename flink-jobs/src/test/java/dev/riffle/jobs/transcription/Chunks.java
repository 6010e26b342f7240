package dev.riffle.jobs.transcription;

import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.AudioChunk;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Sounds as the records of an input topic. */
public final class Chunks {
  /** When test sounds begin, microseconds since the epoch. */
  static final long START = 1_700_000_000_000_000L;

  static final int RATE = 16_000;

  private Chunks() {}

  /** A chunk that is as it should be; 16 kHz, mono, s16le. */
  static AudioChunk chunk(String id, long position, short... pcm) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * pcm.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asShortBuffer().put(pcm);
    return AudioChunk.newBuilder()
        .setSequenceId(id)
        .setSequenceStart(position == 0)
        .setPosition(position)
        .setCaptureTime(Instant.EPOCH.plus(START + position * 1_000_000 / RATE, ChronoUnit.MICROS))
        .setSampleRate(RATE)
        .setSamples(bytes)
        .build();
  }

  /** A whole sound in chunks of this many samples, the last marked as the end. */
  static List<AudioChunk> sound(String id, short[] pcm, int samples) {
    List<AudioChunk> chunks = new ArrayList<>();
    for (int at = 0; at < pcm.length; at += samples) {
      int end = Math.min(pcm.length, at + samples);
      AudioChunk chunk = chunk(id, at, Arrays.copyOfRange(pcm, at, end));
      chunk.setSequenceEnd(end == pcm.length);
      chunks.add(chunk);
    }
    return chunks;
  }

  /** The chunk as it stands on a topic; its timestamp is the capture time. */
  static ProducerRecord<byte[], byte[]> record(String topic, AudioChunk chunk) {
    return new ProducerRecord<>(
        topic,
        null,
        chunk.getCaptureTime().toEpochMilli(),
        chunk.getSequenceId().getBytes(StandardCharsets.UTF_8),
        AvroCodec.of(AudioChunk.class).encode(chunk));
  }
}
