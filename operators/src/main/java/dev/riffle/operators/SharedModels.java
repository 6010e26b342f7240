package dev.riffle.operators;

import dev.riffle.models.StreamModel;
import java.util.HashMap;
import java.util.Map;

/**
 * The models of this JVM: tasks of one job that name the same source share one model, which is
 * loaded by the first and dropped by the last. Jobs have class loaders, and therefore models, of
 * their own.
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

  /** The model of this source; loads it if nobody has. Owes one {@link #release}. */
  @SuppressWarnings("unchecked")
  static <O> StreamModel<O> acquire(ModelSource<O> source) {
    synchronized (MODELS) {
      Entry entry = MODELS.computeIfAbsent(key(source), k -> new Entry(source.load()));
      entry.users++;
      return (StreamModel<O>) entry.model;
    }
  }

  /** Gives back what {@link #acquire} gave. */
  static void release(ModelSource<?> source) {
    synchronized (MODELS) {
      Entry entry = MODELS.get(key(source));
      if (--entry.users == 0) {
        MODELS.remove(key(source));
      }
    }
  }

  /** Number of models held now. */
  static int size() {
    synchronized (MODELS) {
      return MODELS.size();
    }
  }

  private static Key key(ModelSource<?> source) {
    return new Key(source.getClass().getClassLoader(), source.key());
  }
}
