package dev.riffle.cli.shared;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ctrl-C, SIGTERM and SIGHUP for a command that stops by itself and chooses its exit code: the
 * first is noted, the second runs an action. Without it the JVM begins to end at the first, and
 * cannot be hurried by the second.
 *
 * <p>The signal API of the JDK has no supported class, and compiling against it causes a warning
 * that cannot be suppressed. It is found by reflection; without it, {@link ShutdownHook} applies.
 */
public final class StopSignal implements AutoCloseable {
  private static final List<String> NAMES = List.of("INT", "TERM", "HUP");

  private final AtomicInteger count = new AtomicInteger();
  private final Map<Object, Object> before = new LinkedHashMap<>(); // signals and their handlers
  private final Runnable again;

  private StopSignal(Runnable again) {
    this.again = again;
  }

  /**
   * Listens until it is closed.
   *
   * @param again runs at the second signal, on a thread of the JVM
   */
  public static StopSignal listen(Runnable again) {
    StopSignal signal = new StopSignal(again);
    for (String name : NAMES) {
      try {
        signal.handle(name);
      } catch (ReflectiveOperationException e) {
        // not on this system, or reserved by an option of the JVM
      }
    }
    return signal;
  }

  /** True once a signal has arrived or the JVM is shutting down. */
  public boolean asked() {
    return count.get() > 0 || ShutdownHook.asked();
  }

  /** A signal has arrived. */
  void arrive() {
    if (count.incrementAndGet() == 2) {
      again.run();
    }
  }

  private void handle(String name) throws ReflectiveOperationException {
    Class<?> type = Class.forName("sun.misc.Signal");
    Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
    InvocationHandler calls =
        (proxy, method, arguments) ->
            switch (method.getName()) {
              case "handle" -> {
                arrive();
                yield null;
              }
              case "equals" -> proxy == arguments[0];
              case "hashCode" -> System.identityHashCode(proxy);
              default -> "StopSignal";
            };
    Object handler =
        Proxy.newProxyInstance(
            StopSignal.class.getClassLoader(), new Class<?>[] {handlerType}, calls);
    Object signal = type.getConstructor(String.class).newInstance(name);
    before.put(signal, type.getMethod("handle", type, handlerType).invoke(null, signal, handler));
  }

  @Override
  public void close() {
    before.forEach(StopSignal::restore);
    before.clear();
  }

  private static void restore(Object signal, Object handler) {
    try {
      Class<?> type = signal.getClass();
      type.getMethod("handle", type, Class.forName("sun.misc.SignalHandler"))
          .invoke(null, signal, handler);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("Cannot restore the handler of " + signal + ".", e);
    }
  }
}
