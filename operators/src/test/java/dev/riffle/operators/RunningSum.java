package dev.riffle.operators;

import dev.riffle.kernels.DeviceException;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.InputException;
import dev.riffle.models.ModelInfo;
import dev.riffle.models.Prediction;
import dev.riffle.models.StateException;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A small model for tests: predicts the sum of all steps at each step, and minus the sum at the
 * end. Refuses the values 13 and infinity, and every width but 1. The attribute {@value #OFFSET} of
 * the format is added to each step and can change within a session.
 */
final class RunningSum implements StreamModel<Float> {
  /** Attribute: what is added to each step, 0 by default. */
  static final String OFFSET = "offset";

  /** A value that the model refuses with an {@link InputException}. */
  static final float POISON = 13;

  /** A value for which the model throws another exception. */
  static final float BREAK = Float.POSITIVE_INFINITY;

  /** Sizes of the batches that all runners advanced. */
  static final List<Integer> BATCHES = new ArrayList<>();

  /** Sizes of the batches that all runners finished. */
  static final List<Integer> FINISHED = new ArrayList<>();

  /** Number of models loaded. */
  static int loaded;

  /** Batch items that the device has memory for. */
  static int room;

  /** True if the model computes nothing, not even zeros. */
  static boolean broken;

  /** Batches after which the device fails. */
  static int lifetime;

  /** Slots that all runners warmed up. */
  static final List<Integer> WARMED = new ArrayList<>();

  /** Shortest duration of a batch in milliseconds. */
  static int slowness;

  /** Restores a device without failures and clears the records of calls. */
  static void reset() {
    room = Integer.MAX_VALUE;
    lifetime = Integer.MAX_VALUE;
    broken = false;
    slowness = 0;
    WARMED.clear();
    BATCHES.clear();
    FINISHED.clear();
  }

  static {
    reset();
  }

  private final String fingerprint;

  private RunningSum(String fingerprint) {
    this.fingerprint = fingerprint;
  }

  /** Loads a model with this fingerprint. */
  record Source(String fingerprint) implements ModelSource<Float> {
    @Override
    public String key() {
      return fingerprint;
    }

    @Override
    public StreamModel<Float> load() {
      loaded++;
      return new RunningSum(fingerprint);
    }
  }

  /** Writes {@code position:sum} to both topics. */
  record Mapper() implements OutputMapper<Float> {
    @Override
    public Optional<OutputRecord> toFinal(EmittedPrediction<Float> emitted) {
      long position = emitted.sessionStart() + emitted.prediction().position();
      String text = position + ":" + emitted.prediction().value();
      return Optional.of(
          new OutputRecord(emitted.sequenceId(), text.getBytes(StandardCharsets.UTF_8), 0));
    }

    @Override
    public Optional<OutputRecord> toPreview(EmittedPrediction<Float> emitted) {
      return toFinal(emitted);
    }
  }

  @Override
  public ModelInfo info() {
    return new ModelInfo("sum", "1", "sum", fingerprint, 0, 13);
  }

  @Override
  public void check(Format format) {
    if (format.width() != 1) {
      throw new InputException("Expected steps of width 1 but got " + format.width() + ".");
    }
  }

  @Override
  public boolean continues(Format session, Format next) {
    return session.rate() == next.rate() && session.width() == next.width();
  }

  @Override
  public StreamRunner<Float> newRunner() {
    return new Runner();
  }

  private static final class Runner implements StreamRunner<Float> {
    @Override
    public byte[] open(Format format) {
      return state(0, 0);
    }

    @Override
    public void advance(List<BatchItem<Float>> batch) {
      BATCHES.add(batch.size());
      compute(batch);
    }

    private static void compute(List<BatchItem<Float>> batch) {
      if (lifetime-- <= 0) {
        throw new DeviceException("The device fell off the bus.", null);
      }
      long done = System.nanoTime() + slowness * 1_000_000L;
      while (System.nanoTime() < done) {
        Thread.onSpinWait();
      }
      for (int i = 0; i < batch.size(); i++) {
        if (i == room) {
          throw new DeviceException.OutOfMemory("No room for " + batch.size() + ".", null);
        }
        consume(batch.get(i));
      }
    }

    @Override
    public void warmUp(int slots) {
      WARMED.add(slots);
      if (broken) {
        throw new UnsupportedOperationException("no such instruction");
      }
      if (slots > room) {
        throw new DeviceException.OutOfMemory("No room for " + slots + ".", null);
      }
    }

    @Override
    public void finish(List<BatchItem<Float>> batch) {
      FINISHED.add(batch.size());
      compute(batch);
      batch.forEach(
          item -> {
            ByteBuffer state = ByteBuffer.wrap(item.state);
            item.predictions.add(new Prediction<>(state.getLong(1), -state.getFloat(9)));
          });
    }

    private static void consume(BatchItem<Float> item) {
      if (item.state.length != 13 || item.state[0] != 1) {
        throw new StateException("Expected state of version 1.");
      }
      ByteBuffer state = ByteBuffer.wrap(item.state);
      long count = state.getLong(1);
      float sum = state.getFloat(9);
      float offset = Float.parseFloat(item.format.attributes().getOrDefault(OFFSET, "0"));
      for (int i = 0; i < item.steps; i++) {
        float value = item.values[item.offset + i];
        if (value == POISON) {
          throw new InputException("Expected anything but 13. Send another number.");
        }
        if (value == BREAK || broken) {
          throw new IllegalArgumentException("broken");
        }
        sum += value + offset;
        item.predictions.add(new Prediction<>(++count, sum));
      }
      item.state = state(count, sum);
    }

    private static byte[] state(long count, float sum) {
      return ByteBuffer.allocate(13).put((byte) 1).putLong(count).putFloat(sum).array();
    }
  }
}
