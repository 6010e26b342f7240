package dev.riffle.jobs.sequence;

import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.options.OptionSet;
import dev.riffle.jobs.sequence.Diagnostic.Advice;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.jobs.stream.ModelOptions;
import dev.riffle.models.weights.Suggestions;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Reads the options of a job from its file: the section {@code options}, and keys elsewhere. */
final class OptionsSection {
  /** Options that have a separate key. */
  static final Map<String, JobKey> OWN_KEYS =
      Map.of(
          KafkaOptions.BOOTSTRAP.name(), JobKey.BOOTSTRAP,
          KafkaOptions.NAMESPACE.name(), JobKey.NAMESPACE,
          KafkaOptions.STREAM.name(), JobKey.STREAM,
          ModelOptions.MODEL.name(), JobKey.DIRECTORY,
          ModelOptions.BACKEND.name(), JobKey.BACKEND);

  private final YamlValues values;
  private final OptionSet options;
  private final Map<String, String> given = new LinkedHashMap<>();

  private OptionsSection(YamlValues values, OptionSet options) {
    this.values = values;
    this.options = options;
  }

  /**
   * The options with a separate key.
   *
   * @param base directory to which the model's path is relative
   * @param overrides options that take precedence
   */
  static Map<String, String> ownKeys(YamlValues values, Path base, Map<String, String> overrides) {
    Map<String, String> given = new LinkedHashMap<>();
    if (!overrides.containsKey(KafkaOptions.STREAM.name())) {
      values.required(JobKey.STREAM, "a name for the job");
    }
    OWN_KEYS.forEach((option, key) -> values.text(key).ifPresent(v -> given.put(option, v)));
    if (!overrides.containsKey(ModelOptions.MODEL.name())) {
      values
          .required(JobKey.DIRECTORY, "the version directory of the model, <name>/<version>")
          .map(directory -> base.resolve(directory).normalize().toString())
          .ifPresent(directory -> given.put(ModelOptions.MODEL.name(), directory));
    }
    return given;
  }

  /**
   * All options of the job. Invalid ones are reported and have their defaults.
   *
   * @param options that the job takes
   * @param ownKeys what {@link #ownKeys} returned
   * @param overrides options that take precedence
   */
  static JobOptions read(
      YamlValues values,
      OptionSet options,
      Map<String, String> ownKeys,
      Map<String, String> overrides) {
    OptionsSection section = new OptionsSection(values, options);
    section.given.putAll(ownKeys);
    values.tree().options().forEach(section::add);
    overrides.forEach(section::override);
    return section.options();
  }

  private void add(String name, String value) {
    String path = JobKey.OPTIONS.path() + "." + name;
    JobKey key = OWN_KEYS.get(name);
    if (key != null) {
      Advice advice = Advice.hint("Move it there.");
      values.tree().report(path, name, "the key " + key.path() + " for this option", advice);
    } else if (options.find(name).isPresent()) {
      given.put(options.find(name).get().name(), value);
    } else if (!reportForeign(name, value)) {
      Advice advice = Advice.suggestion(Suggestions.of(name, options.names()));
      values.tree().report(path, name, "an option of docs/options.md", advice);
    }
  }

  private void override(String name, String value) {
    if (options.find(name).isPresent()) {
      given.put(options.find(name).get().name(), value);
    } else if (!reportForeign(name, value)) {
      throw new IllegalArgumentException(options.refusal(name));
    }
  }

  /** Reports an option that belongs to another job, and returns true if it does. */
  private boolean reportForeign(String name, String value) {
    Optional<String> owner = options.otherOwner(name);
    owner.ifPresent(
        job ->
            values
                .tree()
                .report(
                    path(name), value, "no option of the job " + job, Advice.hint("Remove it.")));
    return owner.isPresent();
  }

  private JobOptions options() {
    OptionSet.Reading reading = options.read(given);
    reading
        .problems()
        .forEach(
            (name, expected) -> {
              String path = path(name);
              if (given.containsKey(name)) {
                values.tree().report(path, given.get(name), expected, Advice.NONE);
              } else {
                values.tree().reportMissing(path, expected);
              }
            });
    JobOptions read = reading.options();
    boolean isComplete =
        read.given(KafkaOptions.GROUP_ID).isPresent()
            || read.optional(KafkaOptions.STREAM).isEmpty();
    return isComplete ? read : read.with(KafkaOptions.GROUP_ID, KafkaOptions.streamName(read));
  }

  private static String path(String option) {
    JobKey key = OWN_KEYS.get(option);
    return key != null ? key.path() : JobKey.OPTIONS.path() + "." + option;
  }
}
