package dev.riffle.cli.shared;

import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Percentiles by nearest rank. */
public final class Percentiles {
  private Percentiles() {}

  /**
   * The smallest value that at least this share of all values does not exceed.
   *
   * @param share from 0 to 1, such as 0.95
   * @return empty if there are no values
   */
  public static <T extends Comparable<? super T>> Optional<T> of(
      Collection<T> values, double share) {
    if (values.isEmpty()) {
      return Optional.empty();
    }
    List<T> sorted = values.stream().sorted().toList();
    int rank = (int) Math.ceil(share * sorted.size());
    return Optional.of(sorted.get(Math.max(1, Math.min(sorted.size(), rank)) - 1));
  }
}
