package dev.riffle.jobs.health;

import dev.riffle.schemas.Printable;
import java.util.ArrayList;
import java.util.List;

/**
 * The lines about the condition of a job: one for each change, with its time, and a reminder for
 * each minute in which a job is not well. A job that is well causes no line.
 *
 * <p>A condition that explains another hides it: while no broker answers, failures are counted but
 * not reported, and lag is reported only of a job that runs.
 */
public final class HealthReport {
  private final HealthSettings settings;
  private final BrokerHealth broker;
  private final RestartHealth restarts;
  private final CommitHealth commits;
  private final LagHealth lag;

  /**
   * @param settings of the job
   */
  public HealthReport(HealthSettings settings) {
    this.settings = settings;
    broker = new BrokerHealth(settings);
    restarts = new RestartHealth(settings);
    commits = new CommitHealth(settings);
    lag = new LagHealth(settings);
  }

  /** Takes what was seen, and returns the lines that follow; usually none. */
  public List<String> update(Observation seen) {
    List<String> lines = new ArrayList<>();
    broker.update(seen, lines);
    restarts.update(seen, broker.isLost(), lines);
    boolean isExplained =
        broker.isLost()
            || !seen.broker().answers()
            || restarts.isFailing()
            || !seen.job().running();
    commits.update(seen, isExplained, lines);
    lag.update(seen, isExplained, lines);
    String time = Wording.time(seen.at(), settings.zone()) + " ";
    return lines.stream().map(line -> time + Printable.line(line)).toList();
  }

  /** True if it was reported that no broker answers, and not yet that one is back. */
  public boolean isBrokerLost() {
    return broker.isLost();
  }
}
