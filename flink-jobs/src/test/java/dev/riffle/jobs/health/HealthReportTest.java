package dev.riffle.jobs.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Observations in, lines out: one observation each second, from 10:00:00. */
class HealthReportTest {
  private static final Instant START = Instant.parse("2026-03-01T10:00:00Z");

  private final List<String> lines = new ArrayList<>();
  private HealthReport report = report(Duration.ofSeconds(1), false);

  // what the next observation shows
  private boolean running = true;
  private boolean answers = true;
  private boolean commits = true;
  private Optional<Load> load = Optional.empty();
  private LongUnaryOperator committed = second -> 100 * second;
  private LongUnaryOperator behind = second -> 20;
  private final List<JobFailure> failures = new ArrayList<>();
  private Optional<Checkpoint> checkpoint = Optional.empty();
  private long second;

  private static HealthReport report(Duration checkpointInterval, boolean bounded) {
    return new HealthReport(
        new HealthSettings(
            "kafka:9092", checkpointInterval, Duration.ofMinutes(10), 2, bounded, ZoneOffset.UTC));
  }

  private void pass(int seconds) {
    for (int i = 0; i < seconds; i++) {
      second++;
      Instant at = START.plusSeconds(second);
      if (commits && running && answers) {
        checkpoint = Optional.of(new Checkpoint(second, at.minusMillis(300), "path"));
      }
      long done = committed.applyAsLong(second);
      Offsets offsets = new Offsets(done, done + behind.applyAsLong(second));
      Observation seen =
          new Observation(
              at,
              new JobView(running, List.copyOf(failures), checkpoint, load),
              new BrokerView(
                  at.minusMillis(100), answers, answers ? Optional.of(offsets) : Optional.empty()));
      lines.addAll(report.update(seen));
    }
  }

