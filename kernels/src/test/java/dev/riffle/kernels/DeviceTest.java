package dev.riffle.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One thread for all callers, and what becomes of them when the device fails. */
@Timeout(60)
class DeviceTest {
  private final Device device = new Device("test");

  /** Keeps the device busy until {@link #go} is counted down. */
  private final CountDownLatch go = new CountDownLatch(1);

  private final CountDownLatch busy = new CountDownLatch(1);
  private final List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());

  private Thread caller(Supplier<?> work) {
    Thread caller =
        new Thread(
            () -> {
              try {
                device.call(work);
              } catch (Throwable e) {
                failures.add(e);
              }
            });
    caller.start();
    return caller;
  }

  private Thread callerThatWaits(Supplier<?> work) {
    Thread caller = caller(work);
    FragileDevice.untilWaiting(caller);
    return caller;
  }

  private Thread blocker(Runnable afterwards) throws InterruptedException {
    Thread blocker =
        caller(
            () -> {
              busy.countDown();
              awaitUninterrupted(go);
              afterwards.run();
              return null;
            });
    busy.await();
    return blocker;
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException("the device's own thread is never interrupted", e);
    }
  }

  @Test
  void allWorkRunsOnOneThreadAndItsResultComesBack() {
    Thread first = device.call(Thread::currentThread);
    assertThat(device.call(Thread::currentThread)).isSameAs(first);
    assertThat(first).isNotSameAs(Thread.currentThread());
    assertThat(first.isDaemon()).isTrue();
    assertThat(device.call(() -> device.call(() -> 7))).as("from its own thread").isEqualTo(7);
  }

  @Test
  void requestsRunOneAtATimeInTheOrderOfTheirArrival() throws Exception {
    List<Integer> order = Collections.synchronizedList(new ArrayList<>());
    AtomicInteger inside = new AtomicInteger();
    List<Thread> callers = new ArrayList<>();
    callers.add(blocker(() -> {}));
    for (int i = 0; i < 20; i++) {
      int number = i;
      callers.add(
          callerThatWaits(
              () -> {
                assertThat(inside.incrementAndGet()).isEqualTo(1);
                order.add(number);
                return inside.decrementAndGet();
              }));
    }
    assertThat(order).as("callers wait while the device works").isEmpty();
    go.countDown();
    for (Thread caller : callers) {
      caller.join();
    }
    assertThat(failures).isEmpty();
    assertThat(order).isSorted().hasSize(20);
  }

  @Test
  void anInputAtFaultIsTheBusinessOfItsCallerAlone() {
    assertThatThrownBy(() -> device.call(DeviceTest::refuse)).hasMessage("three");
    assertThatThrownBy(() -> device.call(DeviceTest::breakDown))
        .isInstanceOf(StackOverflowError.class);
    assertThat(device.failure()).isEmpty();
    assertThat(device.call(() -> 1)).isEqualTo(1);
  }

  @Test
  void aDeviceWithoutMemoryGoesOn() {
    assertThatThrownBy(() -> device.call(DeviceTest::runOut))
        .isInstanceOf(DeviceException.OutOfMemory.class);
    assertThat(device.call(() -> 1)).isEqualTo(1);
  }

  @Test
  void aFailedDeviceFailsAllWhoWaitAndAllWhoCome() throws Exception {
    List<Thread> callers = new ArrayList<>();
    callers.add(
        blocker(
            () -> {
              throw new DeviceException("The GPU fell off the bus.", null);
            }));
    for (int i = 0; i < 3; i++) {
      callers.add(callerThatWaits(() -> 1));
    }
    go.countDown();
    for (Thread caller : callers) {
      caller.join();
    }
    assertThat(failures).hasSize(4);
    assertThat(failures)
        .allSatisfy(
            e ->
                assertThat(e)
                    .isInstanceOf(DeviceException.class)
                    .hasMessageContaining("The GPU fell off the bus."));
    assertThatThrownBy(() -> device.call(() -> 1))
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining("Device 'test' has failed before")
        .hasRootCauseMessage("The GPU fell off the bus.");
    assertThat(device.failure()).isPresent();
  }

  @Test
  void anInterruptedCallerTakesItsWaitingRequestBack() throws Exception {
    Thread blocker = blocker(() -> {});
    AtomicInteger ran = new AtomicInteger();
    Thread caller = callerThatWaits(ran::incrementAndGet);
    caller.interrupt();
    caller.join();
    go.countDown();
    blocker.join();
    device.call(() -> 1);
    assertThat(ran).hasValue(0);
    assertThat(failures).singleElement().isInstanceOf(DeviceException.class);
    assertThat(failures.get(0)).hasMessage("Interrupted while waiting for device 'test'.");
    assertThat(device.failure()).as("nobody else is concerned").isEmpty();
  }

  @Test
  void anInterruptedCallerStaysUntilItsRunningRequestIsDone() throws Exception {
    AtomicReference<Object> seen = new AtomicReference<>();
    Thread caller =
        new Thread(
            () -> {
              Integer result =
                  device.call(
                      () -> {
                        busy.countDown();
                        awaitUninterrupted(go);
                        return 5;
                      });
              seen.set(result + " " + Thread.currentThread().isInterrupted());
            });
    caller.start();
    busy.await();
    caller.interrupt();
    go.countDown();
    caller.join();
    assertThat(seen).hasValue("5 true");
  }

  @Test
  void aBackendIsMadeOnceAndAnewWhenItsDeviceHasFailed() {
    List<FragileDevice> made = new ArrayList<>();
    KernelsProvider provider =
        new KernelsProvider() {
          @Override
          public String name() {
            return "fragile";
          }

          @Override
          public Optional<String> unavailable() {
            return made.size() < 2 ? Optional.empty() : Optional.of("it is worn out.");
          }

          @Override
          public Backend create() {
            made.add(new FragileDevice(Backends.find("reference")));
            return made.get(made.size() - 1).kernels().backend();
          }
        };
    Map<String, Kernels> created = new HashMap<>();
    Kernels first = Backends.find(provider, created);
    assertThat(Backends.find(provider, created)).isSameAs(first);
    made.get(0).failAfter(1);
    assertThat(catchThrowable(() -> Device.call(first, () -> first.allocate(1))))
        .isInstanceOf(DeviceException.class);
    Kernels second = Backends.find(provider, created);
    assertThat(second).isNotSameAs(first);
    assertThat(Device.call(second, () -> second.allocate(1).size())).isEqualTo(1);
    made.get(1).device().call(() -> 1);
    made.get(1).failAfter(1);
    assertThat(catchThrowable(() -> Device.call(second, () -> second.allocate(1)))).isNotNull();
    assertThatThrownBy(() -> Backends.find(provider, created))
        .isInstanceOf(DeviceException.class)
        .hasMessage("Backend 'fragile' cannot run here: it is worn out.")
        .hasRootCauseMessage("The device fell off the bus.");
    assertThatThrownBy(() -> Backends.find(provider, new HashMap<>()))
        .as("that never worked")
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void whoHasNoDeviceComputesOnItsOwnThread() {
    assertThat(Device.call(Backends.find("reference"), Thread::currentThread))
        .isSameAs(Thread.currentThread());
  }

  /** Made by a class loader of its own, as a job's code is; makes a device and lets it work. */
  public static final class Job implements Supplier<Device> {
    @Override
    public Device get() {
      Device made = new Device("of-a-job");
      made.call(() -> this);
      return made;
    }
  }

  @Test
  void theThreadKeepsNothingOfTheJobThatMadeIt() throws Exception {
    URL classes = DeviceTest.class.getProtectionDomain().getCodeSource().getLocation();
    WeakReference<ClassLoader> gone = new WeakReference<>(null);
    Device made;
    try (JobLoader loader = new JobLoader(classes)) {
      gone = new WeakReference<>(loader);
      made = ofJob(loader);
    }
    for (int i = 0; i < 100 && gone.get() != null; i++) {
      System.gc();
    }
    assertThat(gone.get()).isNull();
    assertThat(made.call(() -> 1)).isEqualTo(1);
  }

  private static Device ofJob(ClassLoader loader) throws Exception {
    Class<?> job = loader.loadClass(Job.class.getName());
    assertThat(job.getClassLoader()).isSameAs(loader);
    return (Device) ((Supplier<?>) job.getDeclaredConstructor().newInstance()).get();
  }

  private static final class JobLoader extends URLClassLoader {
    JobLoader(URL classes) {
      super(new URL[] {classes}, DeviceTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.equals(Job.class.getName())) {
        return super.loadClass(name, resolve);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        return loaded == null ? findClass(name) : loaded;
      }
    }
  }

  private static Object refuse() {
    throw new IllegalArgumentException("three");
  }

  private static Object breakDown() {
    throw new StackOverflowError();
  }

  private static Object runOut() {
    throw new DeviceException.OutOfMemory("No room for 8 values.", null);
  }
}
