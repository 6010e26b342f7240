package dev.riffle.jobs.health;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Lines about a broker that does not answer. */
final class BrokerHealth {
  /** Time for which no broker answers before this is reported. */
  static final Duration PATIENCE = Duration.ofSeconds(5);

  private final HealthSettings settings;
  private final Lasting lost = new Lasting(PATIENCE);

  BrokerHealth(HealthSettings settings) {
    this.settings = settings;
  }

  boolean isLost() {
    return lost.isReported();
  }

  void update(Observation seen, List<String> lines) {
    Instant now = seen.at();
    if (seen.broker().answers()) {
      if (lost.ends() == Lasting.Change.ENDED) {
        lines.add(
            "broker "
                + settings.bootstrap()
                + " is back after "
                + Wording.between(lost.since(), now)
                + ".");
      }
      return;
    }
    switch (lost.holds(now, seen.broker().asked())) {
      case BEGUN -> lines.add(away() + ". The job waits. " + promise(now));
      case LASTS ->
          lines.add(
              away()
                  + " ("
                  + Wording.between(lost.since(), now)
                  + "). The job still waits. "
                  + promise(now));
      default -> {}
    }
  }

  private String away() {
    return "broker "
        + settings.bootstrap()
        + " has not answered since "
        + Wording.time(lost.since(), settings.zone());
  }

  /**
   * After the transaction timeout the broker drops records that a checkpoint has prepared. Their
   * transaction began at the checkpoint before that one.
   */
  private String promise(Instant now) {
    Instant begun = lost.since().minus(settings.checkpointInterval());
    Instant limit = begun.plus(settings.transactionTimeout());
    String until = Wording.time(limit, settings.zone());
    return now.isBefore(limit)
        ? "Nothing is lost if the broker is back before " + until + " (transaction-timeout)."
        : "Since "
            + until
            + " (transaction-timeout) the broker may drop final records of the last checkpoint.";
  }
}
