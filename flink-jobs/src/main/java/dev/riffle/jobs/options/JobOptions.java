package dev.riffle.jobs.options;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.flink.configuration.Configuration;

/** The values of a job's options. Immutable; every value is valid. */
public final class JobOptions {
  private final OptionSet options;
  private final Configuration values;

  JobOptions(OptionSet options, Configuration values) {
    this.options = options;
    this.values = values;
  }

  /**
   * The same values, one replaced.
   *
   * @throws IllegalArgumentException if the job does not take the option or the value is invalid
   */
  public <T> JobOptions with(JobOption<T> option, T value) {
    if (options.find(option.name()).isEmpty()) {
      throw new IllegalArgumentException(options.refusal(option.name()));
    }
    Configuration changed = new Configuration(values);
    option.set(changed, value);
    return options.of(changed.toMap());
  }

  /** The given value of an option, or the job's default for it. */
  public <T> Optional<T> optional(JobOption<T> option) {
    return given(option).or(() -> options.defaultOf(option));
  }

  /**
   * The given value of an option, or the job's default for it.
   *
   * @throws IllegalArgumentException if there is neither; the message asks for the option
   */
  public <T> T get(JobOption<T> option) {
    return optional(option).orElseThrow(() -> new IllegalArgumentException(missing(option)));
  }

  /** The given value of an option; empty if it has its default. */
  public <T> Optional<T> given(JobOption<T> option) {
    return option.in(values);
  }

  /**
   * Checks that all required options have a value.
   *
   * @throws IllegalArgumentException if one has none; the message asks for it
   */
  public void checkRequired() {
    for (JobOption<?> option : options.all()) {
      if (option.isRequired() && optional(option).isEmpty()) {
        throw new IllegalArgumentException(missing(option));
      }
    }
  }

  /** The given values as a command line. */
  public List<String> arguments() {
    return toMap().entrySet().stream().map(e -> "--" + e.getKey() + "=" + e.getValue()).toList();
  }

  /** The given values by name, in the order of the names. */
  public Map<String, String> toMap() {
    return new TreeMap<>(values.toMap());
  }

  private static String missing(JobOption<?> option) {
    return "Option --" + option.name() + " is required: " + option.description();
  }
}
