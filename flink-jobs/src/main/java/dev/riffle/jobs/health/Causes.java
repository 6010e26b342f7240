package dev.riffle.jobs.health;

import dev.riffle.jobs.cluster.StackTrace;
import dev.riffle.schemas.Printable;
import java.util.List;

/** The cause of a failure on one line, with what to do about it where that is known. */
final class Causes {
  private static final int LONGEST = 300;

  /**
   * A kind of failure.
   *
   * @param exception end of the name of its class
   * @param hint what to do
   */
  private record Hint(String exception, String hint) {}

  private static final List<Hint> HINTS =
      List.of(
          new Hint("kafka.common.errors.TimeoutException", "Kafka does not answer in time"),
          new Hint(
              "UnknownTopicOrPartitionException", "a topic was deleted: create it, or start again"),
          new Hint(
              "InvalidTxnTimeoutException",
              "lower transaction-timeout, or raise the broker's transaction.max.timeout.ms"),
          new Hint(
              "ProducerFencedException",
              "another job uses the same transactional-id-prefix, or the transaction timed out"),
          new Hint(
              "InvalidProducerEpochException",
              "another job uses the same transactional-id-prefix, or the transaction timed out"),
          new Hint(
              "RecordTooLargeException", "raise max.message.bytes of the topic and of the broker"),
          new Hint("OutOfMemoryError", "raise RIFFLE_HEAP, or lower max-batch-size"));

  private Causes() {}

  /**
   * The root cause of a stack trace.
   *
   * @param task in which the exception was thrown; blank if it was in none
   */
  static String of(String trace, String task) {
    String root = StackTrace.rootCause(trace);
    String name = root.replaceFirst("^([\\w.$]+).*", "$1");
    String simple = root.replaceFirst("^(?:[\\w$]+\\.)+", "");
    String text = shortened(Printable.line(simple.replaceFirst("[.:;,\\s]+$", "")));
    String where = task.isBlank() ? "" : " in " + Printable.line(operator(task));
    return HINTS.stream()
        .filter(hint -> name.endsWith(hint.exception()))
        .findFirst()
        .map(hint -> text + where + " (" + hint.hint() + ")")
        .orElse(text.isBlank() ? "an unknown cause" + where : text + where);
  }

  private static String shortened(String text) {
    return text.length() > LONGEST ? text.substring(0, LONGEST) + "..." : text;
  }

  /** The first operator of a task's name, such as {@code model -> (final: Writer) (1/1) - ...}. */
  static String operator(String task) {
    return task.replaceFirst("^Source: ", "").replaceFirst(" (->|\\().*", "");
  }
}
