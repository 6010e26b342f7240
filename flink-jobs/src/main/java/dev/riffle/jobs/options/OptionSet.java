package dev.riffle.jobs.options;

import dev.riffle.models.weights.Suggestions;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.flink.configuration.Configuration;

/** All options that one job takes, and what it defaults them to. Reads their values. */
public final class OptionSet {
  private final List<OptionGroup> groups;
  private final Map<JobOption<?>, Object> defaults;
  private final Function<String, Optional<String>> otherOwner;
  private final Map<String, JobOption<?>> byName = new LinkedHashMap<>();
  private final Map<String, String> currentNames = new HashMap<>();

  /**
   * @param groups in the order of the documentation
   * @param otherOwner names the job that an option belongs to which is in none of the groups, for
   *     messages
   */
  public OptionSet(List<OptionGroup> groups, Function<String, Optional<String>> otherOwner) {
    this(groups, Map.of(), otherOwner);
  }

  private OptionSet(
      List<OptionGroup> groups,
      Map<JobOption<?>, Object> defaults,
      Function<String, Optional<String>> otherOwner) {
    this.groups = List.copyOf(groups);
    this.defaults = defaults;
    this.otherOwner = otherOwner;
    for (OptionGroup group : groups) {
      for (JobOption<?> option : group.options()) {
        if (byName.putIfAbsent(option.name(), option) != null) {
          throw new IllegalArgumentException("Option --" + option.name() + " is declared twice.");
        }
        option.deprecatedNames().forEach(name -> currentNames.put(name, option.name()));
      }
    }
  }

  /** The same options, one with another default. */
  public <T> OptionSet withDefault(JobOption<T> option, T value) {
    Map<JobOption<?>, Object> changed = new HashMap<>(defaults);
    changed.put(option, value);
    return new OptionSet(groups, changed, otherOwner);
  }

  /** The groups in the order of the documentation. */
  public List<OptionGroup> groups() {
    return groups;
  }

  /** All options in the order of the documentation. */
  public List<JobOption<?>> all() {
    return List.copyOf(byName.values());
  }

  /** Names of all options. */
  public List<String> names() {
    return List.copyOf(byName.keySet());
  }

  /** The option with this name, or with this earlier name. */
  public Optional<JobOption<?>> find(String name) {
    return Optional.ofNullable(byName.get(currentNames.getOrDefault(name, name)));
  }

  /** Value of an option that is not given. */
  @SuppressWarnings("unchecked") // withDefault puts values of the option's type
  public <T> Optional<T> defaultOf(JobOption<T> option) {
    return Optional.ofNullable((T) defaults.get(option)).or(option::defaultValue);
  }

  /**
   * Reads options from a command line: {@code --name value} or {@code --name=value}.
   *
   * @throws IllegalArgumentException if a name is unknown or a value is invalid; the message says
   *     what was expected
   */
  public JobOptions parse(String... arguments) {
    Map<String, String> given = new LinkedHashMap<>();
    for (int i = 0; i < arguments.length; i++) {
      String argument = arguments[i];
      if (!argument.startsWith("--")) {
        throw new IllegalArgumentException(
            "Expected --name value but found '" + argument + "'; options begin with two dashes.");
      }
      int equals = argument.indexOf('=');
      String name = equals < 0 ? argument.substring(2) : argument.substring(2, equals);
      requireName(name);
      if (equals < 0 && i + 1 == arguments.length) {
        throw new IllegalArgumentException("Option --" + name + " needs a value after it.");
      }
      String value = equals < 0 ? arguments[++i] : argument.substring(equals + 1);
      if (given.putIfAbsent(name, value) != null) {
        throw new IllegalArgumentException("Option --" + name + " was given twice.");
      }
    }
    return of(given);
  }

  /**
   * Reads options by name, without dashes; the rest have their defaults.
   *
   * @throws IllegalArgumentException as {@link #parse}
   */
  public JobOptions of(Map<String, String> given) {
    Configuration values = configuration(given);
    problems(values)
        .forEach(
            (name, expected) -> {
              throw new IllegalArgumentException(
                  "Option --"
                      + name
                      + " must be "
                      + expected
                      + ", but is '"
                      + valueOf(name, values)
                      + "'.");
            });
    return new JobOptions(this, values);
  }

  /**
   * The values that can be used, and the problems of those that cannot.
   *
   * @param options without the invalid values
   * @param problems what was expected, such as {@code a whole number}, by the option's name
   */
  public record Reading(JobOptions options, Map<String, String> problems) {}

  /**
   * Reads options by name, without dashes, and reports all invalid values at once.
   *
   * @throws IllegalArgumentException if a name is unknown
   */
  public Reading read(Map<String, String> given) {
    Configuration values = configuration(given);
    Map<String, String> problems = problems(values);
    for (String name : problems.keySet()) {
      JobOption<?> option = byName.get(name);
      values.removeKey(name);
      option.lowerBound().ifPresent(bound -> values.removeKey(bound.name()));
    }
    return new Reading(new JobOptions(this, values), problems);
  }

  /**
   * The reason why an option cannot be given, as a sentence.
   *
   * @param name that {@link #find} does not know
   */
  public String refusal(String name) {
    Optional<String> owner = otherOwner.apply(name);
    if (owner.isPresent()) {
      return "Option --" + name + " belongs to the job " + owner.get() + ": remove it.";
    }
    return "There is no option --"
        + name
        + Suggestions.of(name, byName.keySet())
            .map(near -> "; did you mean --" + near + "?")
            .orElse("; docs/options.md lists all.");
  }

  /** The job that an option belongs to which this job does not take. */
  public Optional<String> otherOwner(String name) {
    return find(name).isPresent() ? Optional.empty() : otherOwner.apply(name);
  }

  private Configuration configuration(Map<String, String> given) {
    Configuration values = new Configuration();
    given.forEach(
        (name, value) -> {
          String current = requireName(name);
          if (values.containsKey(current)) {
            throw new IllegalArgumentException(
                "Option --" + current + " was given twice, once under its earlier name.");
          }
          values.setString(current, value);
        });
    return values;
  }

  private String requireName(String name) {
    return find(name)
        .map(JobOption::name)
        .orElseThrow(() -> new IllegalArgumentException(refusal(name)));
  }

  private String valueOf(String name, Configuration values) {
    String given = values.toMap().get(name);
    return given != null
        ? given
        : defaultOf(byName.get(name)).map(JobOption::text).orElse("missing");
  }

  Map<String, String> problems(Configuration values) {
    Map<String, String> problems = new LinkedHashMap<>();
    for (JobOption<?> option : byName.values()) {
      option.problem(values).ifPresent(expected -> problems.put(option.name(), expected));
    }
    for (JobOption<?> option : byName.values()) {
      option
          .lowerBound()
          .filter(bound -> !problems.containsKey(bound.name()))
          .filter(bound -> !problems.containsKey(option.name()))
          .map(bound -> numberOf(bound, values))
          .filter(least -> numberOf(option, values) < least)
          .ifPresent(least -> problems.put(option.name(), "at least " + least));
    }
    return problems;
  }

  private long numberOf(JobOption<?> option, Configuration values) {
    return JobOption.number(valueIn(option, values).orElse(0));
  }

  private <T> Optional<Object> valueIn(JobOption<T> option, Configuration values) {
    return option.in(values).or(() -> defaultOf(option)).map(Object.class::cast);
  }
}
