package dev.riffle.kernels;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.TreeMap;

/**
 * Finds backends by name. Creates each once per class loader of this class, and again after its
 * device has failed: the next call returns a working backend or throws the reason.
 */
public final class Backends {
  private static final Map<String, KernelsProvider> PROVIDERS = providers();
  private static final Map<String, Kernels> CREATED = new TreeMap<>();

  private Backends() {}

  /** Names of all backends on the class path, able to run or not. */
  public static List<String> names() {
    return List.copyOf(PROVIDERS.keySet());
  }

  /** Why a backend cannot work here; empty when it can. */
  public static Optional<String> unavailable(String name) {
    return provider(name).unavailable();
  }

  /**
   * The backend of this name.
   *
   * @throws IllegalArgumentException if no backend has this name; the message lists the available
   *     ones
   * @throws IllegalStateException if it cannot work on this machine; the message says why
   * @throws DeviceException if it could until its device failed, and this process cannot bring it
   *     back
   */
  public static Kernels find(String name) {
    return find(provider(name), CREATED);
  }

  static Kernels find(KernelsProvider provider, Map<String, Kernels> created) {
    String name = provider.name();
    synchronized (created) {
      Kernels made = created.get(name);
      Optional<DeviceException> failure =
          made == null ? Optional.empty() : made.device().flatMap(Device::failure);
      if (made == null || failure.isPresent()) {
        Optional<String> why = provider.unavailable();
        if (why.isPresent()) {
          String message = "Backend '" + name + "' cannot run here: " + why.get();
          throw failure.isPresent()
              ? new DeviceException(message, failure.get())
              : new IllegalStateException(message);
        }
        made = new Kernels(provider.create());
        created.put(name, made);
      }
      return made;
    }
  }

  private static KernelsProvider provider(String name) {
    KernelsProvider provider = PROVIDERS.get(name);
    if (provider == null) {
      throw new IllegalArgumentException(
          "No backend is called '"
              + name
              + "'; on the class path are "
              + PROVIDERS.keySet()
              + ". A backend with a module of its own, as nd4j has, comes with its jars: ./riffle adds"
              + " them where an argument names it, a cluster has them in Flink's lib/ (see"
              + " docs/backends.md).");
    }
    return provider;
  }

  private static Map<String, KernelsProvider> providers() {
    Map<String, KernelsProvider> found = new TreeMap<>();
    for (KernelsProvider p :
        ServiceLoader.load(KernelsProvider.class, Backends.class.getClassLoader())) {
      found.put(p.name(), p);
    }
    return found;
  }
}
