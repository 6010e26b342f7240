package dev.riffle.jobs.sequence;

import dev.riffle.jobs.sequence.Diagnostic.Advice;
import dev.riffle.models.weights.Suggestions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * The values of a job file by their paths, with their positions. Keys and values that do not fit
 * {@link JobKey} are reported and skipped; the rest remains readable.
 */
final class YamlTree {
  private static final String OPTIONS = JobKey.OPTIONS.path();
  private static final int MOST_DEPTH = 50;
  private static final String FEATURES = JobKey.FEATURES.path();

  private final Map<String, String> texts = new LinkedHashMap<>();
  private final Map<String, List<String>> lists = new LinkedHashMap<>();
  private final Map<String, Mark> marks = new LinkedHashMap<>();
  private final List<Diagnostic> diagnostics = new ArrayList<>();
  private boolean isMapping;

  YamlTree(String yaml) {
    Optional<Node> root = compose(yaml);
    if (root.isEmpty()) {
      if (diagnostics.isEmpty()) {
        diagnostics.add(new Diagnostic(1, 1, "", Optional.empty(), "keys and values", Advice.NONE));
      }
    } else if (root.get() instanceof MappingNode mapping) {
      isMapping = true;
      walk("", mapping);
    } else {
      report(root.get(), "", "keys and values", Advice.NONE);
    }
  }

  /** Refuses deep nesting before the composer descends into it. */
  private boolean isShallow(String yaml) {
    int depth = 0;
    for (Event event : new Parse(LoadSettings.builder().build()).parseString(yaml)) {
      if (event instanceof CollectionStartEvent && ++depth > MOST_DEPTH) {
        report(
            event.getStartMark().orElse(null),
            "",
            Optional.of("deeper nesting"),
            "at most " + MOST_DEPTH + " levels of lists and sections",
            Advice.NONE);
        return false;
      }
      if (event instanceof CollectionEndEvent) {
        depth--;
      }
    }
    return true;
  }

  private Optional<Node> compose(String yaml) {
    try {
      if (!isShallow(yaml)) {
        return Optional.empty();
      }
      return new Compose(LoadSettings.builder().build()).composeString(yaml);
    } catch (MarkedYamlEngineException e) {
      Mark mark = e.getProblemMark().or(e::getContextMark).orElse(null);
      String context = e.getContext() == null ? "" : e.getContext() + ", ";
      report(
          mark,
          "",
          Optional.of(context + e.getProblem()),
          "valid YAML",
          Advice.hint("Check indentation and quotes."));
    } catch (YamlEngineException e) {
      report((Mark) null, "", Optional.of(e.getMessage()), "valid YAML", Advice.NONE);
    }
    return Optional.empty();
  }

  private void walk(String section, MappingNode mapping) {
    mapping.getStartMark().ifPresent(mark -> marks.putIfAbsent(section, mark));
    for (NodeTuple tuple : mapping.getValue()) {
      Node key = tuple.getKeyNode();
      if (!(key instanceof ScalarNode name)) {
        report(key, section, "a name before the colon", Advice.NONE);
        continue;
      }
      String path = section.isEmpty() ? name.getValue() : section + "." + name.getValue();
      List<String> keys = JobKey.in(section);
      if (!section.equals(OPTIONS) && !keys.contains(name.getValue())) {
        Advice advice = Advice.suggestion(Suggestions.of(name.getValue(), keys));
        report(key, section, "one of " + String.join(", ", keys), advice);
      } else if (marks.containsKey(path)) {
        int line = marks.get(path).getLine() + 1;
        report(key, path, "each key once", Advice.hint("It is already set at line " + line + "."));
      } else {
        key.getStartMark().ifPresent(mark -> marks.put(path, mark));
        value(path, tuple.getValueNode());
      }
    }
  }

