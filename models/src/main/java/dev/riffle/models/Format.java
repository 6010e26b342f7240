package dev.riffle.models;

import java.util.Map;

/**
 * What the steps of a sequence are. The format is fixed for the life of a session, apart from
 * changes that {@link StreamModel#continues} permits.
 *
 * @param rate steps per second; 0 if the time between steps has no meaning
 * @param width values per step
 * @param attributes properties of the whole sequence that are not values of a step, such as a
 *     genetic code or a channel; immutable, usually empty. Two formats are equal only if their
 *     attributes are.
 */
public record Format(int rate, int width, Map<String, String> attributes) {

  /**
   * @throws NullPointerException if a name or a value of an attribute is null
   */
  public Format {
    attributes = Map.copyOf(attributes);
  }

  /** A format without attributes. */
  public Format(int rate, int width) {
    this(rate, width, Map.of());
  }
}
