package dev.riffle.local;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for futures, always with a time limit. */
final class Futures {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private Futures() {}

  static <T> T get(CompletableFuture<T> future, String what) {
    return get(future, what, LIMIT);
  }

  static <T> T get(CompletableFuture<T> future, String what, Duration limit) {
    try {
      return future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException(
          "The cluster failed to " + what + ": " + e.getCause().getMessage(), e.getCause());
    } catch (TimeoutException e) {
      throw new IllegalStateException(
          "The cluster did not " + what + " within " + limit.toSeconds() + " s.", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(
          "Interrupted while waiting for the cluster to " + what + ".", e);
    }
  }
}
