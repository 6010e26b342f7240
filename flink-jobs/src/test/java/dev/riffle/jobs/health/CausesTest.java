package dev.riffle.jobs.health;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CausesTest {
  private static final String TASK =
      "model -> (final: Writer -> final: Committer) (1/1) - execution #0";

  @Test
  void theRootCauseIsNamedWithItsOperator() {
    String trace =
        """
        java.lang.RuntimeException: outer
        \tat dev.riffle.A.b(A.java:1)
        \tSuppressed: java.io.IOException: closed
        \tCaused by: java.io.IOException: not this one
        Caused by: java.lang.IllegalStateException: middle
        \tat dev.riffle.A.c(A.java:2)
        Caused by: java.lang.ArithmeticException: / by zero
        \t... 3 more
        """;
    assertThat(Causes.of(trace, TASK)).isEqualTo("ArithmeticException: / by zero in model");
    assertThat(Causes.of(trace, "Source: events -> split (2/4) - execution #3"))
        .isEqualTo("ArithmeticException: / by zero in events");
    assertThat(Causes.of(trace, "")).isEqualTo("ArithmeticException: / by zero");
  }

  @ParameterizedTest
  @CsvSource({
    "java.lang.OutOfMemoryError: Java heap space, RIFFLE_HEAP",
    "org.apache.kafka.common.errors.TimeoutException: 60000 ms, Kafka does not answer in time",
    "org.apache.kafka.common.errors.ProducerFencedException: x, transactional-id-prefix",
    "org.apache.kafka.common.errors.InvalidTxnTimeoutException: x, transaction.max.timeout.ms"
  })
  void aKnownCauseIsTaught(String trace, String hint) {
    assertThat(Causes.of(trace, TASK)).contains(hint).doesNotContain("org.apache");
  }

  @Test
  void aCauseIsOneLineThatCanBePrinted() {
    assertThat(Causes.of("a.B: \u001b[2J" + "x".repeat(1000), "")).startsWith("B: \\u001b[2Jxx");
    assertThat(Causes.of("a.B: \u001b[2J" + "x".repeat(1000), "")).hasSizeLessThan(310);
    assertThat(Causes.of("", TASK)).isEqualTo("an unknown cause in model");
    assertThat(Causes.of("java.lang.NullPointerException", TASK))
        .isEqualTo("NullPointerException in model");
  }
}
