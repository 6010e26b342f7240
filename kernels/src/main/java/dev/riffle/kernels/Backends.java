package dev.riffle.kernels;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** Finds backends by name. Loads each once per class loader of this class. */
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
   * @throws IllegalArgumentException if there is none of this name; the message lists those there
   *     are
   * @throws IllegalStateException if it cannot work on this machine; the message says why
   */
  public static Kernels find(String name) {
    KernelsProvider provider = provider(name);
    synchronized (CREATED) {
      Kernels made = CREATED.get(name);
      if (made == null) {
        Optional<String> why = provider.unavailable();
        if (why.isPresent()) {
          throw new IllegalStateException("Backend '" + name + "' cannot run here: " + why.get());
        }
        made = provider.create();
        CREATED.put(name, made);
      }
      return made;
    }
  }

  private static KernelsProvider provider(String name) {
    KernelsProvider provider = PROVIDERS.get(name);
    if (provider == null) {
      throw new IllegalArgumentException(
          "No backend is called '" + name + "'; on the class path are " + PROVIDERS.keySet() + ".");
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
