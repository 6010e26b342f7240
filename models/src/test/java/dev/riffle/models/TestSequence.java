package dev.riffle.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;

/** A sequence of a test: its steps, its state, and its predictions so far. */
final class TestSequence {
  final float[] steps;
  final List<Prediction<PredictionValues>> predictions = new ArrayList<>();
  byte[] state;
  private final Format format;
  private int at;

  TestSequence(StreamRunner<PredictionValues> runner, Format format, float[] steps) {
    this.format = format;
    this.steps = steps;
    this.state = runner.open(format);
  }

  /** Returns the number of steps that are still to come. */
  int left() {
    return steps.length / format.width() - at;
  }

  void advance(StreamRunner<PredictionValues> runner, int count) {
    BatchItem<PredictionValues> item = next(count);
    runner.advance(List.of(item));
    take(item);
  }

  /** Consumes all remaining steps and ends the sequence. */
  void finish(StreamRunner<PredictionValues> runner) {
    BatchItem<PredictionValues> item = next(left());
    runner.finish(List.of(item));
    take(item);
  }

  /** Returns a batch item of the next steps. */
  BatchItem<PredictionValues> next(int count) {
    return new BatchItem<>(format, state, steps, at * format.width(), count);
  }

  /** Takes state and predictions from a computed batch item. */
  void take(BatchItem<PredictionValues> item) {
    at += item.steps;
    state = item.state;
    predictions.addAll(item.predictions);
  }

  /** Takes states and predictions from computed batch items, one for each sequence. */
  static void take(List<TestSequence> sequences, List<BatchItem<PredictionValues>> items) {
    for (int b = 0; b < items.size(); b++) {
      sequences.get(b).take(items.get(b));
    }
  }

  void isLike(TestSequence other) {
    assertThat(predictions).isEqualTo(other.predictions);
    assertThat(state).isEqualTo(other.state);
  }
}
