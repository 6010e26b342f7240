package dev.riffle.jobs.health;

/**
 * Offsets of the input topic, summed over the partitions of which the job has committed offsets.
 *
 * @param committed by the job's consumer group, with the last checkpoint
 * @param end after the newest record
 */
public record Offsets(long committed, long end) {
  long behind() {
    return Math.max(0, end - committed);
  }
}
