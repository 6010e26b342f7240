package dev.riffle.jobs.health;

/**
 * How busy the tasks of a job are.
 *
 * @param operator with the busiest task, without the source
 * @param busy part of the time in which this task computes, 0 to 1
 * @param sourceWaits part of the time in which the source cannot send because of back-pressure, 0
 *     to 1
 */
public record Load(String operator, double busy, double sourceWaits) {
  boolean isBackPressured() {
    return sourceWaits >= 0.5;
  }

  boolean isWell() {
    return sourceWaits < 0.2;
  }
}
