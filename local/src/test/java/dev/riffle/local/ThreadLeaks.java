package dev.riffle.local;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** Threads that tests started and did not end. */
final class ThreadLeaks {
  static final Duration LIMIT = Duration.ofSeconds(10);

  private ThreadLeaks() {}

  /**
   * Names of threads that were not among {@code before}, that do not end within the limit, and that
   * keep a JVM alive or belong to a Kafka client.
   */
  static List<String> since(Set<Thread> before, Duration limit) throws InterruptedException {
    List<String> leaked = new ArrayList<>();
    long deadline = System.nanoTime() + limit.toNanos();
    List<Thread> threads = new ArrayList<>(Thread.getAllStackTraces().keySet());
    threads.sort(Comparator.comparing(Thread::getName));
    for (Thread thread : threads) {
      boolean counts = !thread.isDaemon() || thread.getName().startsWith("kafka-");
      if (counts && !before.contains(thread) && thread != Thread.currentThread()) {
        thread.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
        if (thread.isAlive()) {
          leaked.add(thread.getName());
        }
      }
    }
    return leaked;
  }
}
