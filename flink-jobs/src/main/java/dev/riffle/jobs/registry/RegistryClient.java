package dev.riffle.jobs.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.riffle.schemas.Printable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/**
 * Asks a schema registry through the REST interface that Confluent's defines. A request that fails,
 * times out, or is answered with status 429 or 5xx is repeated as {@link Retries} says. At most 100
 * requests are sent per second, whatever ids the records contain.
 *
 * <p>Not thread-safe.
 */
public final class RegistryClient {
  /** Longest answer that is read, in bytes. */
  static final int MAX_ANSWER_BYTES = 4 << 20;

  private static final Duration SPACING = Duration.ofMillis(10);
  private static final int MAX_SHOWN = 200;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final RegistryAccess access;
  private final Retries retries;
  private final HttpClient client;
  private long lastRequest;
  private boolean isFirst = true;

  public RegistryClient(RegistryAccess access, Retries retries) {
    this.access = access;
    this.retries = retries;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(retries.timeout())
            .build();
  }

  /**
   * A usable answer.
   *
   * @param isFound false for status 404
   * @param body missing if a 404 has no body in JSON
   */
  record Answer(boolean isFound, JsonNode body) {}

  /** One try: an answer, or what went wrong and the shortest pause that the registry wants. */
  private record Try(Answer answer, String problem, Duration minimum) {
    static Try failed(String problem) {
      return new Try(null, problem, Duration.ZERO);
    }
  }

  /** URL of the registry, for messages. */
  String url() {
    return access.url();
  }

  /**
   * Checks that the registry answers and accepts the credentials.
   *
   * @throws RegistryException if not
   */
  public void check() throws RegistryException {
    get("/schemas/types"); // short, and known to every registry of a present version
  }

