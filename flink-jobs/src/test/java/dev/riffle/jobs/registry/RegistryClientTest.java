package dev.riffle.jobs.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.riffle.jobs.registry.StubRegistry.Answer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegistryClientTest {
  private static final String PATH = "/schemas/ids/7";
  private static final String SCHEMA = "{\"schema\": \"\\\"int\\\"\"}";

  @TempDir Path dir;

  private final StubRegistry registry = new StubRegistry();
  private final FakeClock clock = new FakeClock();

  @AfterEach
  void close() {
    registry.close();
  }

  private RegistryClient client(String url, SecretReference credentials) {
    return new RegistryClient(new RegistryAccess(url, credentials), clock.retries());
  }

  private RegistryClient client() {
    return client(registry.url(), null);
  }

  private String failure(RegistryClient client) {
    RegistryException e = assertThrows(RegistryException.class, () -> client.get(PATH));
    assertThat(e).hasNoCause();
    return e.getMessage();
  }

  // ---- retries ----

  @ParameterizedTest
  @ValueSource(ints = {429, 500, 502, 503, 504})
  void aRequestThatMayWorkLaterIsRepeatedWithLongerPauses(int status) throws Exception {
    registry.answer(PATH, new Answer(200, SCHEMA, Map.of()));
    registry.next(new Answer(status), new Answer(status), new Answer(status));
    assertThat(client().get(PATH).body().path("schema").asText()).isEqualTo("\"int\"");
    assertThat(clock.pauses())
        .containsExactly(Duration.ofMillis(200), Duration.ofMillis(400), Duration.ofMillis(800));
  }

  @Test
  void theRegistrySaysHowLongToWait() throws Exception {
    registry.next(
        new Answer(503, "", Map.of("Retry-After", "3")),
        new Answer(429, "", Map.of("Retry-After", "soon")));
    assertThat(client().get(PATH).isFound()).isFalse();
    assertThat(clock.pauses()).containsExactly(Duration.ofSeconds(3), Duration.ofMillis(400));
    registry.next(new Answer(503, "", Map.of("Retry-After", "3600")));
    assertThat(failure(client())).contains("in 1 try within 0.0 s; the last was: status 503");
  }

  @Test
  void retriesEndAfterHalfAMinute() {
    registry.answer(PATH, new Answer(503));
    assertThat(failure(client()))
        .startsWith("The schema registry " + registry.url() + " gave no usable answer in ")
        .contains("the last was: status 503. Start the registry, or correct source.registry.");
    assertThat(clock.waited()).isBetween(Duration.ofSeconds(20), Duration.ofSeconds(30));
    assertThat(registry.requests()).hasSizeBetween(8, 12);
  }

  @Test
  void aServerThatIsNotThereIsNamed() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    assertThat(failure(client("http://127.0.0.1:" + port, null)))
        .contains("http://127.0.0.1:" + port)
        .contains("the connection was not accepted");
    assertThat(failure(client("http://no-such-host.invalid", null)))
        .contains("the host is unknown");
  }

  @Test
  void aSlowAnswerIsNotAwaitedForever() throws Exception {
    registry.answer(PATH, new Answer(200, SCHEMA, Map.of()));
    registry.next(new Answer(0));
    RegistryClient client =
        new RegistryClient(registry.access(), clock.retries(Duration.ofMillis(500)));
    assertThat(client.get(PATH).isFound()).isTrue();
    assertThat(registry.requests()).hasSize(2);
  }

  @Test
  void requestsHaveADistance() throws Exception {
    RegistryClient client = client();
    for (int id = 0; id < 50; id++) {
      assertThat(client.get("/schemas/ids/" + id).isFound()).isFalse();
    }
    assertThat(clock.waited()).isEqualTo(Duration.ofMillis(490));
  }

  @Test
  void anInterruptedRequestEndsAtOnce() {
    Thread.currentThread().interrupt();
    assertThat(failure(client())).contains("as the job was stopped");
    assertThat(Thread.interrupted()).isTrue();
  }

  // ---- what is no registry ----

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 307, 308})
  void aRedirectIsNotFollowed(int status) {
    registry.next(
        new Answer(
            status, "", Map.of("Location", "http://me:secret@other.example/p?token=secret")));
    assertThat(failure(client()))
        .contains("redirects GET /schemas/ids/7 to http://other.example/p (status " + status + ").")
        .contains("source.registry")
        .doesNotContain("secret")
        .doesNotContain("me:");
    assertThat(registry.requests()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"<html>log in</html>", "", "7", "{\"schema\": ", "\"text\"", "null"})
  void anAnswerThatIsNotJsonOfARegistryIsNoSchema(String body) {
    registry.next(new Answer(200, body, Map.of("Content-Type", "text/html\t")));
    assertThat(failure(client()))
        .contains("answered GET /schemas/ids/7 with " + body.length() + " bytes that are not JSON")
        .contains("which is no answer of a schema registry");
    assertThat(registry.requests()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {204, 400, 405, 410, 418, 451})
  void anotherStatusIsNoAnswerOfARegistry(int status) {
    registry.next(new Answer(status));
    assertThat(failure(client())).contains("with status " + status + ", which is no answer");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 1000, 16 << 20})
  void aHugeAnswerIsReadToALimit(int more) {
    String body = "\"" + " ".repeat(RegistryClient.MAX_ANSWER_BYTES + more) + "\"";
    registry.next(new Answer(200, body, Map.of()));
    assertThat(failure(client())).contains("with more than 4194304 bytes");
  }

  @Test
  void deepJsonIsRefused() {
    registry.next(new Answer(200, "[".repeat(1 << 20), Map.of()));
    assertThat(failure(client())).contains("bytes that are not JSON");
  }

  @Test
  void aServerWithoutTlsIsNamed() throws Exception {
    try (ServerSocket plain = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread server =
          new Thread(
              () -> {
                try (Socket connection = plain.accept()) {
                  connection.getInputStream().read();
                  connection.getOutputStream().write("HTTP/1.1 400 Bad\r\n\r\n".getBytes(UTF_8));
                } catch (IOException e) {
                  // the client reports it
                }
              });
      server.start();
      assertThat(failure(client("https://127.0.0.1:" + plain.getLocalPort(), null)))
          .contains("cannot be reached through TLS (")
          .contains("trust store")
          .contains("write http://");
      server.join();
    }
  }

  // ---- credentials ----

  @ParameterizedTest
  @CsvSource({
    "me:secret, Basic",
    "'me:sec:ret é ', Basic",
    "sEcret-tokeN~9+/.a==, Bearer",
  })
  void credentialsOfAFileAreSent(String secret, String kind) throws Exception {
    Path file = Files.writeString(dir.resolve("login"), secret + "\n");
    SecretReference reference = SecretReference.parse("${file:" + file + "}").orElseThrow();
    client(registry.url(), reference).check();
    String sent = registry.authorizations().get(0);
    assertThat(sent).startsWith(kind + " ");
    String value = sent.substring(kind.length() + 1);
    assertThat(kind.equals("Basic") ? new String(Base64.getDecoder().decode(value), UTF_8) : value)
        .isEqualTo(secret.strip());
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403})
  void refusedCredentialsAreNamedAndNotShown(int status) throws IOException {
    registry.answer(PATH, new Answer(status, "me:secret", Map.of("WWW-Authenticate", "Basic")));
    assertThat(failure(client()))
        .contains("expects credentials (status " + status + ")")
        .contains("source.registry-credentials: ${env:NAME} or ${file:/PATH}");
    Path file = Files.writeString(dir.resolve("login"), "me:secret");
    SecretReference reference = new SecretReference(SecretReference.Kind.FILE, file.toString());
    assertThat(failure(client(registry.url(), reference)))
        .contains("${file:" + file + "}")
        .contains("status " + status)
        .doesNotContain("secret")
        .doesNotContain("bWU6");
    assertThat(registry.requests()).as("not repeated").hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Bearer se-cret",
        "Basic bWU6c2VjcmV0",
        "se\ncret",
        ":secret",
        "secret\u0000:a",
        "é"
      })
  void malformedCredentialsAreNotSentAndNotShown(String secret) throws IOException {
    Path file = Files.writeString(dir.resolve("login"), secret);
    SecretReference reference = new SecretReference(SecretReference.Kind.FILE, file.toString());
    assertThat(failure(client(registry.url(), reference)))
        .contains("Expected user:password or a token in ${file:" + file + "}")
        .doesNotContain("cret")
        .doesNotContain("bWU6")
        .doesNotContain("é");
    assertThat(registry.requests()).isEmpty();
  }

  @Test
  void missingCredentialsAreNamed() throws IOException {
    SecretReference variable = SecretReference.parse("${env:RIFFLE_NO_SUCH}").orElseThrow();
    assertThat(failure(client(registry.url(), variable)))
        .contains("The environment variable RIFFLE_NO_SUCH is not set in this process");
    assertThatThrownBy(() -> variable.read(name -> " ")).hasMessageContaining("is empty");
    assertThat(variable.read(name -> name + ":x")).isEqualTo("RIFFLE_NO_SUCH:x");
    for (String path : List.of(dir + "/none", dir.toString())) {
      SecretReference file = new SecretReference(SecretReference.Kind.FILE, path);
      assertThat(failure(client(registry.url(), file))).contains(path);
    }
    Path huge = Files.write(dir.resolve("huge"), new byte[100_000]);
    SecretReference file = new SecretReference(SecretReference.Kind.FILE, huge.toString());
    assertThat(failure(client(registry.url(), file))).contains("too large");
  }

  @ParameterizedTest
  @CsvSource({
    "${env:A_b9}, true",
    "${file:/run/secrets/x y.txt}, true",
    "${env:9A}, false",
    "${env:}, false",
    "${file:relative}, false",
    "${ENV:A}, false",
    "env:A, false",
    "me:secret, false",
    "' ${env:A}', false",
  })
  void aReferenceIsNoSecret(String text, boolean valid) {
    assertThat(SecretReference.parse(text).map(SecretReference::toString).isPresent())
        .isEqualTo(valid);
    SecretReference.parse(text).ifPresent(parsed -> assertThat(parsed).hasToString(text));
  }

  @ParameterizedTest
  @CsvSource({
    "http://127.0.0.1:8081, http://127.0.0.1:8081",
    "https://registry.example/apis/ccompat/v7/, https://registry.example/apis/ccompat/v7",
    "HTTP://[::1]:8081//, HTTP://[::1]:8081",
    "registry:8081, ",
    "127.0.0.1, ",
    "http://, ",
    "ftp://host, ",
    "http://me:secret@host, ",
    "http://me@host, ",
    "http://host/?apikey=secret, ",
    "http://host/#a, ",
    "http://host:99999, ",
    "'http://a host/', ",
  })
  void aUrlSaysOnlyWhereTheRegistryIs(String text, String url) {
    assertThat(RegistryAccess.url(text).orElse(null)).isEqualTo(url);
  }
}