  private void fail(String cause) {
    failures.add(new JobFailure(START.plusSeconds(second).plusMillis(500), cause));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 20, 900})
  void aHealthyJobCausesNoLine(long lag) {
    behind = at -> lag;
    load = Optional.of(new Load("model", 0.6, 0.1));
    pass(300);
    assertThat(lines).isEmpty();
  }

  @Test
  void aJobThatCatchesUpIsWellHoweverBusy() {
    load = Optional.of(new Load("model", 1, 0.9));
    behind = at -> 100_000 - 300 * at;
    pass(300);
    assertThat(lines).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 5})
  void aBrokerThatIsBusyForAMomentIsNotReported(int seconds) {
    pass(10);
    answers = false;
    pass(seconds);
    answers = true;
    pass(30);
    assertThat(lines).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"7, 7 s", "30, 30 s", "59, 59 s"})
  void aBrokerThatIsAwayIsReportedOnceAndItsReturnToo(int seconds, String duration) {
    pass(9);
    answers = false;
    pass(seconds);
    answers = true;
    pass(60);
    assertThat(lines).hasSize(2);
    assertThat(lines.get(0))
        .isEqualTo(
            "10:00:15 broker kafka:9092 has not answered since 10:00:09. The job waits. Nothing is"
                + " lost if the broker is back before 10:10:08 (transaction-timeout).");
    assertThat(lines.get(1)).endsWith("broker kafka:9092 is back after " + duration + ".");
  }

  @Test
  void aLongOutageIsRepeatedEachMinuteAndItsLimitIsReported() {
    answers = false;
    pass(11 * 60);
    assertThat(lines).hasSize(11);
    assertThat(lines.get(1))
        .startsWith("10:01:06 broker kafka:9092 has not answered since 10:00:00 (1 min 5 s).")
        .contains("Nothing is lost if");
    assertThat(lines.get(10)).contains("Since 10:09:59", "may drop final records");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ArithmeticException: / by zero in model", "OutOfMemoryError", "x"})
  void aRestartIsReportedWithItsCauseAndThatTheJobRunsAgain(String cause) {
    pass(10);
    fail(cause);
    running = false;
    pass(4);
    running = true;
    pass(60);
    assertThat(lines)
        .containsExactly(
            "10:00:11 restart 1 after " + cause + ", from checkpoint 10 (1 s before).",
            "10:00:20 running again since 10:00:15, 5 s after the failure.");
  }

  @Test
  void aRestartBeforeTheFirstCheckpointSaysSo() {
    commits = false;
    pass(2);
    fail("x");
    pass(1);
    assertThat(lines)
        .containsExactly(
            "10:00:03 restart 1 after x, from the start of this run: it has no checkpoint yet.");
  }

  @Test
  void aJobThatFailsAgainAndAgainIsReportedOnceAMinute() {
    pass(10);
    for (int i = 0; i < 40; i++) {
      fail("x");
      running = false;
      pass(1);
      running = true;
      pass(2);
    }
    pass(10);
    assertThat(lines).hasSize(3);
    assertThat(lines.get(0)).contains("restart 1 after x");
    assertThat(lines.get(1))
        .startsWith("10:01:11 restart 21, 20 more since 10:00:11, again after x, from checkpoint ");
    assertThat(lines.get(2)).contains("running again since", "after the failure; it restarted 40");
  }

  @Test
  void anotherCauseIsReportedAtOnce() {
    pass(10);
    for (String cause : List.of("x", "y", "x", "z")) {
      fail(cause);
      pass(1);
    }
    assertThat(lines).hasSize(3);
    assertThat(lines.get(0)).contains("restart 1 after x");
    assertThat(lines.get(1)).contains("restart 2 after y");
    assertThat(lines.get(2)).contains("restart 4 after z");
  }

  @Test
  void restartsWhileTheBrokerIsAwayAreCountedOnly() {
    pass(10);
    answers = false;
    running = false;
    pass(20);
    fail("TimeoutException");
    pass(20);
    fail("TimeoutException");
    pass(5);
    answers = true;
    pass(2);
    running = true;
    pass(10);
    assertThat(lines).hasSize(3);
    assertThat(lines.get(0)).contains("has not answered");
    assertThat(lines.get(1)).contains("is back after 45 s.");
    assertThat(lines.get(2)).contains("running again since", "; it restarted 2 times.");
  }

  @ParameterizedTest
  @CsvSource({"1, 61", "10, 61", "60, 181"})
  void aJobWithoutCheckpointsIsReported(int interval, int after) {
    report = report(Duration.ofSeconds(interval), false);
    pass(5);
    commits = false;
    pass(after - 2);
    assertThat(lines).isEmpty();
    pass(3);
    commits = true;
    pass(30);
    assertThat(lines).hasSize(2);
    assertThat(lines.get(0)).contains("no checkpoint has completed since 10:00:04");
    assertThat(lines.get(1)).contains("is complete: what was computed since 10:00:04 is committed");
  }

  @ParameterizedTest
  @CsvSource({"20, 60", "100, 200", "500, 30"})
  void aLagThatGrowsIsReportedAndThatTheJobHasCaughtUp(long growth, int seconds) {
    pass(30);
    behind = at -> Math.max(0, Math.min(at - 30, 2L * seconds + 30 - at)) * growth;
    pass(3 * seconds);
    assertThat(lines.get(0)).contains("behind by ", " records (lag), growing, about ");
    assertThat(lines.get(lines.size() - 1)).contains("caught up after ");
    assertThat(lines).as("one line and a reminder each minute").hasSizeLessThanOrEqualTo(8);
  }

  @Test
  void aJobThatCommitsNothingFallsBehind() {
    committed = at -> 5000;
    behind = at -> 10 * at;
    pass(60);
    assertThat(lines).hasSize(1);
    assertThat(lines.get(0)).contains("behind by ", " records (lag), growing.");
  }

  @Test
  void theLagOfALongCheckpointIntervalIsThatAfterACheckpoint() {
    report = report(Duration.ofSeconds(60), false);
    committed = at -> at / 60 * 6000;
    behind = at -> at % 60 * 100;
    pass(900);
    assertThat(lines).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"model, 1.0, 0.87", "transcribe, 0.97, 0.5", "annotate, 0.99, 1.0"})
  void backPressureIsReportedWithTheOperatorThatCausesIt(String name, double busy, double waits) {
    behind = at -> 5L * at;
    load = Optional.of(new Load(name, busy, waits));
    pass(60);
    assertThat(lines).hasSize(1);
    assertThat(lines.get(0))
        .contains("back-pressured: the source waits " + Math.round(100 * waits) + " % of the time")
        .contains("operator " + name + " and its sinks are busy " + Math.round(100 * busy) + " %")
        .contains("Raise --parallelism (now 2)");
    load = Optional.of(new Load(name, 0.5, 0.1));
    pass(5);
    assertThat(lines).hasSize(2);
    assertThat(lines.get(1)).contains("no longer back-pressured after ");
  }

  @Test
  void aBoundedJobIsNeverBehind() {
    report = report(Duration.ofSeconds(1), true);
    behind = at -> 500 * at;
    load = Optional.of(new Load("model", 1, 1));
    pass(120);
    assertThat(lines).isEmpty();
  }

  @Test
  void namesAndCausesCannotChangeTheTerminal() {
    pass(1);
    fail("\u001b[31m\nred");
    pass(1);
    assertThat(lines).hasSize(1);
    assertThat(lines.get(0).chars()).allMatch(c -> c >= ' ');
    assertThat(lines.get(0)).contains("\\u001b[31m\\nred");
  }
}
