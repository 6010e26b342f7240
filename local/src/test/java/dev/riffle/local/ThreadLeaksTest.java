package dev.riffle.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ThreadLeaksTest {
  @Test
  void aThreadThatDoesNotEndIsNamedAndOneThatEndsIsNot() throws Exception {
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    CountDownLatch end = new CountDownLatch(1);
    Thread ends = new Thread(() -> {}, "ends");
    Thread leaks = new Thread(() -> await(end), "leaks");
    ends.start();
    leaks.start();
    try {
      assertThat(ThreadLeaks.since(before, Duration.ofSeconds(1)))
          .contains("leaks")
          .doesNotContain("ends");
    } finally {
      end.countDown();
      leaks.join();
    }
  }

  private static void await(CountDownLatch end) {
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
