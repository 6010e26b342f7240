package dev.riffle.operators;

import dev.riffle.models.StreamModel;
import java.util.HashMap;
import java.util.Map;

/**
 * The models of this JVM. Tasks of one job with equal sources share one model: the first task loads
 * it, the last one drops it. Jobs never share a model, as each has its own class loader.
 */
final class SharedModels {
  private static final Map<Key, Entry> MODELS = new HashMap<>();

  private SharedModels() {}

  private record Key(ClassLoader job, String source) {}

  private static final class Entry {
    final StreamModel<?> model;
    int users;

    Entry(StreamModel<?> model) {
      this.model = model;
    }
  }

  /**
   * The model of this source, loaded if necessary. Each call must be paired with {@link #release}.
   */
  @SuppressWarnings("unchecked")
  static <O> StreamModel<O> acquire(ModelSource<O> source) {
    synchronized (MODELS) {
      Entry entry = MODELS.computeIfAbsent(key(source), k -> new Entry(source.load()));
      entry.users++;
      return (StreamModel<O>) entry.model;
    }
  }

  /** Releases a model that {@link #acquire} returned. */
  static void release(ModelSource<?> source) {
    synchronized (MODELS) {
      Entry entry = MODELS.get(key(source));
      if (--entry.users == 0) {
        MODELS.remove(key(source));
      }
    }
  }

  /** Number of models loaded. */
  static int size() {
    synchronized (MODELS) {
      return MODELS.size();
    }
  }

  private static Key key(ModelSource<?> source) {
    return new Key(source.getClass().getClassLoader(), source.key());
  }
}