  private void value(String path, Node value) {
    boolean empty = value.getTag().equals(Tag.NULL);
    if (path.equals(FEATURES) && value instanceof SequenceNode list) {
      lists.put(path, names(path, list));
    } else if (path.equals(FEATURES) && !(value instanceof MappingNode) && !empty) {
      report(
          value,
          path,
          "a list of fields, or field and width",
          Advice.hint("Write [" + describe(value) + "] for one field of one number."));
      lists.put(path, Collections.singletonList(null));
    } else if (JobKey.in(path).isEmpty() && !path.equals(OPTIONS)) {
      if (value instanceof ScalarNode scalar && !empty) {
        texts.put(path, scalar.getValue());
        value.getStartMark().ifPresent(mark -> marks.put(path, mark));
      } else {
        report(
            value.getStartMark().orElse(null),
            path,
            empty ? Optional.empty() : Optional.of(describe(value)),
            "one value",
            Advice.NONE);
        texts.put(path, null);
      }
    } else if (value instanceof MappingNode mapping) {
      walk(path, mapping);
    } else if (empty) {
      marks.remove(path); // an empty section is the same as no section
    } else {
      String expected =
          path.equals(OPTIONS) ? "option: value" : "keys such as " + JobKey.in(path).get(0);
      report(value, path, expected + ", indented below it", Advice.NONE);
    }
  }

  private List<String> names(String path, SequenceNode list) {
    List<String> names = new ArrayList<>();
    for (Node item : list.getValue()) {
      if (item instanceof ScalarNode scalar && !item.getTag().equals(Tag.NULL)) {
        names.add(scalar.getValue());
      } else {
        report(item, path, "the name of a field as each item of the list", Advice.NONE);
        names.add(null);
      }
    }
    return names;
  }

  /** Reports that the value or section at a path is missing. */
  void reportMissing(String path, String expected) {
    report(nearestMark(path), path, Optional.empty(), expected, Advice.NONE);
  }

  /** Reports that the value or section at a path is not what was expected. */
  void report(String path, String found, String expected, Advice advice) {
    report(nearestMark(path), path, Optional.of(found), expected, advice);
  }

  /** Where a path is in the file, or the closest section around it; null if there is none. */
  private Mark nearestMark(String path) {
    Mark mark = marks.get(path);
    for (String up = path; mark == null && !up.isEmpty(); mark = marks.get(up)) {
      up = up.contains(".") ? up.substring(0, up.lastIndexOf('.')) : "";
    }
    return mark;
  }

  private void report(Node node, String path, String expected, Advice advice) {
    Mark mark = node.getStartMark().orElse(null);
    report(mark, path, Optional.of(describe(node)), expected, advice);
  }

  private void report(
      Mark mark, String path, Optional<String> found, String expected, Advice advice) {
    int line = mark == null ? 0 : mark.getLine() + 1;
    int column = mark == null ? 0 : mark.getColumn() + 1;
    diagnostics.add(new Diagnostic(line, column, path, found, expected, advice));
  }

  /** True if the file has keys and values. */
  boolean isMapping() {
    return isMapping;
  }

  /** All problems reported so far. */
  List<Diagnostic> diagnostics() {
    return diagnostics;
  }

  /** True if the file contains a key, whatever its value. */
  boolean has(JobKey key) {
    return has(key.path());
  }

  /** True if the file contains a key or section, whatever its value. */
  boolean has(String path) {
    return marks.containsKey(path);
  }

  /** True if the file contains a key with an unusable value, which has been reported. */
  boolean isBroken(JobKey key) {
    return texts.containsKey(key.path()) && texts.get(key.path()) == null;
  }

  /** The value of a key. */
  Optional<String> text(JobKey key) {
    return Optional.ofNullable(texts.get(key.path()));
  }

  /** The items of a key's list, null for an unusable item; empty if the value is not a list. */
  Optional<List<String>> list(JobKey key) {
    return Optional.ofNullable(lists.get(key.path()));
  }

  /** The values below {@code options}, by name. */
  Map<String, String> options() {
    Map<String, String> options = new LinkedHashMap<>();
    String begin = OPTIONS + ".";
    texts.forEach(
        (path, text) -> {
          if (path.startsWith(begin) && text != null) {
            options.put(path.substring(begin.length()), text);
          }
        });
    return options;
  }

  private static String describe(Node node) {
    if (node instanceof ScalarNode scalar) {
      return scalar.getValue();
    }
    return node instanceof SequenceNode ? "a list" : "keys and values";
  }
}
