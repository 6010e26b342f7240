package dev.riffle.jobs.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.local.LocalBroker;
import dev.riffle.local.LocalServices;
import dev.riffle.local.RunningJob;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A job that fails once, and a broker that goes away and comes back. */
class HealthWatchIT {
  private static final AtomicBoolean FAILS = new AtomicBoolean();
  private static final long PATIENCE_SECONDS = 60;

  @RegisterExtension static final LocalServices SERVICES = new LocalServices();

  @TempDir Path data;

  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final List<String> all = new ArrayList<>();

  @Test
  void aFailureAndALostBrokerAreReportedAndTheirEnd() throws InterruptedException {
    LocalBroker broker = LocalBroker.start(data, 0);
    String bootstrap = broker.bootstrap();
    RunningJob job = SERVICES.cluster().submit(endless());
    HealthWatch.Target target =
        new HealthWatch.Target(SERVICES.cluster().rest(), job.id().toString(), "group", "topic");
    HealthSettings settings =
        new HealthSettings(
            bootstrap, Duration.ofMillis(200), Duration.ofMinutes(10), 1, false, ZoneOffset.UTC);
    try (HealthWatch watch = HealthWatch.start(target, settings, lines::add)) {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      while (watch.confirmed().isEmpty()) {
        assertThat(System.nanoTime()).as("time").isLessThan(deadline);
        TimeUnit.MILLISECONDS.sleep(50);
      }
      FAILS.set(true);
      assertThat(next())
          .matches(
              "\\d\\d:\\d\\d:\\d\\d restart 1 after IllegalStateException: seven \\\\u001bis too much"
                  + " in .*, from checkpoint \\d+ \\(\\d+ s before\\)\\.");
      broker.close();
      assertThat(List.of(next(), next()))
          .anyMatch(line -> line.contains("running again since "))
          .anyMatch(line -> line.contains("broker " + bootstrap + " has not answered since "));
      assertThat(watch.isBrokerLost()).isTrue();
      try (LocalBroker again = LocalBroker.start(data, port(bootstrap))) {
        assertThat(again.bootstrap()).isEqualTo(bootstrap);
        assertThat(next()).contains("broker " + bootstrap + " is back after ");
      }
      assertThat(lines).isEmpty();
    } finally {
      broker.close();
      job.cancel();
    }
  }

  private String next() throws InterruptedException {
    String line = lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(line).as("a line after %s", all).isNotNull();
    all.add(line);
    return line;
  }

  private static int port(String bootstrap) {
    return Integer.parseInt(bootstrap.substring(bootstrap.indexOf(':') + 1));
  }

  private static StreamExecutionEnvironment endless() {
    Configuration config = new Configuration();
    config.setString("restart-strategy.type", "fixed-delay");
    config.setString("restart-strategy.fixed-delay.attempts", "5");
    config.setString("restart-strategy.fixed-delay.delay", "100 ms");
    config.setString("execution.checkpointing.interval", "200 ms");
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(config);
    env.setParallelism(1);
    env.fromSequence(1, Long.MAX_VALUE)
        .map(
            n -> {
              TimeUnit.MILLISECONDS.sleep(10);
              if (FAILS.compareAndSet(true, false)) {
                throw new RuntimeException(new IllegalStateException("seven \u001bis too much"));
              }
              return n;
            })
        .sinkTo(new DiscardingSink<>());
    return env;
  }
}
