package dev.riffle.models;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * The settings of a model, as its {@code config.json} or a golden file has them. Every method is a
 * {@link ModelException} if the setting is missing or of another kind than asked for; its message
 * names file, setting and value.
 */
public final class Settings {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final JsonNode node;
  private final String where;
  private final String path;

  private Settings(JsonNode node, String where, String path) {
    this.node = node;
    this.where = where;
    this.path = path;
  }

  /**
   * Reads an object of JSON; a name that stands twice is refused.
   *
   * @param where what messages call it
   */
  public static Settings parse(String json, String where) {
    JsonNode node;
    try {
      node = JSON.readTree(json);
    } catch (JacksonException e) {
      throw new ModelException(where + " is not valid JSON: " + e.getOriginalMessage(), e);
    }
    if (!node.isObject()) {
      throw new ModelException(where + " is not an object of JSON but " + node.getNodeType() + ".");
    }
    return new Settings(node, where, "");
  }

  /** The settings within an object. */
  public Settings under(String name) {
    JsonNode inner = node.path(name);
    if (!inner.isObject()) {
      throw expected("an object", name);
    }
    return new Settings(inner, where, path + name + ".");
  }

  public boolean has(String name) {
    return node.has(name);
  }

  /** True if it is there and not null. */
  public boolean given(String name) {
    return node.hasNonNull(name);
  }

  /** A whole number from 1 to 2^24: a size. */
  public int size(String name) {
    JsonNode value = node.path(name);
    if (!value.isInt() || value.intValue() < 1 || value.intValue() > 1 << 24) {
      throw expected("a whole number from 1 to " + (1 << 24), name);
    }
    return value.intValue();
  }

  /** A finite number. */
  public double number(String name) {
    JsonNode value = node.path(name);
    if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
      throw expected("a finite number", name);
    }
    return value.doubleValue();
  }

  /** A list of finite numbers. */
  public double[] numbers(String name) {
    JsonNode list = node.path(name);
    double[] values = new double[list.size()];
    boolean ok = list.isArray();
    for (int i = 0; ok && i < values.length; i++) {
      values[i] = list.get(i).doubleValue();
      ok = list.get(i).isNumber() && Double.isFinite(values[i]);
    }
    if (!ok) {
      throw expected("a list of finite numbers", name);
    }
    return values;
  }

  /** Text. */
  public String text(String name) {
    JsonNode value = node.path(name);
    if (!value.isTextual()) {
      throw expected("text", name);
    }
    return value.textValue();
  }

  /** A list of texts. */
  public List<String> texts(String name) {
    List<String> values = new ArrayList<>();
    node.path(name).forEach(value -> values.add(value.textValue()));
    if (!node.path(name).isArray() || values.contains(null)) {
      throw expected("a list of texts", name);
    }
    return values;
  }

  /** True or false. */
  public boolean flag(String name) {
    JsonNode value = node.path(name);
    if (!value.isBoolean()) {
      throw expected("true or false", name);
    }
    return value.booleanValue();
  }

  /** A copy with {@code object.name = text} added; the object is made if there is none. */
  public Settings with(String object, String name, String text) {
    ObjectNode copy = node.deepCopy();
    copy.withObject("/" + object).put(name, text);
    return new Settings(copy, where, path);
  }

  /**
   * A copy with this setting added, or changed.
   *
   * @param value a number, text, true or false, or a tree of Jackson's
   */
  public Settings with(String name, Object value) {
    ObjectNode copy = node.deepCopy();
    copy.set(name, JSON.valueToTree(value));
    return new Settings(copy, where, path);
  }

  /** A copy with all settings of another; where both have one, it is the other's. */
  public Settings with(Settings other) {
    ObjectNode copy = node.deepCopy();
    copy.setAll((ObjectNode) other.node);
    return new Settings(copy, where, path);
  }

  /** A copy without this setting. */
  public Settings without(String name) {
    ObjectNode copy = node.deepCopy();
    copy.remove(name);
    return new Settings(copy, where, path);
  }

  /** As text, indented. */
  public String toJson() {
    return node.toPrettyString() + "\n";
  }

  /** An error about a setting: {@code file: setting 'lru.width' must be ..., but is ...}. */
  public ModelException expected(String what, String name) {
    JsonNode value = node.path(name);
    return new ModelException(
        String.format(
            "%s: setting '%s%s' must be %s, but is %s.",
            where, path, name, what, value.isMissingNode() ? "missing" : value));
  }
}
