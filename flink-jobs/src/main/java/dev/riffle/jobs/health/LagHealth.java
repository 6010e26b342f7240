package dev.riffle.jobs.health;

import dev.riffle.jobs.health.LagMeter.Lag;
import dev.riffle.jobs.health.LagMeter.Trend;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Lines about a job that falls behind its input, and about the operator that is too slow. */
final class LagHealth {
  /** Work that has to be waiting before a growing lag is reported. */
  static final Duration BEHIND = Duration.ofSeconds(10);

  /** Work below which the job has caught up. */
  static final Duration CAUGHT_UP = Duration.ofSeconds(5);

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final HealthSettings settings;
  private final LagMeter meter;
  private final Lasting behind = new Lasting(Duration.ZERO);
  private final Lasting pressed = new Lasting(PATIENCE);

  LagHealth(HealthSettings settings) {
    this.settings = settings;
    meter = new LagMeter(settings.checkpointInterval());
  }

  /**
   * Adds the lines.
   *
   * @param isExplained true if other lines say why the job does not work
   */
  void update(Observation seen, boolean isExplained, List<String> lines) {
    if (settings.bounded()) {
      return;
    }
    if (isExplained) {
      meter.clear();
      return;
    }
    seen.broker().offsets().ifPresent(offsets -> meter.add(seen.at(), offsets));
    Optional<Lag> lag = meter.lag();
    lag.ifPresent(present -> updateLag(seen.at(), present, lines));
    seen.job().load().ifPresent(load -> updateLoad(seen.at(), load, lag, lines));
  }

  private void updateLag(Instant now, Lag lag, List<String> lines) {
    boolean isFar = lag.records() > 0 && lag.work().map(w -> w.compareTo(BEHIND) >= 0).orElse(true);
    boolean isNear =
        lag.records() == 0 || lag.work().map(w -> w.compareTo(CAUGHT_UP) < 0).orElse(false);
    if (behind.isReported() && isNear) {
      behind.ends();
      lines.add(
          "caught up after "
              + Wording.between(behind.since(), now)
              + ": the lag is "
              + Wording.count(lag.records())
              + " records.");
    } else if (behind.isReported() || (isFar && lag.trend() == Trend.GROWING)) {
      if (behind.holds(now, now) != Lasting.Change.NOTHING) {
        lines.add("behind by " + text(lag));
      }
    }
  }

  private static String text(Lag lag) {
    String trend =
        switch (lag.trend()) {
          case GROWING -> "growing";
          case STEADY -> "neither growing nor shrinking";
          case SHRINKING -> "shrinking";
        };
    return Wording.count(lag.records())
        + " records (lag), "
        + trend
        + lag.work().map(w -> ", about " + Wording.duration(w) + " of work").orElse("")
        + ".";
  }

  /** A job that catches up is as busy as it can be, which is what it should be. */
  private void updateLoad(Instant now, Load load, Optional<Lag> lag, List<String> lines) {
    boolean catchesUp = lag.map(l -> l.trend() == Trend.SHRINKING).orElse(true);
    if (load.isBackPressured() && !catchesUp) {
      if (pressed.holds(now, now) != Lasting.Change.NOTHING) {
        lines.add(
            "back-pressured: the source waits "
                + Wording.percent(load.sourceWaits())
                + " of the time, because operator "
                + load.operator()
                + " and its sinks are busy "
                + Wording.percent(load.busy())
                + ". Raise --parallelism (now "
                + settings.parallelism()
                + "), or use a faster backend or a smaller model.");
      }
    } else if (load.isWell() || !pressed.isReported()) {
      if (pressed.ends() == Lasting.Change.ENDED) {
        lines.add(
            "no longer back-pressured after "
                + Wording.between(pressed.since(), now)
                + ": the source waits "
                + Wording.percent(load.sourceWaits())
                + " of the time.");
      }
    }
  }
}
