package dev.riffle.models;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Precision;
import dev.riffle.kernels.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * A recurrent network as a stream uses it: each step of a sequence is one row of inputs. The model
 * predicts after each step, or only after the last step of each batch item; see {@link
 * #predictingAt}.
 *
 * <p>State bytes, little-endian:
 *
 * <pre>
 *   u8   version, 1
 *   u8   bytes of a number: 4 or 8
 *   ...  {@link RecurrentState}
 * </pre>
 */
public final class RecurrentStreamModel implements StreamModel<PredictionValues> {
  private static final byte VERSION = 1;
  private static final int HEADER = 2;

  /**
   * Rows that a long catch-up computes at once: few enough for a layer's values to stay in cache
   * (4096 rows of a model of width 256 took three times as long per row), enough to fill the lanes.
   */
  private static final int MAX_ROWS = 256;

  private final ModelInfo info;
  private final RecurrentModel model;
  private final PredictAt predictAt;

  /**
   * @param name as in the model's directory, like version, family and fingerprint
   */
  public RecurrentStreamModel(
      String name, String version, String family, String fingerprint, RecurrentModel model) {
    this(
        new ModelInfo(name, version, family, fingerprint, 0, stateBytes(model)),
        model,
        PredictAt.EVERY_STEP);
  }

  private RecurrentStreamModel(ModelInfo info, RecurrentModel model, PredictAt predictAt) {
    this.info = info;
    this.model = model;
    this.predictAt = predictAt;
  }

  static int stateBytes(RecurrentModel model) {
    return HEADER + RecurrentState.bytes(model.stateSizes(), model.kernels().precision());
  }

  @Override
  public ModelInfo info() {
    return info;
  }

  @Override
  public void check(Format format) {
    if (format.width() != model.inputs()) {
      throw new InputException(
          String.format(
              "Model %s reads %d values per step, but the sequence brings %d; send steps of width %d.",
              info.label(), model.inputs(), format.width(), model.inputs()));
    }
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
    private final Scratch work = new Scratch(kernels);
    private RecurrentState state = new RecurrentState(model, 1);
    private int[] starts = new int[2];
    private float[] values = new float[0]; // of predictions

    @Override
    public byte[] open(Format format) {
      RecurrentStreamModel.this.check(format);
      state.clear(0);
      ByteBuffer to = header();
      state.store(0, to);
      return to.array();
    }

    @Override
    public void advance(List<BatchItem<PredictionValues>> rows) {
      for (BatchItem<PredictionValues> row : rows) {
        RecurrentStreamModel.this.check(row.format);
        checkState(row.state);
        row.checkFinite(buffer(row.state).getLong(HEADER));
      }
      reserve(rows.size());
      state.load(rows.stream().map(row -> buffer(row.state).position(HEADER)).toList());
      int limit = Math.max(1, MAX_ROWS / Math.max(1, rows.size()));
      int longest = rows.stream().mapToInt(row -> row.steps).max().orElse(0);
      for (int left = (longest + limit - 1) / limit - 1; left >= 0; left--) {
        pack(rows, left * limit, limit);
        compute(
            rows, left > 0 && predictAt != PredictAt.EVERY_STEP ? PredictAt.NO_STEP : predictAt);
      }
      List<ByteBuffer> after = rows.stream().map(row -> header()).toList();
      state.store(after);
      for (int b = 0; b < rows.size(); b++) {
        rows.get(b).state = after.get(b).array();
      }
    }

    @Override
    public void finish(List<BatchItem<PredictionValues>> rows) {
      advance(rows);
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
    private void pack(List<BatchItem<PredictionValues>> rows, int later, int limit) {
      for (int b = 0; b < rows.size(); b++) {
        int left = Math.max(0, rows.get(b).steps - later);
        starts[b + 1] = starts[b] + Math.min(left, limit);
      }
      int width = model.inputs();
      Tensor x = work.tensor("stream.x", starts[rows.size()] * width);
      for (int b = 0; b < rows.size(); b++) {
        BatchItem<PredictionValues> row = rows.get(b);
        int steps = starts[b + 1] - starts[b];
        if (steps > 0) {
          int from = row.offset + (row.steps - later - steps) * width;
          kernels.write(row.values, from, x, starts[b] * width, steps * width);
        }
      }
    }

    private void compute(List<BatchItem<PredictionValues>> rows, PredictAt at) {
      Block block = new Block(work.tensor("stream.x", 0), starts, rows.size());
      int count =
          switch (at) {
            case EVERY_STEP -> block.rows();
            case LAST_STEP -> block.sequences();
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
      for (int b = 0; b < rows.size(); b++) {
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
          rows.get(b).predictions.add(new Prediction<>(first + t + 1, own));
        }
      }
    }

    /** Room for the bytes of a state, the first of them written. */
    private ByteBuffer header() {
      ByteBuffer to = buffer(new byte[info.stateBytes()]);
      return to.put(VERSION).put((byte) kernels.precision().bytes());
    }

    private void checkState(byte[] stored) {
      if (stored.length < HEADER || stored[0] != VERSION) {
        throw StateException.version(info, VERSION, stored);
      }
      Precision precision = kernels.precision();
      if (stored[1] != precision.bytes()) {
        throw new StateException(
            String.format(
                "The state holds numbers of %d bytes, backend '%s' of model %s computes with %d"
                    + " (%s); continue on the backend that wrote it, or begin the sequence anew.",
                stored[1], kernels.name(), info.label(), precision.bytes(), precision));
      }
      if (stored.length != info.stateBytes()) {
        throw StateException.size(info, info.stateBytes(), stored);
      }
    }

    private ByteBuffer buffer(byte[] bytes) {
      return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
  }
}
