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

  /**
   * Checks the width of the steps.
   *
   * @param model the model, for the message
   * @param reads the input of the model, for the message
   * @throws InputException if the steps have another width
   */
  void checkWidth(int expected, String model, String reads) {
    if (width != expected) {
      throw new InputException(
          String.format(
              "Model %s reads %s, but the sequence brings %d values per step. Send steps of width"
                  + " %d.",
              model, reads, width, expected));
    }
  }
}
