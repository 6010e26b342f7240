package dev.riffle.kernels.cpu;

import dev.riffle.kernels.Backend;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.KernelsProvider;
import java.util.Optional;

/**
 * Makes the backend {@code cpu}, with the engine that the system property {@value #PROPERTY} names
 * or else the best one here.
 */
public final class CpuProvider implements KernelsProvider {
  /** {@code vector} or {@code fallback}; absent: vector where there is one. */
  public static final String PROPERTY = "riffle.kernels.cpu";

  /** Threads that may share the rows of one operation, the caller's counted; absent: 1. */
  public static final String THREADS = "riffle.kernels.cpu.threads";

  private static final int MOST_THREADS = 1024;
  private static final String MODULE = "jdk.incubator.vector";
  private static final String FLAG = "--add-modules " + MODULE;
  private static final System.Logger LOG = System.getLogger(CpuProvider.class.getName());

  @Override
  public String name() {
    return CpuKernels.NAME;
  }

  @Override
  public Optional<String> unavailable() {
    if (threads() < 1) {
      return Optional.of(
          "the system property "
              + THREADS
              + " must be a whole number of threads, 1 to "
              + MOST_THREADS
              + ", but is '"
              + System.getProperty(THREADS)
              + "'.");
    }
    String asked = System.getProperty(PROPERTY, "");
    return switch (asked) {
      case "", "fallback" -> Optional.empty();
      case "vector" -> vectorUnavailable();
      default ->
          Optional.of(
              "the system property "
                  + PROPERTY
                  + " must be 'vector' or 'fallback' but is '"
                  + asked
                  + "'.");
    };
  }

  /** What {@link #THREADS} says, 0 where it is no number of threads. */
  private static int threads() {
    String asked = System.getProperty(THREADS, "1");
    int threads = asked.matches("[0-9]{1,4}") ? Integer.parseInt(asked) : 0;
    return threads <= MOST_THREADS ? threads : 0;
  }

  private static Optional<String> vectorUnavailable() {
    if (ModuleLayer.boot().findModule(MODULE).isPresent()) {
      return Optional.empty();
    }
    return Optional.of(
        "the engine 'vector' needs the module "
            + MODULE
            + "; start Java with "
            + FLAG
            + ", or unset the system property "
            + PROPERTY
            + " to run without it, slower.");
  }

  @Override
  public Backend create() {
    if ("fallback".equals(System.getProperty(PROPERTY))) {
      return fallback(threads()).backend();
    }
    if (vectorUnavailable().isPresent()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "The kernels run on plain loops, two to five times slower than they could: the module "
              + MODULE
              + " is not there. Start Java with "
              + FLAG
              + ".");
      return fallback(threads()).backend();
    }
    return vector(threads()).backend();
  }

  /**
   * The backend on the Vector API.
   *
   * @param threads that may share the rows of one operation, the caller's counted
   * @throws IllegalStateException if the module is not there; the message names the flag
   */
  public static Kernels vector(int threads) {
    vectorUnavailable()
        .ifPresent(
            why -> {
              throw new IllegalStateException(why);
            });
    try {
      // By name: only a JVM with the module can load this class.
      Class<?> engine = Class.forName("dev.riffle.kernels.cpu.vector.VectorEngine");
      Engine made = (Engine) engine.getDeclaredConstructor().newInstance();
      return new Kernels(new CpuKernels(made, threads));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("The engine 'vector' does not load, see the cause.", e);
    }
  }

  /**
   * The backend on plain loops.
   *
   * @param threads that may share the rows of one operation, the caller's counted
   */
  public static Kernels fallback(int threads) {
    return new Kernels(new CpuKernels(new PlainEngine(), threads));
  }
}
