package dev.riffle.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class LocalClusterIT {
  @Test
  void aBoundedJobRunsToItsEndAndAFailingOneTellsWhy() {
    try (LocalCluster cluster = LocalCluster.start(2)) {
      cluster.submit(job(false)).awaitEnd(Duration.ofSeconds(30));
      RunningJob failing = cluster.submit(job(true));
      assertThatThrownBy(() -> failing.awaitEnd(Duration.ofSeconds(30)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("three is too much");
      assertThat(failing.status()).isEqualTo(JobStatus.FAILED);
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
