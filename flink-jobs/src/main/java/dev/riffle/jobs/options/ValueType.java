package dev.riffle.jobs.options;

/** The kinds of values that options take. */
public enum ValueType {
  TEXT("text", "TEXT", "text"),
  FLAG("true or false", "BOOL", "true or false"),
  INTEGER("whole number", "N", "a whole number"),
  NUMBER("number", "NUMBER", "a number such as 0.01"),
  DURATION("duration", "TIME", "a duration such as 200ms, 5s or 10min"),
  SIZE("size", "SIZE", "a size such as 512kb or 4mb");

  private final String title;
  private final String label;
  private final String expected;

  ValueType(String title, String label, String expected) {
    this.title = title;
    this.label = label;
    this.expected = expected;
  }

  /** Name in the documentation, such as {@code whole number}. */
  public String title() {
    return title;
  }

  /** Placeholder in help texts, such as {@code N}. */
  public String label() {
    return label;
  }

  /** What a message says that it expected, such as {@code a whole number}. */
  public String expected() {
    return expected;
  }
}
