package dev.riffle.cli.demo;

import dev.riffle.cli.shared.Percentiles;
import dev.riffle.schemas.record.Latency;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where the time went between a note and its record, part by part. */
final class Latencies {
  /** In the order of a record's way. */
  enum Part {
    ALGORITHMIC("sound after the onset that the model needs"),
    QUEUE("waiting for the model"),
    COMPUTE("the batch that emitted it"),
    TRANSPORT("rest of the chunk, Kafka in, Flink, Kafka out"),
    VISIBLE("from the onset to the record in hand");

    final String meaning;

    Part(String meaning) {
      this.meaning = meaning;
    }
  }

  private final Map<Part, List<Double>> millis = new LinkedHashMap<>();

  /**
   * Adds a note.
   *
   * @param seen when its record came; null where the sound was not played in real time, so that the
   *     clock says nothing
   * @return the visible latency in milliseconds, NaN without {@code seen}
   */
  double add(Latency l, Instant seen) {
    double algorithmic = l.getAlgorithmicMicros() / 1e3;
    double queue = l.getQueueMicros() / 1e3;
    double compute = l.getComputeMicros() / 1e3;
    put(Part.ALGORITHMIC, algorithmic);
    put(Part.QUEUE, queue);
    put(Part.COMPUTE, compute);
    if (seen == null) {
      return Double.NaN;
    }
    double visible = ChronoUnit.MICROS.between(l.getOnsetCaptureTime(), seen) / 1e3;
    put(Part.TRANSPORT, visible - algorithmic - queue - compute);
    put(Part.VISIBLE, visible);
    return visible;
  }

  private void put(Part part, double value) {
    millis.computeIfAbsent(part, p -> new ArrayList<>()).add(value);
  }

  /** Number of notes. */
  int count() {
    return millis.getOrDefault(Part.COMPUTE, List.of()).size();
  }

  /** Parts that were measured. */
  Iterable<Part> parts() {
    return millis.keySet();
  }

  /** The value that this share of the notes does not exceed, in milliseconds. */
  double percentile(Part part, double share) {
    return Percentiles.of(millis.get(part), share).orElseThrow();
  }
}
