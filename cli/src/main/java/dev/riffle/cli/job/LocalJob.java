package dev.riffle.cli.job;

import dev.riffle.cli.shared.Failure;
import dev.riffle.cli.shared.ShutdownHook;
import dev.riffle.cli.topic.TopicReader;
import dev.riffle.jobs.JobDefinition;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.stream.FlinkOptions;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.jobs.stream.ModelOptions;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.kernels.Backends;
import dev.riffle.local.LocalBroker;
import dev.riffle.local.LocalCluster;
import dev.riffle.local.RunningJob;
import dev.riffle.models.weights.ModelDirectory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

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
   * Starts a broker, a cluster and a job. The options' broker is replaced by the one that starts.
   *
   * @throws dev.riffle.models.ModelException if a model cannot be used; nothing starts then
   */
  public static LocalJob start(JobDefinition<?> definition, JobOptions options) {
    checkModels(definition, options);
    LocalJob local = new LocalJob();
    try {
      local.startBroker();
      local.startJob(definition, options);
      return local;
    } catch (RuntimeException e) {
      local.close();
      throw e;
    }
  }

  /** Reads all models of a job, so that their problems are reported before anything starts. */
  static void checkModels(JobDefinition<?> definition, JobOptions options) {
    definition.modelDirectories(options).forEach(path -> ModelDirectory.read(Path.of(path)));
    Backends.find(options.get(ModelOptions.BACKEND));
  }

  // Each step holds the lock, so that Ctrl-C finds every part either whole or not begun.

  private synchronized void startBroker() {
    checkOpen();
    broker = LocalBroker.start();
  }

  private synchronized void startJob(JobDefinition<?> definition, JobOptions wanted) {
    checkOpen();
    topics = Topics.of(wanted);
    topics.create(broker.bootstrap(), 1, PATIENCE);
    JobOptions options =
        wanted
            .with(KafkaOptions.BOOTSTRAP, broker.bootstrap())
            .with(FlinkOptions.RESTART_ATTEMPTS, RESTARTS);
    cluster = LocalCluster.start(options.get(FlinkOptions.PARALLELISM));
    job = cluster.submit(definition.onKafka(options).environment());
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
