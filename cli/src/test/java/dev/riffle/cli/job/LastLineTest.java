package dev.riffle.cli.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class LastLineTest {
  @Test
  void onlyTheFirstIsPrinted() {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    LastLine last = new LastLine();
    last.print(new PrintWriter(err), () -> "committed");
    last.print(new PrintWriter(err), () -> "NOT committed");
    last.print(new PrintWriter(out), () -> "finished");
    assertThat(err).hasToString("committed" + System.lineSeparator());
    assertThat(out.toString()).isEmpty();
  }
}
