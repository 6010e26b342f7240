package dev.riffle.cli.shared;

import dev.riffle.schemas.Printable;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.Locale;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.layout.AbstractStringLayout;

/**
 * A line of the log for each event, and the lines of its stack trace. Control characters in
 * messages are escaped, so that an id in a record can neither forge a line nor change the terminal
 * that shows the log.
 */
final class LogLayout extends AbstractStringLayout {
  private static final String MARK = "    ";

  LogLayout() {
    super(StandardCharsets.UTF_8);
  }

  @Override
  public String toSerializable(LogEvent event) {
    String text =
        String.format(
            Locale.ROOT,
            "%s %-5s %s %s - %s%n",
            LocalDateTime.ofInstant(
                Instant.ofEpochMilli(event.getTimeMillis()), ZoneId.systemDefault()),
            event.getLevel(),
            Printable.line(event.getThreadName()),
            Printable.line(event.getLoggerName()),
            Printable.line(event.getMessage().getFormattedMessage()));
    return event.getThrown() == null ? text : text + trace(event.getThrown());
  }

  /** The stack trace; each of its lines is indented, as a message may have several lines. */
  private static String trace(Throwable thrown) {
    StringWriter trace = new StringWriter();
    thrown.printStackTrace(new PrintWriter(trace, true));
    StringBuilder lines = new StringBuilder();
    trace
        .toString()
        .lines()
        .forEach(line -> lines.append(MARK).append(Printable.line(line)).append('\n'));
    return lines.toString();
  }
}
