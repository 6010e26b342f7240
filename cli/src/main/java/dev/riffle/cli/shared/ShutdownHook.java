package dev.riffle.cli.shared;

/** Ctrl-C: what was opened is closed in the reverse order, once, before the JVM ends. */
public final class ShutdownHook {
  private static volatile boolean asked;

  private ShutdownHook() {}

  /** True once the JVM has been told to end. */
  public static boolean asked() {
    return asked;
  }

  /**
   * Runs this when the JVM is told to end before {@link Registration#close}.
   *
   * <p>The JVM waits for it; it runs on a thread of its own, beside the command.
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

  /** Ends the registration. */
  public interface Registration extends AutoCloseable {
    @Override
    void close();
  }
}
