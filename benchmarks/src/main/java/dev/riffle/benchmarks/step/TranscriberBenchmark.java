package dev.riffle.benchmarks.step;

import dev.riffle.kernels.Backends;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.music.transcriber.Note;
import dev.riffle.music.transcriber.Transcriber;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One frame (32 ms of sound) of each of {@code keys} streams through the whole transcriber: state
 * bytes in, resampler, spectrum, network, decoder, state bytes out. Runs in the repository's root.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class TranscriberBenchmark {
  private static final int PIECE = 64; // frames of sound, played round and round

  /** Streams that advance together. */
  @Param({"1", "64"})
  public int keys;

  /** Samples per second. */
  @Param({"16000", "44100"})
  public int rate;

  /** What computes. */
  @Param({"cpu"})
  public String backend;

  private StreamRunner<Note> runner;
  private Format format;
  private float[] sound;
  private byte[][] states;
  private int at;

  /** Loads the model and opens the streams. */
  @Setup
  public void open() {
    ModelDirectory directory = ModelDirectory.read(Path.of("demo/models/lru-transcriber/1"));
    runner = new Transcriber(directory, Backends.find(backend)).newRunner();
    format = new Format(rate, 1);
    int frame = rate * 32 / 1000;
    sound = new float[frame * PIECE];
    Random random = new Random(1);
    for (int i = 0; i < sound.length; i++) {
      double t = (double) i / rate;
      sound[i] =
          (float)
              (0.2 * Math.sin(2 * Math.PI * 262 * t)
                  + 0.2 * Math.sin(2 * Math.PI * 392 * t)
                  + 0.01 * random.nextGaussian());
    }
    states = new byte[keys][];
    for (int b = 0; b < keys; b++) {
      states[b] = runner.open(format);
    }
  }

  /** One frame of every stream. */
  @Benchmark
  public int frame() {
    int steps = sound.length / PIECE;
    List<BatchItem<Note>> rows = new ArrayList<>(keys);
    for (int b = 0; b < keys; b++) {
      rows.add(new BatchItem<>(format, states[b], sound, at, steps));
    }
    runner.advance(rows);
    int notes = 0;
    for (int b = 0; b < keys; b++) {
      states[b] = rows.get(b).state;
      notes += rows.get(b).predictions.size();
    }
    at = (at + steps) % sound.length;
    return notes;
  }
}
