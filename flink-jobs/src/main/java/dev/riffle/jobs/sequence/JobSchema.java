package dev.riffle.jobs.sequence;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.riffle.jobs.JobDefinition;
import dev.riffle.jobs.Jobs;
import dev.riffle.jobs.options.JobOption;
import dev.riffle.jobs.options.OptionGroup;
import dev.riffle.jobs.options.ValueType;
import java.util.ArrayList;
import java.util.List;

/**
 * The JSON Schema of job files, {@code demo/jobs/job.schema.json}, generated from {@link JobKey}
 * and the options of the jobs. Editors complete and check job files with it.
 */
final class JobSchema {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private JobSchema() {}

  /** The schema as JSON text. */
  static String text() {
    ObjectNode schema = MAPPER.createObjectNode();
    schema.put("$schema", "http://json-schema.org/draft-07/schema#");
    schema.put("title", "Riffle job");
    schema.put("description", "A job on your own topics; see docs/jobs.md.");
    section(schema, "");
    return schema.toPrettyString() + "\n";
  }

  private static void section(ObjectNode schema, String path) {
    schema.put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    List<String> required = new ArrayList<>();
    for (String name : JobKey.in(path)) {
      String keyPath = path.isEmpty() ? name : path + "." + name;
      ObjectNode property = properties.putObject(name);
      boolean isRequired =
          JobKey.at(keyPath)
              .map(
                  key -> {
                    key(property, key);
                    return key.isRequired();
                  })
              .orElseGet(
                  () -> {
                    section(property, keyPath);
                    return property.has("required");
                  });
      if (isRequired) {
        required.add(name);
      }
    }
    if (!required.isEmpty()) {
      ArrayNode names = schema.putArray("required");
      required.forEach(names::add);
    }
    schema.put("additionalProperties", false);
  }

  private static void key(ObjectNode schema, JobKey key) {
    schema.put("description", withoutLinks(key.meaning()));
    switch (key.type().kind()) {
      case TEXT -> schema.put("type", "string");
      case FLAG -> schema.put("type", "boolean");
      case COUNT -> count(schema);
      case CHOICE -> key.type().choices().forEach(schema.putArray("enum")::add);
      case COUNT_OR_CHOICE -> {
        ArrayNode any = schema.putArray("anyOf");
        count(any.addObject());
        key.type().choices().forEach(any.addObject().putArray("enum")::add);
      }
      case SECTION -> section(schema, key.path());
      case LIST_OR_SECTION -> {
        ArrayNode any = schema.putArray("anyOf");
        ObjectNode list = any.addObject().put("type", "array").put("minItems", 1);
        list.put("uniqueItems", true).putObject("items").put("type", "string");
        section(any.addObject(), key.path());
      }
      case OPTIONS -> options(schema);
    }
  }

  private static void count(ObjectNode schema) {
    schema.put("type", "integer").put("minimum", 1);
  }

  private static void options(ObjectNode schema) {
    schema.put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    List<OptionGroup> groups = new ArrayList<>(JobDefinition.COMMON_OPTIONS);
    for (JobDefinition<?> job : Jobs.all()) {
      if (job.recordFormat().isPresent()) {
        groups.addAll(job.ownOptions());
      }
    }
    for (OptionGroup group : groups) {
      for (JobOption<?> option : group.options()) {
        if (!OptionsSection.OWN_KEYS.containsKey(option.name())) {
          option(properties.putObject(option.name()), option);
        }
      }
    }
    schema.put("additionalProperties", false);
  }

  private static void option(ObjectNode schema, JobOption<?> option) {
    schema.put(
        "description",
        option.description()
            + option
                .defaultValue()
                .map(value -> " Default: " + JobOption.text(value) + ".")
                .orElse(""));
    if (!option.choices().isEmpty()) {
      option.choices().forEach(schema.putArray("enum")::add);
      return;
    }
    switch (option.type()) {
      case TEXT -> schema.put("type", "string");
      case FLAG -> schema.put("type", "boolean");
      case INTEGER -> schema.put("type", "integer");
      case NUMBER -> schema.put("type", "number");
      case DURATION -> schema.put("type", "string");
      case SIZE -> schema.putArray("type").add("string").add("integer");
    }
    if (option.type() == ValueType.INTEGER) {
      option.least().ifPresent(least -> schema.put("minimum", least));
    }
  }

  private static String withoutLinks(String markdown) {
    return markdown.replaceAll("\\[([^\\]]*)\\]\\([^)]*\\)", "$1");
  }
}
