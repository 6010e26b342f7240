package dev.riffle.cli.job;

import dev.riffle.cli.shared.Failure;
import dev.riffle.cli.shared.ShutdownHook;
import dev.riffle.cli.topic.TopicReader;
import dev.riffle.jobs.JobOptions;
import dev.riffle.jobs.Topics;
import dev.riffle.jobs.stream.StreamJob;
import dev.riffle.kernels.Backends;
import dev.riffle.local.LocalBroker;
import dev.riffle.local.LocalCluster;
import dev.riffle.local.RunningJob;
import dev.riffle.models.weights.ModelDirectory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/**
 * A broker, a cluster and a job on them, in this JVM and on loopback. Closing it, Ctrl-C included,
 * stops all three and removes what they wrote.
 */
public final class LocalJob implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int RESTARTS = 3;

  private final ShutdownHook.Registration ctrlC;
  private LocalBroker broker;
  private LocalCluster cluster;
  private RunningJob job;
  private Topics topics;
  private boolean closed;

  private LocalJob() {
    ctrlC = ShutdownHook.onCtrlC(this::stop);
  }

  /**
   * Starts all three; the options' broker is replaced by the one started.
   *
   * @param maker makes the job of its options
   * @throws dev.riffle.models.ModelException if the model cannot be used: told before anything
   *     starts
   */
  public static LocalJob start(JobOptions wanted, Function<JobOptions, StreamJob<?>> maker) {
    checkModel(wanted);
    LocalJob local = new LocalJob();
    try {
      local.startBroker();
      local.startJob(wanted, maker);
      return local;
    } catch (RuntimeException e) {
      local.close();
      throw e;
    }
  }

  /** Reads the models once, so that what is wrong with them is told in a sentence. */
  public static void checkModel(JobOptions options) {
    ModelDirectory.read(Path.of(options.model()));
    options.optional(JobOptions.SECOND_PASS).map(Path::of).ifPresent(ModelDirectory::read);
    Backends.find(options.get(JobOptions.BACKEND));
  }

  // Each step holds the lock, so that Ctrl-C finds every part either whole or not begun.

  private synchronized void startBroker() {
    checkOpen();
    broker = LocalBroker.start();
  }

  private synchronized void startJob(JobOptions wanted, Function<JobOptions, StreamJob<?>> maker) {
    checkOpen();
    topics = wanted.topics();
    topics.create(broker.bootstrap(), 1, PATIENCE);
    JobOptions options =
        wanted
            .with(JobOptions.BOOTSTRAP, broker.bootstrap())
            .with(JobOptions.RESTART_ATTEMPTS, RESTARTS);
    cluster = LocalCluster.start(options.get(JobOptions.PARALLELISM));
    job = cluster.submit(maker.apply(options).environment());
  }

  private void checkOpen() {
    if (closed) {
      throw new Failure("Stopped.");
    }
  }

  public String bootstrap() {
    return broker.bootstrap();
  }

  public Topics topics() {
    return topics;
  }

  /** Reads these topics from their beginning. */
  public TopicReader reader(String... names) {
    return new TopicReader(broker.bootstrap(), List.of(names), true);
  }

  /**
   * Says so if the job has failed for good.
   *
   * @throws Failure with the reason
   */
  public void checkRunning() {
    if (job.result().isDone() && !ShutdownHook.asked()) {
      try {
        job.awaitEnd(PATIENCE);
      } catch (IllegalStateException e) {
        throw new Failure(e.getMessage(), e);
      }
    }
  }

  /** Commits what the job has said so far and ends it. */
  public void finishJob() {
    job.stopWithSavepoint();
  }

  private synchronized void stop() {
    if (closed) {
      return;
    }
    closed = true;
    if (cluster != null) {
      cluster.close();
    }
    if (broker != null) {
      broker.close();
    }
  }

  @Override
  public void close() {
    ctrlC.close();
    stop();
  }
}
