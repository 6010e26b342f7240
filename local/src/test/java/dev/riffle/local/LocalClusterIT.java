package dev.riffle.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class LocalClusterIT {
  private static final CountDownLatch HANGS = new CountDownLatch(1);
  private static final CountDownLatch END = new CountDownLatch(1);

  @Test
  void aBoundedJobRunsToItsEndAndAFailingOneTellsWhy() {
    try (LocalCluster cluster = LocalCluster.start(2)) {
      RunningJob bounded = cluster.submit(job(false));
      bounded.awaitEnd(Duration.ofSeconds(30));
      assertThat(bounded.result()).as("is known without another request").isDone();
      assertThat(bounded.hasFinished()).isTrue();
      RunningJob failing = cluster.submit(job(true));
      assertThatThrownBy(() -> failing.awaitEnd(Duration.ofSeconds(30)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("three is too much");
      assertThat(failing.status()).isEqualTo(JobStatus.FAILED);
      assertThat(failing.hasFinished()).isFalse();
    }
  }

  @Test
  void abandoningDoesNotWaitForACloseThatHangs() throws InterruptedException {
    LocalCluster cluster = LocalCluster.start(1);
    Thread closing = new Thread(cluster::close);
    try {
      cluster.submit(hanging());
      HANGS.await();
      closing.start();
      while (closing.getState() != Thread.State.TIMED_WAITING) {
        Thread.onSpinWait();
      }
      assertTimeoutPreemptively(Duration.ofSeconds(20), cluster::abandon);
      assertThat(closing.isAlive()).isTrue();
    } finally {
      END.countDown();
      closing.join();
    }
  }

  @Test
  void brokerAndClusterListenOnTheLoopbackInterfaceAlone() throws Exception {
    Assumptions.assumeTrue(Files.isReadable(Path.of("/proc/self/net/tcp")));
    Set<String> before = listening();
    try (LocalBroker broker = LocalBroker.start();
        LocalCluster cluster = LocalCluster.start(2, 1, new Configuration())) {
      assertThat(broker.bootstrap()).startsWith("127.0.0.1:");
      assertThat(cluster.rest().getHost()).isEqualTo("127.0.0.1");
      List<String> opened = new ArrayList<>(listening());
      opened.removeAll(before);
      assertThat(opened)
          .isNotEmpty()
          .allSatisfy(a -> assertThat(a).matches(".*0100007F:[0-9A-F]+"));
    }
  }

  /** Like a task in a call that cannot be interrupted. */
  private static void awaitEnd() {
    while (END.getCount() > 0) {
      try {
        END.await();
      } catch (InterruptedException e) {
        // hangs on
      }
    }
  }

  private static StreamExecutionEnvironment hanging() {
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.setParallelism(1);
    env.fromSequence(1, 5)
        .map(
            n -> {
              HANGS.countDown();
              awaitEnd();
              return n;
            })
        .sinkTo(new DiscardingSink<>());
    return env;
  }

  private static StreamExecutionEnvironment job(boolean fails) {
    Configuration config = new Configuration();
    config.setString("restart-strategy.type", "disable");
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(config);
    env.setParallelism(1);
    env.fromSequence(1, 5)
        .map(
            n -> {
              if (fails && n == 3) {
                throw new IOException("three is too much");
              }
              return n;
            })
        .sinkTo(new DiscardingSink<>());
    return env;
  }

  /** Addresses and ports of this process's listening sockets, as the kernel writes them. */
  private static Set<String> listening() throws IOException {
    Set<String> inodes = new HashSet<>();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path fd : (Iterable<Path>) descriptors::iterator) {
        String target;
        try {
          target = Files.readSymbolicLink(fd).toString();
        } catch (IOException e) {
          continue; // closed meanwhile
        }
        if (target.startsWith("socket:[")) {
          inodes.add(target.substring(8, target.length() - 1));
        }
      }
    }
    Set<String> addresses = new HashSet<>();
    for (String table : List.of("tcp", "tcp6")) {
      for (String line : Files.readAllLines(Path.of("/proc/self/net", table))) {
        String[] field = line.strip().split("\\s+");
        if (field.length > 9 && field[3].equals("0A") && inodes.contains(field[9])) {
          addresses.add(field[1]);
        }
      }
    }
    return addresses;
  }
}
