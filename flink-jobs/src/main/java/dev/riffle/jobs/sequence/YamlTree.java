package dev.riffle.jobs.sequence;

import dev.riffle.models.weights.Suggestions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
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
 * A file's values under their paths, with their places. What does not fit the keys of {@link
 * JobKey} is noted as a mistake and left out; the rest can still be read.
 */
final class YamlTree {
  private static final String OPTIONS = JobKey.OPTIONS.path();
  private static final String FEATURES = JobKey.FEATURES.path();

  private final Map<String, String> texts = new LinkedHashMap<>();
  private final Map<String, List<String>> lists = new LinkedHashMap<>();
  private final Map<String, Mark> places = new LinkedHashMap<>();
  private final List<Diagnostic> mistakes = new ArrayList<>();
  private boolean isMapping;

  YamlTree(String yaml) {
    Optional<Node> root = compose(yaml);
    if (root.isEmpty()) {
      if (mistakes.isEmpty()) {
        mistakes.add(new Diagnostic(1, 1, "", null, "keys and values", null, null));
      }
    } else if (root.get() instanceof MappingNode mapping) {
      isMapping = true;
      walk("", mapping);
    } else {
      note(root.get(), "", describe(root.get()), "keys and values", null, null);
    }
  }

  private Optional<Node> compose(String yaml) {
    try {
      return new Compose(LoadSettings.builder().build()).composeString(yaml);
    } catch (MarkedYamlEngineException e) {
      Mark mark = e.getProblemMark().or(e::getContextMark).orElse(null);
      String context = e.getContext() == null ? "" : e.getContext() + ", ";
      note(mark, "", context + e.getProblem(), "valid YAML", null, "Check indents and quotes.");
    } catch (YamlEngineException e) {
      note((Mark) null, "", e.getMessage(), "valid YAML", null, null);
    }
    return Optional.empty();
  }

  private void walk(String section, MappingNode mapping) {
    mapping.getStartMark().ifPresent(mark -> places.putIfAbsent(section, mark));
    for (NodeTuple tuple : mapping.getValue()) {
      Node key = tuple.getKeyNode();
      if (!(key instanceof ScalarNode name)) {
        note(key, section, describe(key), "a name before the colon", null, null);
        continue;
      }
      String path = section.isEmpty() ? name.getValue() : section + "." + name.getValue();
      List<String> known = section.equals(OPTIONS) ? null : JobKey.in(section);
      if (known != null && !known.contains(name.getValue())) {
        String near = Suggestions.of(name.getValue(), known).orElse(null);
        note(key, section, name.getValue(), "one of " + String.join(", ", known), near, null);
      } else if (places.containsKey(path)) {
        String first = "It stands at line " + (places.get(path).getLine() + 1) + " already.";
        note(key, path, name.getValue(), "each key once", null, first);
      } else {
        key.getStartMark().ifPresent(mark -> places.put(path, mark));
        value(path, tuple.getValueNode());
      }
    }
  }

  private void value(String path, Node value) {
    boolean empty = value.getTag().equals(Tag.NULL);
    if (path.equals(FEATURES) && value instanceof SequenceNode list) {
      lists.put(path, names(path, list));
    } else if (path.equals(FEATURES) && !(value instanceof MappingNode) && !empty) {
      note(
          value,
          path,
          describe(value),
          "a list of fields, or field and width",
          null,
          "Write [" + describe(value) + "] for one field of one number.");
      lists.put(path, Collections.singletonList(null));
    } else if (JobKey.in(path).isEmpty() && !path.equals(OPTIONS)) {
      if (value instanceof ScalarNode scalar && !empty) {
        texts.put(path, scalar.getValue());
        value.getStartMark().ifPresent(mark -> places.put(path, mark));
      } else {
        note(value, path, empty ? null : describe(value), "one value", null, null);
        texts.put(path, null);
      }
    } else if (value instanceof MappingNode mapping) {
      walk(path, mapping);
    } else if (empty) {
      places.remove(path); // a section of nothing is none
    } else {
      String expected =
          path.equals(OPTIONS) ? "option: value" : "keys such as " + JobKey.in(path).get(0);
      note(value, path, describe(value), expected + ", indented below it", null, null);
    }
  }

  private List<String> names(String path, SequenceNode list) {
    List<String> names = new ArrayList<>();
    for (Node item : list.getValue()) {
      if (item instanceof ScalarNode scalar && !item.getTag().equals(Tag.NULL)) {
        names.add(scalar.getValue());
      } else {
        note(item, path, describe(item), "a field's name in each place of the list", null, null);
        names.add(null);
      }
    }
    return names;
  }

  /** Notes what is wrong with the value or section of this path. */
  void note(String path, String found, String expected, String nearest, String cure) {
    Mark mark = places.get(path);
    for (String up = path; mark == null && !up.isEmpty(); mark = places.get(up)) {
      up = up.contains(".") ? up.substring(0, up.lastIndexOf('.')) : "";
    }
    note(mark, path, found, expected, nearest, cure);
  }

  private void note(
      Node node, String path, String found, String expected, String nearest, String cure) {
    note(node.getStartMark().orElse(null), path, found, expected, nearest, cure);
  }

  private void note(
      Mark mark, String path, String found, String expected, String nearest, String cure) {
    int line = mark == null ? 0 : mark.getLine() + 1;
    int column = mark == null ? 0 : mark.getColumn() + 1;
    mistakes.add(new Diagnostic(line, column, path, found, expected, nearest, cure));
  }

  /** True if there is anything to read. */
  boolean isMapping() {
    return isMapping;
  }

  /** All that was noted so far. */
  List<Diagnostic> mistakes() {
    return mistakes;
  }

  /** True if a key stands in the file, whatever its value. */
  boolean has(JobKey key) {
    return has(key.path());
  }

  /** True if a key or section stands in the file, whatever its value. */
  boolean has(String path) {
    return places.containsKey(path);
  }

  /** True if a key stands in the file with a value that cannot be used, which was noted. */
  boolean isBroken(JobKey key) {
    return texts.containsKey(key.path()) && texts.get(key.path()) == null;
  }

  /** The value of a key; null if there is none. */
  String text(JobKey key) {
    return texts.get(key.path());
  }

  /** The items of a list, null for one that cannot be used; null if it is no list. */
  List<String> list(JobKey key) {
    return lists.get(key.path());
  }

  /** What stands below {@code options}, by name. */
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
