package dev.riffle.dna;

import java.util.HashMap;
import java.util.Map;

/**
 * Numbers names that come again: {@code a}, {@code a.2}, {@code a.3}. The time for each name does
 * not depend on how often it came before. For one thread.
 */
public final class UniqueNames {
  private final Map<String, Integer> times = new HashMap<>(); // how often each name was given

  /** Number of different names. */
  public int size() {
    return times.size();
  }

  /** The name, or the name with a number if it was returned before. */
  public String of(String name) {
    Integer given = times.putIfAbsent(name, 1);
    if (given == null) {
      return name;
    }
    int number = given + 1;
    while (times.putIfAbsent(name + "." + number, 1) != null) {
      number++;
    }
    times.put(name, number);
    return name + "." + number;
  }
}
