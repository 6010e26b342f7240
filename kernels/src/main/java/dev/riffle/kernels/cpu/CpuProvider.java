package dev.riffle.kernels.cpu;

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

  private static final String MODULE = "jdk.incubator.vector";
  private static final String FLAG = "--add-modules " + MODULE;
  private static final System.Logger LOG = System.getLogger(CpuProvider.class.getName());

  @Override
  public String name() {
    return CpuKernels.NAME;
  }

  @Override
  public Optional<String> unavailable() {
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
  public Kernels create() {
    if ("fallback".equals(System.getProperty(PROPERTY))) {
      return fallback();
    }
    if (vectorUnavailable().isPresent()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "The kernels run on plain loops, two to five times slower than they could: the module "
              + MODULE
              + " is not there. Start Java with "
              + FLAG
              + ".");
      return fallback();
    }
    return vector();
  }

  /**
   * The backend on the Vector API.
   *
   * @throws IllegalStateException if the module is not there; the message names the flag
   */
  public static Kernels vector() {
    vectorUnavailable()
        .ifPresent(
            why -> {
              throw new IllegalStateException(why);
            });
    try {
      // By name: only a JVM with the module can load this class.
      Class<?> engine = Class.forName("dev.riffle.kernels.cpu.vector.VectorEngine");
      return new CpuKernels((Engine) engine.getDeclaredConstructor().newInstance());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("The engine 'vector' does not load, see the cause.", e);
    }
  }

  /** The backend on plain loops. */
  public static Kernels fallback() {
    return new CpuKernels(new PlainEngine());
  }
}
