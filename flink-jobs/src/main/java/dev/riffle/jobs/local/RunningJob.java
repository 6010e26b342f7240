package dev.riffle.jobs.local;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.client.program.ClusterClient;
import org.apache.flink.core.execution.CheckpointType;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.jobmaster.JobResult;

/** A job on a {@link LocalCluster}. */
public final class RunningJob {
  private final ClusterClient<?> client;
  private final JobID id;

  RunningJob(ClusterClient<?> client, JobID id) {
    this.client = client;
    this.id = id;
  }

  /** Its id. */
  public JobID id() {
    return id;
  }

  /** Its status now. */
  public JobStatus status() {
    return Futures.get(client.getJobStatus(id), "tell the job's status");
  }

  /** Completes when the job has ended, whichever way. */
  public CompletableFuture<JobResult> result() {
    return client.requestJobResult(id);
  }

  /**
   * Waits until a job with bounded sources has read all of them and committed its output.
   *
   * @throws IllegalStateException if it fails, or takes longer than {@code limit}
   */
  public void awaitEnd(Duration limit) {
    JobResult result = Futures.get(result(), "end the job", limit);
    if (!result.isSuccess()) {
      throw new IllegalStateException(
          "The job ended as " + result.getJobStatus().orElse(null) + ": " + cause(result),
          result.getSerializedThrowable().orElse(null));
    }
  }

  /** Cancels it at once: what the final lane has not committed yet is not visible. */
  public void cancel() {
    Futures.get(client.cancel(id), "cancel the job");
    Futures.get(result(), "end the job");
  }

  /** Commits state, offsets and the final lane now; all tasks have to run. */
  public void checkpoint() {
    Futures.get(client.triggerCheckpoint(id, CheckpointType.FULL), "take a checkpoint");
  }

  /**
   * Takes a savepoint, commits the final lane with it and stops.
   *
   * @param directory where to put it, null for the cluster's own
   * @return path of the savepoint
   */
  public String stopWithSavepoint(String directory) {
    String path =
        Futures.get(
            client.stopWithSavepoint(id, false, directory, SavepointFormatType.CANONICAL),
            "stop with a savepoint");
    Futures.get(result(), "end the job");
    return path;
  }

  private static String cause(JobResult result) {
    Throwable t = result.getSerializedThrowable().orElse(null);
    String last = "no cause was given";
    while (t != null) {
      if (t.getMessage() != null) {
        last = t.getMessage();
      }
      t = t.getCause();
    }
    return last;
  }
}
