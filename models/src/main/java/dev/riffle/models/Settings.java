package dev.riffle.models;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * The settings of a model, read from {@code config.json} or a golden file. Every getter throws a
 * {@link ModelException} if the setting is missing or has another type. The message names file,
 * setting and value.
 */
public final class Settings {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final int MOST = 1 << 24;
  private static final int MOST_LAYERS = 1 << 12;
  private static final BigInteger MOST_VALUES =
      BigInteger.valueOf(Integer.MAX_VALUE - 8); // an array

  private final JsonNode node;
  private final String where;
  private final String path;

  private Settings(JsonNode node, String where, String path) {
    this.node = node;
    this.where = where;
    this.path = path;
  }

  /**
   * Parses a JSON object. Duplicate names are an error.
   *
   * @param where name of the source, for messages
   */
  public static Settings parse(String json, String where) {
    JsonNode node;
    try {
      node = JSON.readTree(json);
    } catch (JacksonException e) {
      throw new ModelException(where + " is not valid JSON: " + e.getOriginalMessage(), e);
    }
    if (!node.isObject()) {
      throw new ModelException(where + " is not a JSON object but " + node.getNodeType() + ".");
    }
    return new Settings(node, where, "");
  }

  /** Returns the settings of a nested object. */
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

  /** Returns true if the setting exists and is not null. */
  public boolean given(String name) {
    return node.hasNonNull(name);
  }

  /** Returns a size: a whole number from 1 to 2^24. */
  public int size(String name) {
    return size(name, node.path(name), MOST);
  }

  /** Returns a number of layers or blocks: a whole number from 1 to 4096. */
  public int layers(String name) {
    return size(name, node.path(name), MOST_LAYERS);
  }

  private int size(String name, JsonNode value, int most) {
    if (!value.isInt() || value.intValue() < 1 || value.intValue() > most) {
      throw expected("a whole number from 1 to " + most, name);
    }
    return value.intValue();
  }

  /**
   * Checks that an array of these sizes can exist, before anything is allocated.
   *
   * @param what the array holds, for the message
   * @param factor number of values for each product of the settings
   * @param names sizes that are multiplied; missing settings are left out
   */
  public void checkProduct(String what, int factor, String... names) {
    BigInteger product = BigInteger.valueOf(factor);
    List<String> sizes = new ArrayList<>();
    for (String name : names) {
      if (has(name)) {
        product = product.multiply(BigInteger.valueOf(size(name)));
        sizes.add("'" + path + name + "' " + size(name));
      }
    }
    if (product.compareTo(MOST_VALUES) > 0) {
      throw new ModelException(
          String.format(
              "%s: settings %s need %d %s, but a model has at most %d. Correct the sizes.",
              where, String.join(" x ", sizes), product, what, MOST_VALUES));
    }
  }

  /** Returns one size, or a list of sizes. */
  public List<Integer> sizes(String name) {
    if (!node.path(name).isArray()) {
      return List.of(size(name));
    }
    List<Integer> values = new ArrayList<>();
    for (JsonNode value : node.path(name)) {
      if (!value.isInt() || value.intValue() < 1 || value.intValue() > MOST) {
        throw expected("whole numbers from 1 to " + MOST, name);
      }
      values.add(value.intValue());
    }
    return values;
  }

  /** Returns a finite number. */
  public double number(String name) {
    JsonNode value = node.path(name);
    if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
      throw expected("a finite number", name);
    }
    return value.doubleValue();
  }

  /** Returns a list of finite numbers. */
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

  /** Returns a text. */
  public String text(String name) {
    JsonNode value = node.path(name);
    if (!value.isTextual()) {
      throw expected("text", name);
    }
    return value.textValue();
  }

  /** Returns a list of texts. */
  public List<String> texts(String name) {
    List<String> values = new ArrayList<>();
    node.path(name).forEach(value -> values.add(value.textValue()));
    if (!node.path(name).isArray() || values.contains(null)) {
      throw expected("a list of texts", name);
    }
    return values;
  }

  /** Returns a boolean. */
  public boolean flag(String name) {
    JsonNode value = node.path(name);
    if (!value.isBoolean()) {
      throw expected("true or false", name);
    }
    return value.booleanValue();
  }

  /** Returns a copy with {@code object.name = text}; the object is created if it is missing. */
  public Settings with(String object, String name, String text) {
    ObjectNode copy = node.deepCopy();
    copy.withObject("/" + object).put(name, text);
    return new Settings(copy, where, path);
  }

  /**
   * Returns a copy with this setting added or replaced.
   *
   * @param value a number, text, boolean or Jackson tree
   */
  public Settings with(String name, Object value) {
    ObjectNode copy = node.deepCopy();
    copy.set(name, JSON.valueToTree(value));
    return new Settings(copy, where, path);
  }

  /** Returns a copy with all settings of another object, which take precedence. */
  public Settings with(Settings other) {
    ObjectNode copy = node.deepCopy();
    copy.setAll((ObjectNode) other.node);
    return new Settings(copy, where, path);
  }

  /** Returns a copy without this setting. */
  public Settings without(String name) {
    ObjectNode copy = node.deepCopy();
    copy.remove(name);
    return new Settings(copy, where, path);
  }

  /** Returns the settings as indented JSON. */
  public String toJson() {
    return node.toPrettyString() + "\n";
  }

  /** Creates an error: {@code file: setting 'lru.width' must be ..., but is ...}. */
  public ModelException expected(String what, String name) {
    JsonNode value = node.path(name);
    return new ModelException(
        String.format(
            "%s: setting '%s%s' must be %s, but is %s.",
            where, path, name, what, value.isMissingNode() ? "missing" : value));
  }
}
