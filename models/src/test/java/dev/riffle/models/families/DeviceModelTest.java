package dev.riffle.models.families;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Device;
import dev.riffle.kernels.DeviceException;
import dev.riffle.kernels.FragileDevice;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.lru.LruConfig;
import dev.riffle.models.lru.LruInit;
import dev.riffle.models.weights.ModelDirectory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Models on a backend that has a device: {@code cpu} behind one that checks who calls. */
@Timeout(60)
class DeviceModelTest {
  private static final Format FORMAT = new Format(0, 3);
  private static final int ITEMS = 8;
  private static final String CONFIG =
      """
      {"family": "lru", "d_input": 3, "d_model": 4, "d_hidden": 2, "n_layers": 2, "d_output": 5,
       "pooling": "mean", "norm": "batch", "prenorm": true}
      """;
  private static final LruConfig SIZES =
      new LruConfig(3, 4, 2, 2, 5, 1, LruConfig.Pooling.MEAN, "batch", true);

  private final FragileDevice fragile = new FragileDevice(Backends.find("cpu"));
  @TempDir Path folder;
  private ModelDirectory directory;

  @BeforeEach
  void writeModel() {
    Path path = folder.resolve("some/1");
    ModelDirectory.write(path, CONFIG, LruInit.draw(SIZES, 0, 1, 6.28, 1), "{}");
    directory = ModelDirectory.read(path);
  }

  private StreamModel<PredictionValues> load(Kernels kernels) {
    return Families.load(directory, kernels, PredictionValues.class);
  }

  private static List<BatchItem<PredictionValues>> items(
      StreamRunner<PredictionValues> runner, int count) {
    List<BatchItem<PredictionValues>> items = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      items.add(new BatchItem<>(FORMAT, runner.open(FORMAT), new float[] {i, 1, 2}, 0, 1));
    }
    return items;
  }

  private static List<Object> answers(StreamModel<PredictionValues> model) {
    StreamRunner<PredictionValues> runner = model.newRunner();
    List<BatchItem<PredictionValues>> items = items(runner, ITEMS);
    runner.warmUp(1);
    runner.advance(items);
    runner.finish(items);
    List<Object> all = new ArrayList<>();
    items.forEach(item -> all.add(List.of(item.predictions, HexFormat.of().formatHex(item.state))));
    return all;
  }

  @Test
  void aModelIsLoadedAndComputedOnTheDevicesThreadWithTheSameBits() {
    assertThat(answers(load(fragile.kernels()))).isEqualTo(answers(load(Backends.find("cpu"))));
    BatchItem<PredictionValues> nine = new BatchItem<>(FORMAT, new byte[0], new float[9 * 3], 0, 9);
    assertThat(load(fragile.kernels()).slots(nine, false)).isOne();
  }

  @Test
  void itIsDescribedAndHeldAgainstGoldensThereToo() {
    assertThat(Families.describe(directory, fragile.kernels(), 0).layers()).isEqualTo(2);
    Path golden = Path.of("goldens/rse/rse-tf-01-heavy-N2-B1-m6-b1.safetensors");
    assertThat(Families.check(golden, fragile.kernels()).ok()).isTrue();
  }

  @Test
  void theTimeSpentWaitingForTheDeviceIsReported() throws Exception {
    StreamRunner<PredictionValues> runner = load(fragile.kernels()).newRunner();
    List<BatchItem<PredictionValues>> items = items(runner, 1);
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    Thread holder = new Thread(() -> fragile.device().call(() -> awaited(busy, release)));
    holder.start();
    busy.await();
    Thread caller = new Thread(() -> runner.advance(items));
    caller.start();
    FragileDevice.untilWaiting(caller);
    long waiting = System.nanoTime();
    long released = System.nanoTime();
    release.countDown();
    caller.join();
    holder.join();
    assertThat(runner.waitedNanos()).isGreaterThanOrEqualTo(released - waiting).isPositive();
    assertThat(load(Backends.find("cpu")).newRunner().waitedNanos()).isZero();
  }

  private static boolean awaited(CountDownLatch busy, CountDownLatch release) {
    try {
      busy.countDown();
      release.await();
      return true;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aBatchWithoutRoomLeavesRoomForASmallerOne() {
    StreamRunner<PredictionValues> runner = load(fragile.kernels()).newRunner();
    StreamRunner<PredictionValues> other = load(fragile.kernels()).newRunner();
    fragile.largestTensor(ITEMS * 3);
    assertThatThrownBy(() -> runner.advance(items(runner, ITEMS)))
        .isInstanceOf(DeviceException.OutOfMemory.class);
    runner.advance(items(runner, ITEMS / 4));
    other.advance(items(other, ITEMS / 4));
  }

  @Test
  void aFailedDeviceFailsEveryRunnerOfEveryModelOnIt() {
    StreamRunner<PredictionValues> runner = load(fragile.kernels()).newRunner();
    StreamRunner<PredictionValues> other = load(fragile.kernels()).newRunner();
    List<BatchItem<PredictionValues>> items = items(runner, 1);
    fragile.failAfter(3);
    assertThatThrownBy(() -> runner.advance(items))
        .isInstanceOf(DeviceException.class)
        .hasMessage("The device fell off the bus.");
    assertThatThrownBy(() -> other.open(FORMAT)).hasMessageContaining("has failed before");
    assertThatThrownBy(() -> load(fragile.kernels())).isInstanceOf(DeviceException.class);
  }

  @Test
  void aWarmUpComputesOnTheDevice() {
    StreamRunner<PredictionValues> runner = load(fragile.kernels()).newRunner();
    runner.warmUp(1);
    int before = fragile.calls();
    runner.warmUp(1);
    assertThat(fragile.calls() - before).isGreaterThan(10);
  }

  @Test
  void offItsThreadTheDeviceIsNotToBeTouched() {
    assertThatThrownBy(() -> fragile.kernels().allocate(1)).isInstanceOf(AssertionError.class);
    assertThat(Device.call(fragile.kernels(), () -> fragile.kernels().allocate(1).size())).isOne();
  }
}
