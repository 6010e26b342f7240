package dev.riffle.cli.topic;

import dev.riffle.cli.audio.Samples;
import dev.riffle.cli.audio.Sound;
import dev.riffle.schemas.record.AudioChunk;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;

/**
 * Plays sounds side by side, many at once, each as its own sequence: a chunk is sent when its last
 * sample has been heard, and its capture time is that of its first sample, {@code start + position
 * / rate}, later for a sound that waited.
 *
 * @param chunkMillis length of a chunk
 * @param speed sound seconds per second of the clock; infinite for no limit
 * @param start capture time of position 0
 */
public record Playback(int chunkMillis, double speed, Instant start) {
  /** Length of a chunk when nothing is said: one frame of the transcriber. */
  public static final int CHUNK_MILLIS = 32;

  /** Sounds that are played side by side; others begin when one of these has ended. */
  private static final int MOST_AT_ONCE = 64;

  private static final long PARK_NANOS = 50_000_000; // then looks whether it should stop

  /** A sound and the id that it is played under. */
  public record Part(String sequenceId, Sound sound) {}

  /**
   * Plays until every sound has ended.
   *
   * @param to receives the chunks, those of all parts in the order of their capture times
   * @param progress receives the seconds played so far
   * @param stopped asked between chunks; once true, the sequences end where they are
   */
  public void play(
      List<Part> parts, Consumer<AudioChunk> to, DoubleConsumer progress, BooleanSupplier stopped) {
    long began = System.nanoTime();
    PriorityQueue<Voice> voices =
        new PriorityQueue<>(
            Comparator.comparingDouble(Voice::seconds).thenComparingInt(v -> v.place));
    int next = 0;
    while (next < Math.min(MOST_AT_ONCE, parts.size())) {
      voices.add(new Voice(parts.get(next), next++, 0));
    }
    while (!voices.isEmpty()) {
      Voice voice = voices.poll();
      boolean more = voice.read(stopped.getAsBoolean());
      pace(began, voice.seconds(), stopped);
      to.accept(voice.chunk());
      progress.accept(voice.seconds());
      if (more) {
        voices.add(voice);
      } else if (next < parts.size()) {
        voices.add(new Voice(parts.get(next), next++, voice.seconds()));
      }
    }
  }

  /** Seconds until sounds of these lengths have been played. */
  public static double seconds(List<Double> lengths) {
    PriorityQueue<Double> ends = new PriorityQueue<>();
    double last = 0;
    for (double length : lengths) {
      double end = (ends.size() < MOST_AT_ONCE ? 0 : ends.poll()) + length;
      ends.add(end);
      last = Math.max(last, end);
    }
    return last;
  }

  private void pace(long began, double seconds, BooleanSupplier stopped) {
    if (Double.isInfinite(speed)) {
      return;
    }
    long due = began + (long) (seconds / speed * 1e9);
    long left = due - System.nanoTime();
    while (left > 0 && !stopped.getAsBoolean()) {
      LockSupport.parkNanos(Math.min(left, PARK_NANOS));
      left = due - System.nanoTime();
    }
  }

  /** One sound on its way. */
  private final class Voice {
    final Part part;
    final int place;
    final double begin; // seconds after the start
    final int samples; // of a chunk
    final float[] buffer; // [samples, channels]
    long position; // of the next chunk
    int got;
    boolean ended;

    Voice(Part part, int place, double begin) {
      this.part = part;
      this.place = place;
      this.begin = begin;
      this.samples = Math.max(1, (int) ((long) part.sound.rate() * chunkMillis / 1000));
      this.buffer = new float[samples * part.sound.channels()];
    }

    double seconds() {
      return begin + position / (double) part.sound.rate();
    }

    /** Reads the next chunk; false if it is the last. */
    boolean read(boolean stop) {
      got = stop ? 0 : part.sound.read(buffer, samples);
      ended = got < samples;
      position += got;
      return !ended;
    }

    AudioChunk chunk() {
      Sound sound = part.sound;
      long first = position - got;
      return AudioChunk.newBuilder()
          .setSequenceId(part.sequenceId)
          .setSequenceStart(first == 0)
          .setSequenceEnd(ended)
          .setPosition(first)
          .setCaptureTime(
              start
                  .plusNanos(Math.round(begin * 1e9))
                  .plusNanos(Math.round(first * 1e9 / sound.rate())))
          .setSampleRate(sound.rate())
          .setChannels(sound.channels())
          .setEncoding(sound.encoding())
          .setSamples(Samples.encode(buffer, got * sound.channels(), sound.encoding()))
          .build();
    }
  }
}
