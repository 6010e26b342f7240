package dev.riffle.cli.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.jobs.health.HealthSettings;
import dev.riffle.jobs.health.HealthWatch;
import dev.riffle.jobs.health.StopReport;
import dev.riffle.local.LocalCluster;
import dev.riffle.local.RunningJob;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.Optional;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.junit.jupiter.api.Test;

class JobStopIT {
  private static final String NO_BROKER = "127.0.0.1:1";

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final JobRun.Output output =
      new JobRun.Output(new PrintWriter(out), new PrintWriter(err), true);

  @Test
  void aBoundedJobThatEndsBeforeItIsStoppedHasCommittedEverything() throws InterruptedException {
    HealthSettings settings =
        new HealthSettings(
            NO_BROKER, Duration.ofSeconds(1), Duration.ofMinutes(10), 1, true, ZoneOffset.UTC);
    try (LocalCluster cluster = LocalCluster.start(1)) {
      RunningJob job = cluster.submit(bounded());
      job.awaitEnd(Duration.ofSeconds(30));
      HealthWatch.Target target =
          new HealthWatch.Target(cluster.rest(), job.id().toString(), "group", "topic");
      try (HealthWatch watch = HealthWatch.start(target, settings, line -> {})) {
        StopReport report = new StopReport(ZoneOffset.UTC, false);
        JobStop stop = new JobStop(cluster, job, watch, report, output, new LastLine());
        assertThat(stop.stop(Optional.empty())).isZero();
        stop.printNotCommitted("Ctrl-C was pressed again");
      }
    }
    assertThat(out.toString()).contains("The job has processed all records and finished.");
    assertThat(err.toString()).doesNotContain("NOT committed");
  }

  private static StreamExecutionEnvironment bounded() {
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.setParallelism(1);
    env.fromSequence(1, 5).sinkTo(new DiscardingSink<>());
    return env;
  }
}
