package dev.riffle.jobs.registry;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A schema registry on the loopback interface, which answers as a test says. */
public final class StubRegistry implements AutoCloseable {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Answer UNKNOWN =
      new Answer(404, "{\"error_code\":40403,\"message\":\"Schema not found\"}", Map.of());

  static {
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private final Queue<Answer> next = new ConcurrentLinkedDeque<>();
  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private final Queue<String> authorizations = new ConcurrentLinkedDeque<>();

  /** An answer; status 0 is none at all. */
  public record Answer(int status, String body, Map<String, String> headers) {
    public Answer(int status) {
      this(status, "", Map.of());
    }
  }

  public StubRegistry() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    answers.put("/schemas/types", new Answer(200, "[\"AVRO\"]", Map.of()));
    server.start();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    requests.add(path);
    authorizations.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
    Answer forced = next.poll();
    Answer answer = forced != null ? forced : answers.getOrDefault(path, UNKNOWN);
    if (answer.status() == 0) {
      return; // the exchange stays open
    }
    byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
    answer.headers().forEach(exchange.getResponseHeaders()::set);
    exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
    try (var out = exchange.getResponseBody()) {
      out.write(body);
    } catch (IOException e) {
      // the client has read enough
    }
    exchange.close();
  }

  /** URL of the registry. */
  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** The registry without credentials. */
  public RegistryAccess access() {
    return new RegistryAccess(url(), null);
  }

  /** Registers a schema. */
  public void register(int id, String schema) {
    answer("/schemas/ids/" + id, MAPPER.createObjectNode().put("schema", schema));
  }

  /** Sets the answer for a path. */
  public void answer(String path, ObjectNode json) {
    answers.put(path, new Answer(200, json.toString(), Map.of()));
  }

  /** Sets the answer for a path. */
  public void answer(String path, Answer answer) {
    answers.put(path, answer);
  }

  /** Answers the next requests so, whatever their path. */
  public void next(Answer... some) {
    next.addAll(List.of(some));
  }

  /** Paths of all requests. */
  public List<String> requests() {
    return List.copyOf(requests);
  }

  /** Headers {@code Authorization} of all requests. */
  public List<String> authorizations() {
    return List.copyOf(new ArrayDeque<>(authorizations));
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
