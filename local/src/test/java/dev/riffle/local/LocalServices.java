package dev.riffle.local;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A broker and a cluster of one TaskManager with two slots, shared by all test classes of a JVM.
 *
 * <pre>
 *   &#64;RegisterExtension static final LocalServices SERVICES = new LocalServices();
 * </pre>
 *
 * <p>Each test has its own {@link #namespace} for topics. After a test, its topics are deleted and
 * running jobs are cancelled; a test that passes but leaves a job running fails. After the last
 * test, broker and cluster stop, and threads that keep a JVM alive or belong to a Kafka client fail
 * the run.
 */
public final class LocalServices
    implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback {
  private static final AtomicInteger TESTS = new AtomicInteger();

  private Shared shared;
  private String namespace;

  /** The bootstrap address of the broker. */
  public String bootstrap() {
    return shared.broker.bootstrap();
  }

  /** The cluster. */
  public LocalCluster cluster() {
    return shared.cluster;
  }

  /** The namespace of the running test's topics; no other test of this JVM has it. */
  public String namespace() {
    return namespace;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    shared =
        context
            .getRoot()
            .getStore(ExtensionContext.Namespace.create(LocalServices.class))
            .getOrComputeIfAbsent(Shared.class, key -> new Shared(), Shared.class);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    namespace =
        context.getRequiredTestClass().getSimpleName().toLowerCase(Locale.ROOT)
            + "-"
            + TESTS.incrementAndGet();
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    int running = shared.cluster.cancelAll();
    shared.deleteTopics();
    if (running > 0 && context.getExecutionException().isEmpty()) {
      throw new AssertionError("The test left " + running + " jobs running. Cancel or await them.");
    }
  }

  /** Closed by JUnit after the last test of the JVM. */
  private static final class Shared implements AutoCloseable {
    private final Set<Thread> before = Thread.getAllStackTraces().keySet();
    private final LocalBroker broker = LocalBroker.start();
    private final LocalCluster cluster = LocalCluster.start(2);

    void deleteTopics() throws ExecutionException, InterruptedException {
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrap()))) {
        admin.deleteTopics(admin.listTopics().names().get()).all().get(); // internal ones stay
      }
    }

    @Override
    public void close() {
      cluster.close();
      broker.close();
      List<String> leaked = leakedThreads();
      if (!leaked.isEmpty()) {
        throw new AssertionError(
            leaked.stream().collect(Collectors.joining(", ", "Threads of tests still run: ", ".")));
      }
    }

    private List<String> leakedThreads() {
      try {
        return ThreadLeaks.since(before, ThreadLeaks.LIMIT);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("Interrupted while waiting for threads to end.", e);
      }
    }
  }
}
