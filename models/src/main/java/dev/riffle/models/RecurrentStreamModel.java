package dev.riffle.models;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A stream model over a {@link RecurrentModel}. The model predicts after each step, or only after
 * the last step of each batch item; see {@link #predictingAt}.
 *
 * <p>State bytes: {@link StateHeader}, then {@link RecurrentState}.
 */
public final class RecurrentStreamModel implements StreamModel<PredictionValues> {
  /**
   * Rows of one call during a long catch-up. The values of a layer must fit into the cache: with
   * 4096 rows, a model of width 256 took three times as long per row. 256 rows fill the SIMD lanes.
   */
  private static final int MAX_ROWS = 256;

  private final ModelInfo info;
  private final RecurrentModel model;
  private final PredictAt predictAt;

  /**
   * @param identity of the model; the size of its state is that of this network
   */
  public RecurrentStreamModel(ModelInfo identity, RecurrentModel model) {
    this(identity.withStateBytes(stateBytes(model)), model, PredictAt.EVERY_STEP);
  }

  private RecurrentStreamModel(ModelInfo info, RecurrentModel model, PredictAt predictAt) {
    this.info = info;
    this.model = model;
    this.predictAt = predictAt;
  }

  static int stateBytes(RecurrentModel model) {
    return StateHeader.BYTES
        + RecurrentState.bytes(model.stateSizes(), model.kernels().precision());
  }

  @Override
  public ModelInfo info() {
    return info;
  }

  @Override
  public void check(Format format) {
    format.checkWidth(model.inputs(), info.label(), model.inputs() + " values per step");
  }

  @Override
  public StreamModel<PredictionValues> predictingAt(PredictAt other) {
    return new RecurrentStreamModel(info, model, other);
  }

  @Override
  public StreamRunner<PredictionValues> newRunner() {
    return new Runner();
  }

  private final class Runner implements StreamRunner<PredictionValues> {
    private final Kernels kernels = model.kernels();
    private final StateHeader header = new StateHeader(info, kernels);
    private final Scratch work = new Scratch(kernels);
    private RecurrentState state = new RecurrentState(model, 1);
    private int[] starts = new int[2];
    private float[] values = new float[0]; // of predictions

    @Override
    public byte[] open(Format format) {
      RecurrentStreamModel.this.check(format);
      state.clear(0);
      ByteBuffer to = header.newState(info.stateBytes());
      state.store(List.of(to));
      return to.array();
    }

    @Override
    public void advance(List<BatchItem<PredictionValues>> items) {
      List<ByteBuffer> before = new ArrayList<>(items.size());
      for (BatchItem<PredictionValues> item : items) {
        RecurrentStreamModel.this.check(item.format);
        ByteBuffer from = header.read(item.state);
        if (item.state.length != info.stateBytes()) {
          throw StateException.size(info, info.stateBytes(), item.state);
        }
        item.checkFinite(from.getLong(StateHeader.BYTES));
        before.add(from);
      }
      reserve(items.size());
      state.load(before);
      int limit = Math.max(1, MAX_ROWS / Math.max(1, items.size()));
      int longest = items.stream().mapToInt(item -> item.steps).max().orElse(0);
      for (int left = (longest + limit - 1) / limit - 1; left >= 0; left--) {
        pack(items, left * limit, limit);
        compute(
            items, left > 0 && predictAt != PredictAt.EVERY_STEP ? PredictAt.NO_STEP : predictAt);
      }
      List<ByteBuffer> after =
          items.stream().map(item -> header.newState(info.stateBytes())).toList();
      state.store(after);
      for (int b = 0; b < items.size(); b++) {
        items.get(b).state = after.get(b).array();
      }
    }

    @Override
    public void finish(List<BatchItem<PredictionValues>> items) {
      advance(items);
    }

    @Override
    public void warmUp(int slots) {
      Format format = new Format(0, model.inputs());
      advance(List.of(new BatchItem<>(format, open(format), new float[model.inputs()], 0, 1)));
    }

    private void reserve(int sequences) {
      if (state.sequences() < sequences) {
        state = new RecurrentState(model, Math.max(sequences, 2 * state.sequences()));
        starts = new int[state.sequences() + 1];
      }
    }

    /**
     * Packs up to {@code limit} steps of each item, ahead of its last {@code later} ones: so the
     * last steps of all items are in the last block.
     */
    private void pack(List<BatchItem<PredictionValues>> items, int later, int limit) {
      for (int b = 0; b < items.size(); b++) {
        int left = Math.max(0, items.get(b).steps - later);
        starts[b + 1] = starts[b] + Math.min(left, limit);
      }
      int width = model.inputs();
      Tensor x = work.tensor("stream.x", starts[items.size()] * width);
      for (int b = 0; b < items.size(); b++) {
        BatchItem<PredictionValues> item = items.get(b);
        int steps = starts[b + 1] - starts[b];
        if (steps > 0) {
          int from = item.offset + (item.steps - later - steps) * width;
          kernels.write(item.values, from, x, starts[b] * width, steps * width);
        }
      }
    }

    private void compute(List<BatchItem<PredictionValues>> items, PredictAt at) {
      PackedSequences sequences = new PackedSequences(starts, items.size());
      Block block = new Block(work.tensor("stream.x", 0), sequences);
      int count =
          switch (at) {
            case EVERY_STEP -> block.rows();
            case LAST_STEP -> block.count();
            case NO_STEP -> 0;
          };
      int width = model.outputs();
      Tensor y = work.tensor("stream.y", count * width);
      model.advance(block, state, at, y, work);
      if (at == PredictAt.NO_STEP) {
        return;
      }
      if (values.length < count * width) {
        values = new float[count * width];
      }
      kernels.read(y, 0, values, 0, count * width);
      boolean every = at == PredictAt.EVERY_STEP;
      for (int b = 0; b < items.size(); b++) {
        int steps = block.steps(b);
        int predicted = every ? steps : Math.min(1, steps);
        long first = state.counts()[b] - predicted;
        for (int t = 0; t < predicted; t++) {
          int from = ((every ? starts[b] : b) + t) * width;
          PredictionValues own =
              new PredictionValues(
                  Arrays.copyOfRange(values, from, from + width),
                  model.outputShape(),
                  first + t,
                  1);
          items.get(b).predictions.add(new Prediction<>(first + t + 1, own));
        }
      }
    }
  }
}
