package dev.riffle.jobs.options;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.util.TimeUtils;

/**
 * One option of a job. An {@link OptionGroup} creates it.
 *
 * @param <T> Java type of its values
 */
public final class JobOption<T> {
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private final ConfigOption<T> config;
  private final ValueType type;
  private final OptionGroup.Constraints<T> constraints;
  private final String description;

  JobOption(
      ConfigOption<T> config,
      ValueType type,
      OptionGroup.Constraints<T> constraints,
      String description) {
    this.config = config;
    this.type = type;
    this.constraints = constraints;
    this.description = description;
  }

  /** Name, without dashes. */
  public String name() {
    return config.key();
  }

  /** Earlier names that still work. */
  public List<String> deprecatedNames() {
    return constraints.deprecatedNames();
  }

  /** Kind of its values. */
  public ValueType type() {
    return type;
  }

  /** The values it takes, if they are few; empty if any value of its type will do. */
  public List<String> choices() {
    return constraints.choices();
  }

  /** Least value: a number, bytes of a size, or milliseconds of a duration. */
  public Optional<Long> least() {
    return constraints.least();
  }

  /** True if a job cannot run without it. */
  public boolean isRequired() {
    return constraints.required();
  }

  /** What it means, in one or two sentences. */
  public String description() {
    return description;
  }

  /** Value if none is given, unless the job has another default. */
  public Optional<T> defaultValue() {
    return Optional.ofNullable(config.defaultValue());
  }

  /** A value as a user writes it. */
  public static String text(Object value) {
    return value instanceof Duration duration
        ? TimeUtils.formatWithHighestUnit(duration)
        : value.toString();
  }

  @Override
  public String toString() {
    return "--" + name();
  }

  Optional<T> in(Configuration values) {
    return values.getOptional(config);
  }

  void set(Configuration values, T value) {
    values.set(config, value);
  }

  /**
   * Checks the given value, or the default if none is given.
   *
   * @return what was expected instead; empty if the value is valid
   */
  Optional<String> problem(Configuration values) {
    T value;
    try {
      value = values.get(config);
    } catch (IllegalArgumentException | ArithmeticException e) {
      return Optional.of(type.expected());
    }
    if (type == ValueType.DURATION && hasNoUnit(values.toMap().get(name()))) {
      return Optional.of("a duration with its unit, such as 200ms, 5s or 10min");
    }
    if (value == null) {
      return Optional.empty(); // no value and no default: whether it is required is checked later
    }
    List<String> choices = constraints.choices();
    if (!choices.isEmpty() && !choices.contains(value.toString())) {
      return Optional.of("one of " + String.join(", ", choices));
    }
    Optional<String> refused = constraints.rule().apply(value);
    if (refused.isPresent()) {
      return refused;
    }
    if (value instanceof Duration duration && duration.compareTo(LONGEST) > 0) {
      return Optional.of("a duration of at most " + LONGEST.toDays() + "d");
    }
    Optional<Long> least = constraints.least();
    if (least.isPresent() && number(value) < least.get()) {
      return Optional.of("at least " + least.get());
    }
    return value instanceof Duration duration && duration.isNegative()
        ? Optional.of("a duration of 0 or more")
        : Optional.empty();
  }

  /** Whether a text is a number other than 0, so that it is unknown what it counts. */
  private static boolean hasNoUnit(String text) {
    return text != null && text.matches("\\s*\\d+\\s*") && !text.matches("\\s*0+\\s*");
  }

  /** The option whose value is a lower bound of this one's. */
  Optional<JobOption<?>> lowerBound() {
    return constraints.lowerBound();
  }

  /** A value as a number: bytes of a size, milliseconds of a duration. */
  static long number(Object value) {
    if (value instanceof Duration duration) {
      return duration.toMillis();
    }
    return value instanceof MemorySize size ? size.getBytes() : ((Number) value).longValue();
  }

  /** A rule that accepts every value. */
  static <T> Function<T, Optional<String>> anything() {
    return value -> {
      Objects.requireNonNull(value);
      return Optional.empty();
    };
  }
}
