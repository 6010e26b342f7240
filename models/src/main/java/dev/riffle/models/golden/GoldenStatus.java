package dev.riffle.models.golden;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The summary of a backend on all goldens of a family.
 *
 * @param passed number of goldens that the backend passed
 * @param count number of goldens
 * @param worst the result closest to its limit, or farthest beyond
 */
public record GoldenStatus(int passed, int count, GoldenResult worst) {
  /** Returns one summary per family and backend, in the order of their first result. */
  public static List<GoldenStatus> of(Collection<GoldenResult> results) {
    Map<List<String>, GoldenStatus> byFamilyAndBackend = new LinkedHashMap<>();
    for (GoldenResult r : results) {
      byFamilyAndBackend.merge(
          List.of(r.family(), r.backend()),
          new GoldenStatus(r.ok() ? 1 : 0, 1, r),
          GoldenStatus::and);
    }
    return new ArrayList<>(byFamilyAndBackend.values());
  }

  private GoldenStatus and(GoldenStatus other) {
    boolean worse = other.worst.share() > worst.share() || worst.ok() && !other.worst.ok();
    return new GoldenStatus(
        passed + other.passed, count + other.count, worse ? other.worst : worst);
  }

  /** Returns one line: {@code lru cpu 18 of 18 worst 4.5 % of its limit (file, stage)}. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%-19s  %-9s  %3d of %3d  worst %.2g %% of its limit (%s, %s)",
        worst.family(),
        worst.backend(),
        passed,
        count,
        100 * worst.share(),
        worst.file(),
        worst.stage());
  }
}
