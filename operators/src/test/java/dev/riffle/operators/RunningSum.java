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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A small honest model: each step is answered with the sum of all steps so far, and the end with
 * minus the sum. Refuses the values 13 and infinity, and every width but 1. The attribute {@value
 * #OFFSET} of the format is added to each step and can change within a session.
 */
final class RunningSum implements StreamModel<Float> {
  /** Attribute: what is added to each step, 0 by default. */
  static final String OFFSET = "offset";

  /** A value the model refuses, as a model should. */
  static final float POISON = 13;

  /** A value on which the model breaks. */
  static final float BREAK = Float.POSITIVE_INFINITY;

  /** Sizes of the batches that all runners advanced. */
  static final List<Integer> BATCHES = new ArrayList<>();

  /** Sizes of the batches that all runners finished. */
  static final List<Integer> FINISHED = new ArrayList<>();

  /** Number of models loaded. */
  static int loaded;

  /** Rows that the device has memory for. */
  static int room;

  /** True if the model computes nothing, not even zeros. */
  static boolean broken;

  /** Batches after which the device fails. */
  static int lifetime;

  /** Places that were warmed up, of all runners. */
  static final List<Integer> WARMED = new ArrayList<>();

  /** Milliseconds that a batch takes at least. */
  static int slowness;

  /** A device that does all that is asked. */
  static void mend() {
    room = Integer.MAX_VALUE;
    lifetime = Integer.MAX_VALUE;
    broken = false;
    slowness = 0;
    WARMED.clear();
    BATCHES.clear();
    FINISHED.clear();
  }

  static {
    mend();
  }

  private final String fingerprint;

  private RunningSum(String fingerprint) {
    this.fingerprint = fingerprint;
  }

  /** Finds the model whose function has this fingerprint. */
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

  /** Writes {@code position:sum} on both lanes. */
  record Mapper() implements OutputMapper<Float> {
    @Override
    public Optional<OutputRecord> toFinal(EmittedPrediction<Float> emitted) {
      long position = emitted.sessionStart() + emitted.prediction().position();
      String text = position + ":" + emitted.prediction().value();
      return Optional.of(new OutputRecord(emitted.sequenceId(), text.getBytes(), 0));
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
    public void advance(List<BatchItem<Float>> rows) {
      BATCHES.add(rows.size());
      compute(rows);
    }

    private static void compute(List<BatchItem<Float>> rows) {
      if (lifetime-- <= 0) {
        throw new DeviceException("The card fell off the bus.", null);
      }
      long done = System.nanoTime() + slowness * 1_000_000L;
      while (System.nanoTime() < done) {
        Thread.onSpinWait();
      }
      for (int i = 0; i < rows.size(); i++) {
        if (i == room) {
          throw new DeviceException.OutOfMemory("No room for " + rows.size() + ".", null);
        }
        consume(rows.get(i));
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
    public void finish(List<BatchItem<Float>> rows) {
      FINISHED.add(rows.size());
      compute(rows);
      rows.forEach(
          row -> {
            ByteBuffer state = ByteBuffer.wrap(row.state);
            row.predictions.add(new Prediction<>(state.getLong(1), -state.getFloat(9)));
          });
    }

    private static void consume(BatchItem<Float> row) {
      if (row.state.length != 13 || row.state[0] != 1) {
        throw new StateException("Expected state of version 1.");
      }
      ByteBuffer state = ByteBuffer.wrap(row.state);
      long count = state.getLong(1);
      float sum = state.getFloat(9);
      float offset = Float.parseFloat(row.format.attributes().getOrDefault(OFFSET, "0"));
      for (int i = 0; i < row.steps; i++) {
        float value = row.values[row.offset + i];
        if (value == POISON) {
          throw new InputException("Expected anything but 13. Send another number.");
        }
        if (value == BREAK || broken) {
          throw new IllegalArgumentException("broken");
        }
        sum += value + offset;
        row.predictions.add(new Prediction<>(++count, sum));
      }
      row.state = state(count, sum);
    }

    private static byte[] state(long count, float sum) {
      return ByteBuffer.allocate(13).put((byte) 1).putLong(count).putFloat(sum).array();
    }
  }
}
