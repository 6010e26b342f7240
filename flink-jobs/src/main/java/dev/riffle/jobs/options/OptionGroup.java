package dev.riffle.jobs.options;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ConfigOptions.OptionBuilder;
import org.apache.flink.configuration.ConfigOptions.TypedConfigOptionBuilder;
import org.apache.flink.configuration.MemorySize;

/**
 * The options of one owner, in the order in which they are declared. An options class declares each
 * option as a constant, and nothing else has to be changed to add one:
 *
 * <pre>{@code
 * private static final OptionGroup.Builder OPTIONS = OptionGroup.titled("Kafka");
 *
 * public static final JobOption<String> BOOTSTRAP =
 *     OPTIONS.text("bootstrap").defaultsTo("127.0.0.1:9092").describedAs("Broker as host:port.");
 *
 * public static final OptionGroup GROUP = OPTIONS.build(); // after the last option
 * }</pre>
 *
 * @param title heading in the documentation
 * @param options in the order of the documentation
 */
public record OptionGroup(String title, List<JobOption<?>> options) {

  /** Begins a group. */
  public static Builder titled(String title) {
    return new Builder(title);
  }

  /** What an option demands of its values. */
  record Constraints<T>(
      boolean required,
      List<String> choices,
      Optional<Long> least,
      Optional<JobOption<?>> lowerBound,
      Function<T, Optional<String>> rule,
      List<String> deprecatedNames) {}

  /** Collects the options of a group. */
  public static final class Builder {
    private final String title;
    private final List<JobOption<?>> options = new ArrayList<>();

    private Builder(String title) {
      this.title = title;
    }

    public Option<String> text(String name) {
      return new Option<>(ValueType.TEXT, key(name).stringType());
    }

    public Option<Boolean> flag(String name) {
      return new Option<>(ValueType.FLAG, key(name).booleanType());
    }

    public Option<Integer> integer(String name) {
      return new Option<>(ValueType.INTEGER, key(name).intType());
    }

    public Option<Long> longInteger(String name) {
      return new Option<>(ValueType.INTEGER, key(name).longType());
    }

    public Option<Double> number(String name) {
      return new Option<>(ValueType.NUMBER, key(name).doubleType());
    }

    public Option<Duration> duration(String name) {
      return new Option<>(ValueType.DURATION, key(name).durationType());
    }

    public Option<MemorySize> size(String name) {
      return new Option<>(ValueType.SIZE, key(name).memoryType());
    }

    /** The group with all options declared so far. */
    public OptionGroup build() {
      return new OptionGroup(title, List.copyOf(options));
    }

    private static OptionBuilder key(String name) {
      return ConfigOptions.key(name);
    }

    /** Collects what defines one option; {@link #describedAs} completes it. */
    public final class Option<T> {
      private final ValueType type;
      private final TypedConfigOptionBuilder<T> config;
      private Optional<T> defaultValue = Optional.empty();
      private boolean required;
      private List<String> choices = List.of();
      private Optional<Long> least = Optional.empty();
      private Optional<JobOption<?>> lowerBound = Optional.empty();
      private Function<T, Optional<String>> rule = JobOption.anything();
      private List<String> deprecatedNames = List.of();

      private Option(ValueType type, TypedConfigOptionBuilder<T> config) {
        this.type = type;
        this.config = config;
      }

      /** Sets the value that applies if none is given. */
      public Option<T> defaultsTo(T value) {
        defaultValue = Optional.of(value);
        return this;
      }

      /** A job cannot run without this option. */
      public Option<T> required() {
        required = true;
        return this;
      }

      /** Only these values are valid. */
      public Option<T> oneOf(List<String> values) {
        choices = List.copyOf(values);
        return this;
      }

      /** Sets the least value: a number, bytes of a size, or milliseconds of a duration. */
      public Option<T> atLeast(long value) {
        least = Optional.of(value);
        return this;
      }

      /** The value must not be less than that of another option. */
      public Option<T> atLeast(JobOption<?> other) {
        lowerBound = Optional.of(other);
        return this;
      }

      /**
       * Only values that pass a test are valid.
       *
       * @param expected what a message says about others, after "must be"
       */
      public Option<T> matching(Predicate<T> test, String expected) {
        rule = value -> test.test(value) ? Optional.empty() : Optional.of(expected);
        return this;
      }

      /** Keeps earlier names working. */
      public Option<T> formerly(String... names) {
        deprecatedNames = List.of(names);
        return this;
      }

      /** Completes the option with its description and adds it to the group. */
      public JobOption<T> describedAs(String description) {
        ConfigOption<T> key =
            defaultValue.map(config::defaultValue).orElseGet(config::noDefaultValue);
        JobOption<T> option =
            new JobOption<>(
                key,
                type,
                new Constraints<>(required, choices, least, lowerBound, rule, deprecatedNames),
                description);
        options.add(option);
        return option;
      }
    }
  }
}
