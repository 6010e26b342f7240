package dev.riffle.jobs.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StopReportTest {
  private static final Instant NOW = Instant.parse("2026-03-01T10:00:05Z");
  private static final Checkpoint LAST = new Checkpoint(17, NOW.minusSeconds(12), "/ck/chk-17");

  private final StopReport keeps = new StopReport(ZoneOffset.UTC, true);
  private final StopReport loses = new StopReport(ZoneOffset.UTC, false);

  @Test
  void itSaysThatEverythingIsCommittedAndHowToContinue() {
    assertThat(keeps.committed(NOW, "/ck/savepoint-1"))
        .isEqualTo(
            "10:00:05 stopped. Everything that was computed is committed. Resume with"
                + " --from-savepoint /ck/savepoint-1");
    assertThat(loses.committed(NOW, "/tmp/x"))
        .isEqualTo(
            "10:00:05 stopped. Everything that was computed is committed. The state of open"
                + " sequences is lost; set --checkpoint-dir to keep it.");
    assertThat(loses.notStarted(NOW)).contains("nothing was computed");
  }

  @Test
  void itSaysSinceWhenNothingIsCommittedAndWhy() {
    assertThat(keeps.notCommitted(NOW, "no broker answers", Optional.of(LAST), Optional.of(LAST)))
        .isEqualTo(
            "10:00:05 stopped, because no broker answers. What was computed since checkpoint 17 at"
                + " 09:59:53 is NOT committed. Resume with --from-savepoint /ck/chk-17, which"
                + " computes it again, exactly once.");
    Checkpoint next = new Checkpoint(18, NOW.minusSeconds(11), "/ck/chk-18");
    assertThat(keeps.notCommitted(NOW, "no broker answers", Optional.of(LAST), Optional.of(next)))
        .isEqualTo(
            "10:00:05 stopped, because no broker answers. What was computed since checkpoint 17 at"
                + " 09:59:53 is NOT committed. Resume with --from-savepoint /ck/chk-18, which"
                + " commits the output of checkpoint 18 at 09:59:54 and computes what follows"
                + " again, exactly once.");
    assertThat(loses.notCommitted(NOW, "it failed", Optional.of(LAST), Optional.of(LAST)))
        .contains("since checkpoint 17 at 09:59:53 is NOT committed", "set --checkpoint-dir");
    assertThat(keeps.notCommitted(NOW, "it failed", Optional.empty(), Optional.empty()))
        .isEqualTo(
            "10:00:05 stopped, because it failed. What this run computed is NOT committed. The"
                + " next run computes it again.");
  }
}
