package dev.riffle.jobs.sequence;

import java.util.Optional;

/**
 * One problem of a job file.
 *
 * @param line counted from 1; 0 if the problem concerns the file as a whole
 * @param column counted from 1; 0 if the problem concerns the file as a whole
 * @param key the key concerned, such as {@code source.format}; empty for the file as a whole
 * @param found the value in the file; empty if it is missing
 * @param expected the value that is valid there
 * @param advice how to solve it
 */
public record Diagnostic(
    int line, int column, String key, Optional<String> found, String expected, Advice advice) {

  /**
   * How to solve a problem.
   *
   * @param suggestion the name that was probably meant
   * @param hint what to do, as a sentence
   */
  public record Advice(Optional<String> suggestion, Optional<String> hint) {
    /** No advice: the expected value says it all. */
    public static final Advice NONE = new Advice(Optional.empty(), Optional.empty());

    static Advice hint(String hint) {
      return new Advice(Optional.empty(), Optional.of(hint));
    }

    static Advice suggestion(Optional<String> name) {
      return new Advice(name, Optional.empty());
    }
  }

  /** The problem as one or two sentences, without its position. */
  public String message() {
    return (key.isEmpty() ? "" : key + ": ")
        + "expected "
        + expected
        + found.map(value -> ", but found '" + value + "'").orElse(", but it is missing")
        + advice.suggestion().map(name -> "; did you mean '" + name + "'?").orElse(".")
        + advice.hint().map(hint -> " " + hint).orElse("");
  }

  /** The problem with its position: {@code FILE:LINE:COLUMN: message}. */
  public String at(String file) {
    return file + ":" + (line == 0 ? "" : line + ":" + column + ":") + " " + message();
  }
}
