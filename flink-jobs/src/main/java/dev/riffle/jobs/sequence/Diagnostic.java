package dev.riffle.jobs.sequence;

/**
 * One thing that is wrong with a job's file.
 *
 * @param line where, counted from 1; 0 if it is of the file as a whole
 * @param column where in the line, counted from 1
 * @param key what is wrong, such as {@code source.format}; empty for the file as a whole
 * @param found what stands there; null if nothing does
 * @param expected what should
 * @param nearest the name that was probably meant; null if none is near
 * @param cure what to do; null if the rest says it
 */
public record Diagnostic(
    int line, int column, String key, String found, String expected, String nearest, String cure) {

  /** As one sentence, without the place. */
  public String message() {
    StringBuilder text = new StringBuilder();
    if (!key.isEmpty()) {
      text.append(key).append(": ");
    }
    text.append("expected ").append(expected);
    text.append(found == null ? ", but it is missing" : ", but found '" + found + "'");
    if (nearest != null) {
      text.append("; did you mean '").append(nearest).append("'?");
    } else {
      text.append('.');
    }
    if (cure != null) {
      text.append(' ').append(cure);
    }
    return text.toString();
  }

  /** With its place: {@code FILE:LINE:COLUMN: message}. */
  public String at(String file) {
    return file + ":" + (line == 0 ? "" : line + ":" + column + ":") + " " + message();
  }
}
