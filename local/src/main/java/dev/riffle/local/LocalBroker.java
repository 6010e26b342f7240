package dev.riffle.local;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * A Kafka node in this JVM (KRaft, broker and controller in one) that listens only on the loopback
 * interface. Transactions work. Topics are not created automatically.
 */
public final class LocalBroker implements AutoCloseable {
  /** Largest record batch that the broker accepts. */
  public static final int MAX_MESSAGE_BYTES = 8 << 20;

  private static final String LOOPBACK = "127.0.0.1";

  private final KafkaRaftServer server;
  private final String bootstrap;
  private final Optional<Path> temporary; // deleted on close; empty if the data is the caller's
  private boolean closed;

  private LocalBroker(KafkaRaftServer server, String bootstrap, Optional<Path> temporary) {
    this.server = server;
    this.bootstrap = bootstrap;
    this.temporary = temporary;
  }

  /** Starts a broker on a free port. {@link #close} deletes its data. */
  public static LocalBroker start() {
    return start(0);
  }

  /**
   * Starts a broker on this port. {@link #close} deletes its data.
   *
   * @param port 0 picks a free port
   * @throws IllegalStateException if the port is taken or the broker does not start
   */
  public static LocalBroker start(int port) {
    Path temporary = TemporaryFiles.directory("riffle-broker");
    try {
      return start(temporary, port, Optional.of(temporary));
    } catch (RuntimeException e) {
      TemporaryFiles.delete(temporary);
      throw e;
    }
  }

  /**
   * Starts a broker on this port with its data in a directory of the caller. Topics of an earlier
   * run in the same directory are available again.
   *
   * @param port 0 picks a free port
   * @throws IllegalStateException if the port is taken or the broker does not start
   */
  public static LocalBroker start(Path data, int port) {
    return start(data, port, Optional.empty());
  }

  private static LocalBroker start(Path data, int port, Optional<Path> temporary) {
    int broker;
    int controller;
    try (ServerSocket first = reserve(port);
        ServerSocket second = reserve(0)) {
      broker = first.getLocalPort();
      controller = second.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    format(data);
    KafkaRaftServer server =
        new KafkaRaftServer(new KafkaConfig(settings(data, broker, controller)), Time.SYSTEM);
    try {
      server.startup();
    } catch (RuntimeException e) {
      server.shutdown();
      throw new IllegalStateException(
          "The broker did not start with its data in "
              + data
              + ": "
              + e.getMessage()
              + ". Check that the directory is writable and that no other broker uses it.",
          e);
    }
    return new LocalBroker(server, LOOPBACK + ":" + broker, temporary);
  }

  /** The bootstrap address for clients, {@code host:port}. */
  public String bootstrap() {
    return bootstrap;
  }

  /** The directory that {@link #close} deletes. */
  Optional<Path> temporary() {
    return temporary;
  }

  /** Stops the broker and deletes its temporary data. May be called again. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    server.shutdown();
    server.awaitShutdown();
    temporary.ifPresent(TemporaryFiles::delete);
  }

  /**
   * Runs a broker as a separate process: prints its bootstrap address as the first line and runs
   * until its standard input ends, so that the broker never outlives the process that started it.
   *
   * @param args port (0 picks a free port), then optionally the data directory
   */
  public static void main(String[] args) throws IOException {
    int port = args.length > 0 ? Integer.parseInt(args[0]) : 0;
    try (LocalBroker broker = args.length > 1 ? start(Path.of(args[1]), port) : start(port)) {
      System.out.println(broker.bootstrap());
      System.out.flush();
      while (System.in.read() >= 0) {
        // waits for the end of input
      }
    }
  }

  @SuppressWarnings("AddressSelection") // the loopback address is one address
  private static ServerSocket reserve(int port) throws IOException {
    ServerSocket socket = new ServerSocket();
    try {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getByName(LOOPBACK), port));
      return socket;
    } catch (IOException e) {
      socket.close();
      throw new IllegalStateException(
          "Port "
              + port
              + " on "
              + LOOPBACK
              + " is taken ("
              + e.getMessage()
              + "): another program listens on it. Choose another port (0 picks a free port), or use"
              + " the broker that runs there with --bootstrap "
              + LOOPBACK
              + ":"
              + port
              + ".",
          e);
    }
  }

  private static void format(Path data) {
    if (Files.exists(data.resolve("meta.properties"))) {
      return;
    }
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    try {
      Files.createDirectories(data);
      new Formatter()
          .setPrintStream(new PrintStream(output, true, StandardCharsets.UTF_8))
          .setNodeId(1)
          .setClusterId(Uuid.randomUuid().toString())
          .setDirectories(List.of(data.toString()))
          .setMetadataLogDirectory(data.toString())
          .setControllerListenerName("CONTROLLER")
          .setReleaseVersion(MetadataVersion.latestProduction())
          .run();
    } catch (Exception e) {
      throw new IllegalStateException(
          "Cannot create the broker's data directory "
              + data
              + ": "
              + e.getMessage()
              + " "
              + output.toString(StandardCharsets.UTF_8)
              + "Choose a directory that is writable and empty.",
          e);
    }
  }

  private static Map<String, String> settings(Path data, int port, int controllerPort) {
    Map<String, String> s = new HashMap<>();
    String address = "PLAINTEXT://" + LOOPBACK + ":" + port;
    s.put("process.roles", "broker,controller");
    s.put("node.id", "1");
    s.put("controller.quorum.voters", "1@" + LOOPBACK + ":" + controllerPort);
    s.put("listeners", address + ",CONTROLLER://" + LOOPBACK + ":" + controllerPort);
    s.put("advertised.listeners", address);
    s.put("controller.listener.names", "CONTROLLER");
    s.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    s.put("log.dirs", data.toString());
    for (String internal : new String[] {"offsets.topic", "transaction.state.log"}) {
      s.put(internal + ".replication.factor", "1");
      s.put(internal + ".num.partitions", "1");
    }
    s.put("transaction.state.log.min.isr", "1");
    s.put("share.coordinator.state.topic.replication.factor", "1");
    s.put("share.coordinator.state.topic.min.isr", "1");
    s.put("share.coordinator.state.topic.num.partitions", "1");
    s.put("default.replication.factor", "1");
    // A transaction that timed out is aborted within a second, not ten.
    s.put("transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000");
    s.put("group.initial.rebalance.delay.ms", "0");
    s.put("auto.create.topics.enable", "false");
    s.put("message.max.bytes", Integer.toString(MAX_MESSAGE_BYTES));
    s.put("replica.fetch.max.bytes", Integer.toString(MAX_MESSAGE_BYTES));
    // Record timestamps are capture times. Retention by time would delete an old recording at once.
    s.put("log.retention.ms", "-1");
    s.put("log.message.timestamp.before.max.ms", Long.toString(Long.MAX_VALUE));
    // Small pools and buffers are enough for one node with few topics.
    s.put("num.network.threads", "2");
    s.put("num.io.threads", "2");
    s.put("log.index.size.max.bytes", "1048576");
    s.put("log.cleaner.dedupe.buffer.size", "4194304");
    s.put("offsets.load.buffer.size", "1048576");
    s.put("transaction.state.log.load.buffer.size", "1048576");
    return s;
  }
}
