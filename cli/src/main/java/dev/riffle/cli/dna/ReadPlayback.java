package dev.riffle.cli.dna;

import dev.riffle.schemas.record.ReadChunk;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Comparator;
import java.util.Iterator;
import java.util.PriorityQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Sends reads side by side as a sequencer would: each channel takes the next read when it is
 * through with its last, and a chunk is sent when its last base has been called.
 *
 * @param chunkBases bases of a chunk; the last of a read may have fewer
 * @param basesPerSecond of one channel; infinite for no limit
 * @param channels that are busy at once, 1 or more; they are counted from 1
 */
public record ReadPlayback(int chunkBases, double basesPerSecond, int channels) {
  private static final long PARK_NANOS = 50_000_000; // then looks whether it should stop

  /**
   * Sends all reads.
   *
   * @param to receives the chunks, in the order in which they are due
   * @param progress receives the number of bases sent so far
   * @param stopped asked between chunks; once true, the reads end where they are
   */
  public void play(
      Iterator<Read> reads,
      Consumer<ReadChunk> to,
      LongConsumer progress,
      BooleanSupplier stopped) {
    Instant start = Instant.now();
    long began = System.nanoTime();
    long sent = 0;
    PriorityQueue<Channel> busy =
        new PriorityQueue<>(
            Comparator.comparingLong((Channel c) -> c.bases).thenComparingInt(c -> c.number));
    for (int number = 1; number <= channels && reads.hasNext(); number++) {
      busy.add(new Channel(number, reads.next()));
    }
    while (!busy.isEmpty()) {
      Channel channel = busy.poll();
      boolean stop = stopped.getAsBoolean();
      int bases = stop ? 0 : Math.min(chunkBases, channel.left());
      Instant called = capture(start, channel.bases);
      channel.bases += bases;
      pace(began, channel.bases, stopped);
      to.accept(channel.chunk(bases, stop, called));
      sent += bases;
      progress.accept(sent);
      if (!channel.ended) {
        busy.add(channel);
      } else if (!stop && reads.hasNext()) {
        channel.begin(reads.next());
        busy.add(channel);
      }
    }
  }

  /** When a channel has called so many bases. */
  private Instant capture(Instant start, long bases) {
    return Double.isInfinite(basesPerSecond)
        ? Instant.now()
        : start.plusNanos(Math.round(bases / basesPerSecond * 1e9));
  }

  private void pace(long began, long bases, BooleanSupplier stopped) {
    if (Double.isInfinite(basesPerSecond)) {
      return;
    }
    long due = began + Math.round(bases / basesPerSecond * 1e9);
    long left = due - System.nanoTime();
    while (left > 0 && !stopped.getAsBoolean()) {
      LockSupport.parkNanos(Math.min(left, PARK_NANOS));
      left = due - System.nanoTime();
    }
  }

  /** One of the channels, and what it is about to send. */
  private static final class Channel {
    final int number;
    long bases; // called so far, of all its reads
    Read read;
    int position; // of the next chunk in its read
    boolean ended;

    Channel(int number, Read read) {
      this.number = number;
      begin(read);
    }

    void begin(Read next) {
      read = next;
      position = 0;
      ended = false;
    }

    int left() {
      return read.bases().remaining() - position;
    }

    ReadChunk chunk(int bases, boolean stop, Instant called) {
      int first = position;
      position += bases;
      ended = stop || left() == 0;
      return ReadChunk.newBuilder()
          .setSequenceId(read.id())
          .setSequenceStart(first == 0)
          .setSequenceEnd(ended)
          .setPosition(first)
          .setCaptureTime(called)
          .setBases(slice(read.bases(), first, bases))
          .setQuality(read.quality() == null ? null : slice(read.quality(), first, bases))
          .setChannel(number)
          .setGeneticCode(read.geneticCode())
          .build();
    }

    private static ByteBuffer slice(ByteBuffer of, int from, int length) {
      return of.slice(of.position() + from, length);
    }
  }
}
