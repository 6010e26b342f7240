package dev.riffle.jobs.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/** A JobManager's REST interface, as far as the cluster test needs it. */
final class FlinkRest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final long PAUSE_NANOS = 100_000_000;

  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private final String base;

  FlinkRest(int port) {
    base = "http://127.0.0.1:" + port + "/";
  }

  /** Waits until this many TaskManagers have registered. */
  void awaitTaskManagers(int count) {
    await("taskmanagers", a -> a.path("taskmanagers").size() == count);
  }

  /** Uploads a jar; its id. */
  String upload(Path jar) throws IOException, InterruptedException {
    return new JobManager(URI.create(base)).upload(jar);
  }

  /** Runs an uploaded jar; the job's id. */
  String run(String jar, List<String> arguments, Optional<String> savepoint)
      throws IOException, InterruptedException {
    return new JobManager(URI.create(base))
        .run(jar, new JobManager.Run(Optional.empty(), arguments, Optional.empty(), savepoint));
  }

  /** Waits until a job is in this state; fails at once if it failed. */
  void awaitState(String job, String state) {
    await(
        "jobs/" + job,
        a -> {
          String now = a.path("state").asText();
          if (now.equals("FAILED") && !state.equals("FAILED")) {
            throw new AssertionError("The job failed: " + get("jobs/" + job + "/exceptions"));
          }
          return now.equals(state);
        });
  }

  private static boolean allRun(JsonNode job) {
    boolean running = job.path("state").asText().equals("RUNNING");
    for (JsonNode vertex : job.path("vertices")) {
      running &= vertex.path("status").asText().equals("RUNNING");
    }
    return running;
  }

  /** Resource ids of the TaskManagers that run a vertex of this job now. */
  Set<String> taskManagers(String job, String vertexName) {
    Set<String> ids = new TreeSet<>();
    for (JsonNode vertex : get("jobs/" + job).path("vertices")) {
      if (vertex.path("name").asText().contains(vertexName)) {
        JsonNode detail = get("jobs/" + job + "/vertices/" + vertex.path("id").asText());
        for (JsonNode subtask : detail.path("subtasks")) {
          ids.add(subtask.path("taskmanager-id").asText());
        }
      }
    }
    return ids;
  }

  /** Waits until all tasks of a job run, and none of this vertex on that TaskManager. */
  void awaitElsewhere(String job, String vertexName, String taskManager) {
    await("jobs/" + job, a -> allRun(a) && !taskManagers(job, vertexName).contains(taskManager));
  }

  /** Stops a job with a savepoint; the savepoint's path. */
  String stop(String job) {
    ObjectNode body = MAPPER.createObjectNode().put("drain", false);
    String trigger = send(post("jobs/" + job + "/stop", body)).path("request-id").asText();
    JsonNode done =
        await(
            "jobs/" + job + "/savepoints/" + trigger,
            a -> a.path("status").path("id").asText().equals("COMPLETED"));
    if (!done.path("operation").has("location")) {
      throw new AssertionError("No savepoint: " + done);
    }
    awaitState(job, "FINISHED");
    return done.path("operation").path("location").asText();
  }

  private JsonNode get(String path) {
    return send(request(path).GET());
  }

  private JsonNode await(String path, Predicate<JsonNode> condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    JsonNode last = null;
    String problem = "";
    while (System.nanoTime() < deadline) {
      try {
        last = get(path);
        if (condition.test(last)) {
          return last;
        }
      } catch (IllegalStateException e) {
        problem = e.getMessage(); // not up yet, or between two states: asked again
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    throw new AssertionError(
        "After " + PATIENCE.toSeconds() + " s " + path + " is " + last + " " + problem);
  }

  private HttpRequest.Builder post(String path, JsonNode body) {
    return request(path)
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body.toString()));
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(base + path)).timeout(Duration.ofSeconds(60));
  }

  private JsonNode send(HttpRequest.Builder request) {
    try {
      HttpResponse<String> answer =
          client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() >= 300) {
        throw new IllegalStateException(answer.statusCode() + " " + answer.body());
      }
      return MAPPER.readTree(answer.body());
    } catch (IOException e) {
      throw new IllegalStateException(e.toString(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
