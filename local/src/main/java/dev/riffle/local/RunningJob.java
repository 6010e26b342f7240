package dev.riffle.local;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.client.program.ClusterClient;
import org.apache.flink.core.execution.CheckpointType;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.jobmaster.JobResult;

/** A job on a {@link LocalCluster}. */
public final class RunningJob {
  private static final String DEFAULT_DIRECTORY = null; // Flink's value for the configured one

  private final ClusterClient<?> client;
  private final JobID id;
  private final CompletableFuture<JobResult> result;

  RunningJob(ClusterClient<?> client, JobID id) {
    this.client = client;
    this.id = id;
    result = client.requestJobResult(id);
  }

  /** The job id. */
  public JobID id() {
    return id;
  }

  /** The current status. */
  public JobStatus status() {
    return Futures.get(client.getJobStatus(id), "report the job's status");
  }

  /** Completes when the job has finished, failed or been cancelled. */
  public CompletableFuture<JobResult> result() {
    return result;
  }

  /** True once the job has ended with everything committed: it did not fail, nor was cancelled. */
  public boolean hasFinished() {
    return result.isDone() && !result.isCompletedExceptionally() && result.join().isSuccess();
  }

  /**
   * Waits until a job with bounded sources has read its input and committed its output.
   *
   * @throws IllegalStateException if it fails, or takes longer than {@code limit}
   */
  public void awaitEnd(Duration limit) {
    JobResult ended = Futures.get(result, "end the job", limit);
    if (!ended.isSuccess()) {
      throw new IllegalStateException(
          "The job ended as "
              + ended.getJobStatus().map(JobStatus::name).orElse("unknown")
              + ": "
              + cause(ended),
          ended.getSerializedThrowable().orElse(null));
    }
  }

  /** Cancels the job at once. Records of the final topic that are not committed stay invisible. */
  public void cancel() {
    Futures.get(client.cancel(id), "cancel the job");
    Futures.get(result, "end the job");
  }

  /** Commits state, offsets and the final topic now. All tasks must be running. */
  public void checkpoint() {
    Futures.get(client.triggerCheckpoint(id, CheckpointType.FULL), "take a checkpoint");
  }

  /**
   * Takes a savepoint, commits the final topic with it and stops the job.
   *
   * @param directory path or URI of the directory to write it to
   * @return path of the savepoint
   */
  public String stopWithSavepoint(String directory) {
    return stop(directory);
  }

  /** The same in the cluster's own savepoint directory. */
  public String stopWithSavepoint() {
    return stop(DEFAULT_DIRECTORY);
  }

  /**
   * Begins to stop the job with a savepoint.
   *
   * @param directory for the savepoint; empty for that of the cluster
   * @return completes with the path of the savepoint once the job has committed and ended, or
   *     exceptionally if it could not, as while tasks do not run yet; it may be tried again then
   */
  public CompletableFuture<String> tryStop(Optional<String> directory) {
    return client.stopWithSavepoint(
        id, false, directory.orElse(DEFAULT_DIRECTORY), SavepointFormatType.CANONICAL);
  }

  private String stop(String directory) {
    String path =
        Futures.get(
            client.stopWithSavepoint(id, false, directory, SavepointFormatType.CANONICAL),
            "stop with a savepoint");
    Futures.get(result, "end the job");
    return path;
  }

  private static String cause(JobResult result) {
    Throwable t = result.getSerializedThrowable().orElse(null);
    String last = "no cause given";
    while (t != null) {
      if (t.getMessage() != null) {
        last = t.getMessage();
      }
      t = t.getCause();
    }
    return last;
  }
}
