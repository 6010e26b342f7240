package dev.riffle.jobs.health;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Observes a job once a second on a thread of its own, until it is closed, and passes on the lines
 * of its {@link HealthReport}.
 */
public final class HealthWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HealthWatch.class);
  private static final Duration EVERY = Duration.ofSeconds(1);

  private final JobProbe job;
  private final BrokerProbe broker;
  private final HealthReport report;
  private final Consumer<String> out;
  private final Thread thread = new Thread(this::observe, "riffle-health");
  private volatile Optional<Checkpoint> confirmed = Optional.empty();
  private volatile Optional<Checkpoint> latest = Optional.empty();
  private volatile boolean brokerIsLost;

  /**
   * What to observe.
   *
   * @param rest address of Flink's REST interface
   * @param job id of the job
   * @param group by which the job commits offsets
   * @param topic that it reads
   */
  public record Target(URI rest, String job, String group, String topic) {}

  /**
   * Starts to observe.
   *
   * @param out gets each line
   */
  public static HealthWatch start(Target target, HealthSettings settings, Consumer<String> out) {
    HealthWatch watch = new HealthWatch(target, settings, out);
    watch.thread.setDaemon(true);
    watch.thread.start();
    return watch;
  }

  private HealthWatch(Target target, HealthSettings settings, Consumer<String> out) {
    job = new JobProbe(target.rest(), target.job());
    broker = new BrokerProbe(settings.bootstrap(), target.group(), target.topic());
    report = new HealthReport(settings);
    this.out = out;
  }

  /**
   * The newest checkpoint that was complete for a second when the broker last answered and all
   * tasks ran, so that its records were committed. Empty before the first one of this run.
   */
  public Optional<Checkpoint> confirmed() {
    return confirmed;
  }

  /** The newest complete checkpoint, from which a job can resume. */
  public Optional<Checkpoint> latest() {
    return latest;
  }

  /** True if it was reported that no broker answers. */
  public boolean isBrokerLost() {
    return brokerIsLost;
  }

  private void observe() {
    try {
      while (true) {
        try {
          observeOnce();
        } catch (RuntimeException e) {
          LOG.warn("An observation of the job failed. The next one is made in {}.", EVERY, e);
        }
        TimeUnit.MILLISECONDS.sleep(EVERY.toMillis());
      }
    } catch (InterruptedException e) {
      // closed
    }
  }

  private void observeOnce() throws InterruptedException {
    JobView seen;
    try {
      seen = job.read();
    } catch (IOException e) {
      return; // the job is not known yet, or the cluster stops
    }
    BrokerView answer = broker.read();
    Instant now = Instant.now();
    if (answer.answers()
        && seen.running()
        && latest.filter(last -> isUndisturbed(last, seen)).isPresent()) {
      confirmed = latest; // that of the observation before
    }
    latest = seen.checkpoint();
    report.update(new Observation(now, seen, answer)).forEach(out);
    brokerIsLost = report.isBrokerLost();
  }

  /** True if the job has not failed since a checkpoint, so that its commit was not interrupted. */
  private static boolean isUndisturbed(Checkpoint checkpoint, JobView seen) {
    return seen.failures().stream().noneMatch(failure -> failure.at().isAfter(checkpoint.at()));
  }

  @Override
  public void close() {
    thread.interrupt();
    broker.close();
  }
}
