package dev.riffle.jobs.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.riffle.schemas.Printable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Uploads and runs job jars, and reads resources, through the REST interface of a JobManager. */
public final class JobManager {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(8)).build();
  private final URI address;

  /**
   * @param address such as {@code http://127.0.0.1:8081}
   */
  public JobManager(URI address) {
    this.address = address;
  }

  /**
   * How a jar is run.
   *
   * @param entryClass main class; empty for that of the manifest
   * @param arguments of the main class
   * @param parallelism of the job; empty for the cluster's default
   * @param savepoint from which the job resumes
   */
  public record Run(
      Optional<String> entryClass,
      List<String> arguments,
      Optional<Integer> parallelism,
      Optional<String> savepoint) {}

  /**
   * Uploads a jar.
   *
   * @return its id on the cluster
   * @throws IOException if the jar cannot be read or the JobManager does not accept it; the message
   *     says why
   */
  public String upload(Path jar) throws IOException, InterruptedException {
    String boundary = "riffle" + Long.toHexString(System.nanoTime());
    String head =
        "--"
            + boundary
            + "\r\nContent-Disposition: form-data; name=\"jarfile\"; filename=\""
            + jar.getFileName()
            + "\"\r\nContent-Type: application/x-java-archive\r\n\r\n";
    String tail = "\r\n--" + boundary + "--\r\n";
    JsonNode response =
        send(
            request("jars/upload")
                .header("Content-Type", "multipart/form-data; boundary=" + boundary)
                .POST(
                    BodyPublishers.ofByteArrays(
                        List.of(
                            head.getBytes(StandardCharsets.UTF_8),
                            bytes(jar),
                            tail.getBytes(StandardCharsets.UTF_8)))));
    String name = response.path("filename").asText();
    return name.substring(name.lastIndexOf('/') + 1);
  }

  /**
   * Runs an uploaded jar.
   *
   * @param jar id that {@link #upload} returned
   * @return the id of the job
   * @throws IOException if the JobManager does not run it; the message says why
   */
  public String run(String jar, Run run) throws IOException, InterruptedException {
    ObjectNode body = MAPPER.createObjectNode();
    run.entryClass().ifPresent(name -> body.put("entryClass", name));
    run.arguments().forEach(body.putArray("programArgsList")::add);
    run.parallelism().ifPresent(tasks -> body.put("parallelism", tasks));
    run.savepoint().ifPresent(path -> body.put("savepointPath", path));
    return send(request("jars/" + jar + "/run")
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body.toString())))
        .path("jobid")
        .asText();
  }

  /**
   * Reads a resource.
   *
   * @param path after {@code /v1/}, such as {@code jobs/ID}
   * @throws IOException if the JobManager does not answer or rejects the request
   */
  public JsonNode get(String path) throws IOException, InterruptedException {
    return send(request(path).GET());
  }

  private static byte[] bytes(Path jar) throws IOException {
    try {
      return Files.readAllBytes(jar);
    } catch (IOException e) {
      throw new IOException(jar + " cannot be read: " + e.getMessage(), e);
    }
  }

  private HttpRequest.Builder request(String path) throws IOException {
    try {
      String base = address.toString().replaceAll("/+$", "");
      return HttpRequest.newBuilder(URI.create(base + "/v1/" + path))
          .timeout(Duration.ofMinutes(2));
    } catch (IllegalArgumentException e) {
      boolean noScheme = !address.toString().contains("//");
      throw new IOException(
          "The address of the JobManager must be a URL such as http://127.0.0.1:8081, but is '"
              + shownAddress()
              + "'."
              + (noScheme ? " Try http://" + shownAddress() + "." : ""));
    }
  }

  /** The address without user and password, which no message may contain. */
  private String shownAddress() {
    return Printable.url(address.toString());
  }

  private JsonNode send(HttpRequest.Builder request) throws IOException, InterruptedException {
    try {
      HttpResponse<String> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      JsonNode body = MAPPER.readTree(response.body());
      if (response.statusCode() / 100 == 2) {
        return body;
      }
      throw new RejectedException(
          "The JobManager at "
              + shownAddress()
              + " rejected the request ("
              + response.statusCode()
              + "): "
              + cause(body.path("errors")));
    } catch (RejectedException e) {
      throw e;
    } catch (ConnectException | HttpTimeoutException e) {
      throw new IOException(
          "No JobManager answers at "
              + shownAddress()
              + ": start one, or name another one with --jobmanager URL.",
          e);
    } catch (IOException e) {
      throw new IOException(
          "The server at " + shownAddress() + " is not a JobManager: " + e.getMessage(), e);
    }
  }

  /** The JobManager answered that it cannot do it. */
  private static final class RejectedException extends IOException {
    private static final long serialVersionUID = 1;

    RejectedException(String message) {
      super(message);
    }
  }

  /** The innermost cause in a stack trace that the cluster sends as text. */
  private static String cause(JsonNode errors) {
    StringBuilder all = new StringBuilder();
    errors.forEach(e -> all.append(e.asText()).append('\n'));
    String cause = StackTrace.rootCause(all.toString());
    return cause.isBlank() ? "it gave no reason" : StackTrace.message(cause);
  }
}
