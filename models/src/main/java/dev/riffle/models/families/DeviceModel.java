package dev.riffle.models.families;

import dev.riffle.kernels.Device;
import dev.riffle.kernels.DeviceException;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.ModelInfo;
import dev.riffle.models.PredictAt;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import java.util.List;

/**
 * A model whose backend computes on a device. Every operation on a tensor runs on the thread of the
 * device. All runners share one work memory, because the device has one thread. The memory is
 * released when the device runs out of memory, so that a smaller batch fits. Items that only buffer
 * steps do not wait for the device.
 */
final class DeviceModel<O> implements StreamModel<O> {
  private final StreamModel<O> model;
  private final Device device;

  /** The runner of all callers, used only on the thread of the device. */
  private StreamRunner<O> shared;

  DeviceModel(StreamModel<O> model, Device device) {
    this.model = model;
    this.device = device;
  }

  @Override
  public ModelInfo info() {
    return model.info();
  }

  @Override
  public void check(Format format) {
    model.check(format);
  }

  @Override
  public boolean continues(Format session, Format next) {
    return model.continues(session, next);
  }

  @Override
  public int slots(BatchItem<O> item, boolean finish) {
    return model.slots(item, finish);
  }

  @Override
  public StreamModel<O> predictingAt(PredictAt predictAt) {
    return new DeviceModel<>(model.predictingAt(predictAt), device);
  }

  @Override
  public StreamRunner<O> newRunner() {
    return new Runner(device.call(model::newRunner));
  }

  private final class Runner implements StreamRunner<O> {
    private final StreamRunner<O> own;
    private long waitedNanos;

    /**
     * @param own runner for items that only buffer steps
     */
    Runner(StreamRunner<O> own) {
      this.own = own;
    }

    @Override
    public byte[] open(Format format) {
      return device.call(() -> shared().open(format));
    }

    @Override
    public void advance(List<BatchItem<O>> items) {
      waitedNanos = 0;
      if (items.stream().allMatch(item -> slots(item, false) == 0)) {
        own.advance(items);
      } else {
        compute(() -> shared().advance(items));
      }
    }

    @Override
    public void finish(List<BatchItem<O>> items) {
      compute(() -> shared().finish(items));
    }

    @Override
    public void warmUp(int slots) {
      compute(() -> shared().warmUp(slots));
    }

    @Override
    public long waitedNanos() {
      return waitedNanos;
    }

    private void compute(Runnable work) {
      long asked = System.nanoTime();
      waitedNanos = 0;
      device.call(
          () -> {
            waitedNanos = System.nanoTime() - asked;
            try {
              work.run();
            } catch (DeviceException.OutOfMemory e) {
              shared = null;
              throw e;
            }
            return null;
          });
    }

    private StreamRunner<O> shared() {
      if (shared == null) {
        shared = model.newRunner();
      }
      return shared;
    }
  }
}
