package dev.riffle.local;

import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.common.JobID;
import org.apache.flink.client.program.MiniClusterClient;
import org.apache.flink.configuration.BlobServerOptions;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.MetricOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.configuration.WebOptions;
import org.apache.flink.runtime.client.JobStatusMessage;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.minicluster.RpcServiceSharing;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * A Flink session cluster in this JVM that listens only on the loopback interface. Checkpoints go
 * to a temporary directory that {@link #close} deletes, unless the configuration names another.
 */
public final class LocalCluster implements AutoCloseable {
  private static final String LOOPBACK = "127.0.0.1";

  private final MiniCluster cluster;
  private final MiniClusterClient client;
  private final Path files;
  private int oldest;
  private final AtomicBoolean closed = new AtomicBoolean();

  private LocalCluster(MiniCluster cluster, MiniClusterClient client, Path files) {
    this.cluster = cluster;
    this.client = client;
    this.files = files;
  }

  /** Starts a cluster of one TaskManager. */
  public static LocalCluster start(int slots) {
    return start(1, slots, new Configuration());
  }

  /**
   * Starts a cluster.
   *
   * @param taskManagers number of TaskManagers
   * @param slots slots of each TaskManager
   * @param overrides settings that replace the defaults of this class
   * @throws IllegalStateException if the cluster does not start
   */
  public static LocalCluster start(int taskManagers, int slots, Configuration overrides) {
    Path files = TemporaryFiles.directory("riffle-cluster");
    Configuration config = new Configuration();
    config.set(
        CheckpointingOptions.CHECKPOINTS_DIRECTORY, files.resolve("ckpt").toUri().toString());
    config.set(
        CheckpointingOptions.SAVEPOINT_DIRECTORY, files.resolve("savepoints").toUri().toString());
    config.set(CoreOptions.TMP_DIRS, files.toString());
    config.set(BlobServerOptions.STORAGE_DIRECTORY, files.toString());
    config.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(128));
    config.set(TaskManagerOptions.NETWORK_MEMORY_MIN, MemorySize.ofMebiBytes(32));
    config.set(TaskManagerOptions.NETWORK_MEMORY_MAX, MemorySize.ofMebiBytes(32));
    config.set(WebOptions.REFRESH_INTERVAL, Duration.ofMillis(500));
    config.set(MetricOptions.METRIC_FETCHER_UPDATE_INTERVAL, Duration.ofSeconds(2));
    config.set(RestOptions.PORT, 0);
    config.set(RestOptions.BIND_PORT, "0");
    config.addAll(overrides);
    config.set(RestOptions.ADDRESS, LOOPBACK);
    config.set(RestOptions.BIND_ADDRESS, LOOPBACK);
    config.set(JobManagerOptions.ADDRESS, LOOPBACK);
    config.set(JobManagerOptions.BIND_HOST, LOOPBACK);
    config.set(TaskManagerOptions.HOST, LOOPBACK);
    config.set(TaskManagerOptions.BIND_HOST, LOOPBACK);

    MiniCluster cluster =
        new MiniCluster(
            new MiniClusterConfiguration.Builder()
                .setConfiguration(config)
                .setNumTaskManagers(taskManagers)
                .setNumSlotsPerTaskManager(slots)
                .setRpcServiceSharing(RpcServiceSharing.SHARED)
                .setCommonBindAddress(LOOPBACK)
                .build());
    try {
      cluster.start();
    } catch (Exception e) {
      TemporaryFiles.delete(files);
      throw new IllegalStateException(
          "Flink did not start in this JVM: "
              + e.getMessage()
              + ". Check that REST port "
              + config.get(RestOptions.BIND_PORT)
              + " is free (0 picks a free port).",
          e);
    }
    return new LocalCluster(cluster, new MiniClusterClient(config, cluster), files);
  }

  /** Submits the job that was built on this environment. */
  public RunningJob submit(StreamExecutionEnvironment environment) {
    JobID id = Futures.get(client.submitJob(environment.getStreamGraph().getJobGraph()), "submit");
    return new RunningJob(client, id);
  }

  /** The address of the REST interface. */
  public URI rest() {
    return Futures.get(cluster.getRestAddress(), "report its REST address");
  }

  /**
   * Cancels all running jobs.
   *
   * @return number of jobs that ran
   */
  public int cancelAll() {
    int running = 0;
    for (JobStatusMessage job : Futures.get(client.listJobs(), "list the jobs")) {
      if (!job.getJobState().isGloballyTerminalState()) {
        new RunningJob(client, job.getJobId()).cancel();
        running++;
      }
    }
    return running;
  }

  /** Terminates the oldest TaskManager like a crash, so that its tasks fail, and starts another. */
  public void crashTaskManager() {
    Futures.get(cluster.terminateTaskManager(oldest++), "terminate a TaskManager");
    try {
      cluster.startTaskManager();
    } catch (Exception e) {
      throw new IllegalStateException("A TaskManager did not start: " + e.getMessage(), e);
    }
  }

  /**
   * Begins to stop the cluster and deletes its files, without waiting for tasks that hang or for a
   * {@link #close} on another thread: for a JVM that ends next.
   */
  public void abandon() {
    if (closed.getAndSet(true)) {
      return;
    }
    cluster.closeAsync();
    try {
      TemporaryFiles.delete(files);
    } catch (UncheckedIOException e) {
      // a task writes to them at this moment
    }
  }

  /** Stops the cluster, its running jobs included, and deletes its files. May be called again. */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    client.close();
    Futures.get(cluster.closeAsync(), "close");
    TemporaryFiles.delete(files);
  }
}
