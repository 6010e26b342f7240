package dev.riffle.music.transcriber;

import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.Prediction;
import dev.riffle.models.StreamRunner;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntSupplier;

/** What came out of a sequence: every answer, and the state before the end. */
record Played(List<Prediction<Note>> notes, ByteBuffer state) {

  static Played play(StreamRunner<Note> runner, Format format, float[] sound, IntSupplier chunk) {
    Key key = new Key(format, sound);
    key.begin(runner);
    while (key.left() > 0) {
      BatchItem<Note> row = key.row(Math.min(key.left(), chunk.getAsInt()));
      runner.advance(List.of(row));
      key.take(row);
    }
    ByteBuffer state = ByteBuffer.wrap(key.state);
    BatchItem<Note> end = key.row(0);
    runner.finish(List.of(end));
    key.take(end);
    return new Played(key.notes, state);
  }

  /** One sequence as its caller sees it. */
  static final class Key {
    final Format format;
    final float[] sound;
    final List<Prediction<Note>> notes = new ArrayList<>();
    byte[] state;
    int at;

    Key(Format format, float[] sound) {
      this.format = format;
      this.sound = sound;
    }

    void begin(StreamRunner<Note> runner) {
      state = runner.open(format);
    }

    int left() {
      return sound.length / format.width() - at;
    }

    BatchItem<Note> row(int steps) {
      return new BatchItem<>(format, state, sound, at * format.width(), steps);
    }

    void take(BatchItem<Note> row) {
      state = row.state;
      at += row.steps;
      notes.addAll(row.predictions);
    }
  }

  /** A chord of decaying tones every 0.25 s, other ones for every seed. */
  static float[] chords(Format format, double seconds, int seed) {
    Random random = new Random(seed);
    int steps = (int) (seconds * format.rate());
    double[] mono = new double[steps];
    for (double start = 0.05; start < seconds; start += 0.25) {
      for (int voice = 0; voice < 3; voice++) {
        double frequency = 440 * Math.pow(2, (random.nextInt(36) - 18) / 12.0);
        for (int i = (int) (start * format.rate()); i < steps; i++) {
          double t = (double) i / format.rate() - start;
          double y = 0;
          for (int h = 1; h <= 4 && h * frequency < 0.45 * format.rate(); h++) {
            y += Math.sin(2 * Math.PI * h * frequency * t) / h;
          }
          mono[i] += 0.06 * y * Math.exp(-6 * t) * Math.min(1, t / 0.005);
        }
      }
    }
    float[] sound = new float[steps * format.width()];
    for (int i = 0; i < sound.length; i++) {
      sound[i] = (float) mono[i / format.width()];
    }
    return sound;
  }
}