  /**
   * Gets a resource.
   *
   * @param path from the URL of the registry on, such as {@code /schemas/ids/1}
   * @throws RegistryException if there is no usable answer in time, or none with these credentials
   */
  Answer get(String path) throws RegistryException {
    HttpRequest request = request(path);
    long begin = retries.clock().nanos();
    Duration pause = retries.firstPause();
    try {
      for (int tries = 1; ; tries++) {
        space();
        Try attempt = attempt(request);
        if (attempt.answer() != null) {
          return attempt.answer();
        }
        Duration wait = attempt.minimum().compareTo(pause) > 0 ? attempt.minimum() : pause;
        Duration passed = Duration.ofNanos(retries.clock().nanos() - begin);
        if (passed.plus(wait).compareTo(retries.total()) > 0) {
          throw noAnswer(attempt.problem(), tries, passed);
        }
        retries.clock().pause(wait);
        pause = Retries.next(pause);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure("was not asked to the end, as the job was stopped");
    }
  }

  private HttpRequest request(String path) throws RegistryException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(access.url() + path))
            .header("Accept", "application/vnd.schemaregistry.v1+json, application/json");
    try {
      access.authorization().ifPresent(value -> request.header("Authorization", value));
    } catch (IOException e) {
      throw new RegistryException(
          "The credentials of the schema registry " + access.url() + ": " + e.getMessage());
    }
    return request.build();
  }

  private void space() throws InterruptedException {
    long now = retries.clock().nanos();
    long wait = SPACING.toNanos() - (now - lastRequest);
    if (!isFirst && wait > 0) {
      retries.clock().pause(Duration.ofNanos(wait));
    }
    isFirst = false;
    lastRequest = retries.clock().nanos();
  }

  private Try attempt(HttpRequest request) throws RegistryException, InterruptedException {
    CompletableFuture<HttpResponse<byte[]>> response =
        client.sendAsync(request, status -> new BoundedBody(MAX_ANSWER_BYTES));
    try {
      return read(request.uri(), response.get(retries.timeout().toNanos(), TimeUnit.NANOSECONDS));
    } catch (TimeoutException e) {
      return Try.failed("no complete answer within " + retries.timeout().toMillis() + " ms");
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof SSLException) {
        throw failure(
            "cannot be reached through TLS ("
                + shortened(cause.getMessage())
                + "). Its certificate has to be trusted by the trust store of the JVM"
                + " (-Djavax.net.ssl.trustStore); for a registry without TLS, write http://");
      }
      return Try.failed(problem(cause));
    } finally {
      response.cancel(true);
    }
  }

  private static String problem(Throwable cause) {
    if (cause instanceof ConnectException) {
      return cause.getCause() instanceof UnresolvedAddressException
          ? "the host is unknown"
          : "the connection was not accepted";
    }
    return shortened(String.valueOf(cause));
  }

  private Try read(URI asked, HttpResponse<byte[]> response) throws RegistryException {
    int status = response.statusCode();
    if (status == 429 || status >= 500) {
      return new Try(null, "status " + status, retryAfter(response));
    }
    if (status == 401 || status == 403) {
      throw refused(status);
    }
    if (status >= 300 && status < 400) {
      String to = response.headers().firstValue("Location").orElse("nowhere");
      throw failure(
          "redirects GET "
              + asked.getPath()
              + " to "
              + shortened(Printable.url(to.split("[?#]", 2)[0]))
              + " (status "
              + status
              + "). Write the URL of the registry itself as source.registry");
    }
    if (status != 200 && status != 404) {
      throw unexpected(asked, "status " + status);
    }
    if (response.body().length > MAX_ANSWER_BYTES) {
      throw unexpected(asked, "more than " + MAX_ANSWER_BYTES + " bytes");
    }
    JsonNode body = json(response.body());
    if (status == 200 && !body.isContainerNode()) {
      throw unexpected(asked, response.body().length + " bytes that are not JSON");
    }
    return new Try(new Answer(status == 200, body), "", Duration.ZERO);
  }

  private static JsonNode json(byte[] body) {
    try {
      return MAPPER.readTree(body);
    } catch (IOException e) {
      return MissingNode.getInstance();
    }
  }

  private static Duration retryAfter(HttpResponse<?> response) {
    String seconds = response.headers().firstValue("Retry-After").orElse("");
    return seconds.matches("\\d{1,6}")
        ? Duration.ofSeconds(Integer.parseInt(seconds))
        : Duration.ZERO;
  }

  // ---- what went wrong ----

  private RegistryException noAnswer(String problem, int tries, Duration passed) {
    return failure(
        String.format(
            "gave no usable answer in %d %s within %.1f s; the last was: %s. Start the registry, or"
                + " correct source.registry",
            tries, tries == 1 ? "try" : "tries", passed.toMillis() / 1000.0, problem));
  }

  private RegistryException refused(int status) {
    SecretReference credentials = access.credentials();
    if (credentials == null) {
      return failure(
          "expects credentials (status "
              + status
              + "). Put user:password or a token into a variable or a file and name it as"
              + " source.registry-credentials: "
              + SecretReference.FORM);
    }
    return failure(
        status == 401
            ? "does not accept the credentials in "
                + credentials
                + " (status 401). Correct user:password or the token there"
            : "does not let the user in "
                + credentials
                + " read schemas (status 403). Grant it this right, or name another user");
  }

  /** The registry answered as no registry does. */
  RegistryException unexpected(String path, String found) {
    return failure(
        "answered GET "
            + path
            + " with "
            + found
            + ", which is no answer of a schema registry. Check source.registry; a proxy or a login"
            + " page may have answered");
  }

  private RegistryException unexpected(URI asked, String found) {
    return unexpected(asked.getRawPath(), found);
  }

  private RegistryException failure(String what) {
    return new RegistryException("The schema registry " + access.url() + " " + what + ".");
  }

  /** Text from the network for a message. */
  static String shortened(String text) {
    return Printable.line(text, MAX_SHOWN);
  }
}
