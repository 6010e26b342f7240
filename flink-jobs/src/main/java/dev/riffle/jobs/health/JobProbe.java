package dev.riffle.jobs.health;

import com.fasterxml.jackson.databind.JsonNode;
import dev.riffle.jobs.cluster.JobManager;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Reads the state of a job from the REST interface of its JobManager. */
final class JobProbe {
  private static final int MOST_FAILURES = 16; // as many as Flink remembers by default
  private static final double MILLIS_PER_SECOND = 1000;

  private final JobManager cluster;
  private final String id;

  /**
   * @param rest address of the JobManager
   * @param id of the job
   */
  JobProbe(URI rest, String id) {
    cluster = new JobManager(rest);
    this.id = id;
  }

  /**
   * The present state.
   *
   * @throws IOException if the JobManager does not answer, or does not know the job yet
   */
  JobView read() throws IOException, InterruptedException {
    JsonNode job = cluster.get("jobs/" + id);
    return new JobView(isRunning(job), failures(), checkpoint(), load(job));
  }

  private static boolean isRunning(JsonNode job) {
    boolean running = job.path("state").asText().equals("RUNNING");
    for (JsonNode vertex : job.path("vertices")) {
      int inState = 0;
      for (String state : List.of("RUNNING", "FINISHED")) {
        inState += vertex.path("tasks").path(state).asInt();
      }
      running &= inState == vertex.path("parallelism").asInt();
    }
    return running;
  }

  private List<JobFailure> failures() throws IOException, InterruptedException {
    List<JobFailure> failures = new ArrayList<>();
    JsonNode history =
        cluster
            .get("jobs/" + id + "/exceptions?maxExceptions=" + MOST_FAILURES)
            .path("exceptionHistory");
    for (JsonNode entry : history.path("entries")) {
      String task = entry.path("taskName").isTextual() ? entry.path("taskName").asText() : "";
      failures.add(
          new JobFailure(
              Instant.ofEpochMilli(entry.path("timestamp").asLong()),
              Causes.of(entry.path("stacktrace").asText(), task)));
    }
    Collections.reverse(failures); // Flink has the newest first
    return failures;
  }

  /** The newest checkpoint or savepoint that is complete. */
  private Optional<Checkpoint> checkpoint() throws IOException, InterruptedException {
    JsonNode latest = cluster.get("jobs/" + id + "/checkpoints").path("latest");
    return List.of(latest.path("completed"), latest.path("savepoint")).stream()
        .filter(JsonNode::isObject)
        .map(
            node ->
                new Checkpoint(
                    node.path("id").asLong(),
                    Instant.ofEpochMilli(node.path("latest_ack_timestamp").asLong()),
                    node.path("external_path").asText()))
        .max(Comparator.comparingLong(Checkpoint::id));
  }

  private Optional<Load> load(JsonNode job) throws IOException, InterruptedException {
    double sourceWaits = -1;
    double busiest = -1;
    String operator = "";
    for (JsonNode vertex : job.path("vertices")) {
      String name = vertex.path("name").asText();
      boolean isSource = name.startsWith("Source: ");
      String metric = isSource ? "backPressuredTimeMsPerSecond" : "busyTimeMsPerSecond";
      double value = metric(vertex.path("id").asText(), metric);
      if (isSource) {
        sourceWaits = Math.max(sourceWaits, value);
      } else if (value > busiest) {
        busiest = value;
        operator = Causes.operator(name);
      }
    }
    return sourceWaits < 0 || busiest < 0
        ? Optional.empty()
        : Optional.of(new Load(operator, busiest, sourceWaits));
  }

  /**
   * The largest value of a metric among the tasks of a vertex, in s/s; -1 if it is not measured
   * yet.
   */
  private double metric(String vertex, String name) throws IOException, InterruptedException {
    JsonNode found =
        cluster.get("jobs/" + id + "/vertices/" + vertex + "/subtasks/metrics?agg=max&get=" + name);
    JsonNode value = found.path(0).path("max");
    return value.isNumber() ? value.asDouble() / MILLIS_PER_SECOND : -1;
  }
}
