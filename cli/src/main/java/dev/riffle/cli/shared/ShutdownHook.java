package dev.riffle.cli.shared;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Ctrl-C: actions that run, and work that is awaited, before the JVM ends. */
public final class ShutdownHook {
  private static volatile boolean asked;

  private ShutdownHook() {}

  /** True once the JVM is shutting down. */
  public static boolean asked() {
    return asked;
  }

  /**
   * Runs an action if the JVM shuts down before {@link Registration#close}.
   *
   * <p>The action runs on its own thread, concurrently to the command. The JVM waits for it.
   */
  public static Registration onCtrlC(Runnable action) {
    Thread hook =
        new Thread(
            () -> {
              asked = true;
              action.run();
            },
            "riffle-stop");
    Runtime.getRuntime().addShutdownHook(hook);
    return () -> {
      if (!asked) {
        try {
          Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
          asked = true; // the JVM began to end just now, and the hook runs
        }
      }
    };
  }

  /**
   * Delays the end of the JVM after Ctrl-C until {@link Registration#close}, for commands that look
   * at {@link #asked} and finish their work.
   *
   * @param limit longest delay
   * @param late message for the error stream if the limit passes
   */
  public static Registration awaitOnCtrlC(Duration limit, String late) {
    CountDownLatch done = new CountDownLatch(1);
    Registration hook = onCtrlC(() -> await(done, limit, late));
    return () -> {
      hook.close();
      done.countDown();
    };
  }

  private static void await(CountDownLatch done, Duration limit, String late) {
    try {
      if (!done.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        System.err.println("riffle: " + late);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the registration. */
  public interface Registration extends AutoCloseable {
    @Override
    void close();
  }
}
