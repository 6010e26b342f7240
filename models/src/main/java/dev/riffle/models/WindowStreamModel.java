package dev.riffle.models;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * A network over windows as a stream uses it. Window k holds the steps from {@code k stride} on; it
 * is computed when its last step has come, and its answers carry that position. When a sequence
 * ends while steps are untold, the window that had begun is computed with the steps it has.
 *
 * <p>A model that answers a window once brings one answer, which speaks of the window's steps. Of a
 * model that answers each step, each step is told once, by the window in whose middle it lies:
 *
 * <pre>
 *   window 0   [--- told ---|..]          length 6, stride 3: half of what windows share on
 *   window 1         [.|--- told ---|..]  either side; the first window tells its head, the one
 *   at the end             [.|- told -]   at the end its tail
 * </pre>
 *
 * <p>Tokens travel as values that are whole numbers, which floats hold exactly up to 2^24.
 *
 * <p>State bytes, little-endian:
 *
 * <pre>
 *   u8   version, 1
 *   u8   bytes of a number: 4, on any backend
 *   i64  steps consumed
 *   i32  length
 *   i32  stride, 0 for one window per sequence
 *   f32  the steps that windows to come need, {@code [at most length - 1, inputs]}
 * </pre>
 */
public final class WindowStreamModel implements StreamModel<PredictionValues> {
  private static final byte VERSION = 1;
  private static final int COUNT = 2; // byte at which the steps consumed stand
  private static final int LENGTH = COUNT + Long.BYTES;
  private static final int STRIDE = LENGTH + Integer.BYTES;
  private static final int HEADER = STRIDE + Integer.BYTES;
  private static final int ARRAY = Integer.MAX_VALUE - 8;

  /**
   * Values of the largest tensor of a batch, 64 MiB of floats, unless one window takes more: enough
   * rows for any device, and no more memory than a long window takes by itself.
   */
  private static final long MAX_VALUES = 1 << 24;

  private final ModelInfo info;
  private final WindowModel model;
  private final WindowOptions options;

  /**
   * @param name as in the model's directory, like version, family and fingerprint
   * @throws ModelException if the model cannot have windows of this length
   */
  public WindowStreamModel(
      String name,
      String version,
      String family,
      String fingerprint,
      WindowModel model,
      WindowOptions options) {
    this.model = model;
    this.options = options;
    String label = name + "/" + version;
    try {
      model.check(options.length());
    } catch (InputException e) {
      throw new ModelException(
          String.format(
              "Model %s cannot have windows of %d steps: %s",
              label, options.length(), e.getMessage()),
          e);
    }
    long state = stateBytes(model, options.length() - 1);
    long values = Math.max(values(options.length()), state);
    if (values > ARRAY) {
      throw new ModelException(
          String.format(
              "Model %s needs an array of %d for a window of %d steps, and one holds %d (2^31 - 9);"
                  + " choose a shorter window.",
              label, values, options.length(), ARRAY));
    }
    this.info =
        new ModelInfo(
            name,
            version,
            family,
            fingerprint + "/" + options.length() + "/" + options.stride(),
            0,
            (int) state);
  }

  static long stateBytes(WindowModel model, long steps) {
    return HEADER + steps * model.inputs() * Float.BYTES;
  }

  /** Values of the largest array that a window takes, its input and answers among them. */
  private long values(int length) {
    long ends = (long) length * Math.max(model.inputs(), model.outputs());
    return Math.max(model.values(length), ends);
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
              "Model %s reads %s, but the sequence brings %d values per step; send steps of width"
                  + " %d.",
              info.label(),
              model.tokens() > 0 ? "one token per step" : model.inputs() + " values per step",
              format.width(),
              model.inputs()));
    }
  }

  /** Windows that the row completes, and that which it ends. */
  @Override
  public int slots(BatchItem<PredictionValues> row, boolean finish) {
    if (row.state.length < HEADER) {
      return 0; // advance refuses it
    }
    long before = buffer(row.state).getLong(COUNT);
    long after = before + row.steps;
    int full = (int) (options.next(after) - options.next(before));
    return full + (finish && told(after) < after ? 1 : 0);
  }

  @Override
  public StreamRunner<PredictionValues> newRunner() {
    return new Runner();
  }

  /** The first step that window k tells, where each step is told. */
  private long head(long k) {
    return k == 0 ? 0 : options.begin(k) + options.overlap() / 2;
  }

  /**
   * Steps that all windows complete after {@code steps} steps have spoken of, and what lies
   * between.
   */
  private long told(long steps) {
    long k = options.next(steps);
    if (model.predictsEachStep() || k == 0) {
      return head(k);
    }
    // where windows are answered once, those before have spoken of what they share with this one
    return options.begin(k) + options.overlap();
  }

  /** The steps of a row that can be had: those that its state keeps, then those that came. */
  private final class Stretch {
    final BatchItem<PredictionValues> row;
    final FloatBuffer kept; // [before - first, inputs]
    final long first; // step
    final long before; // steps that had been consumed
    final long after;

    Stretch(BatchItem<PredictionValues> row) {
      WindowStreamModel.this.check(row.format);
      byte[] stored = row.state;
      if (stored.length < 1 || stored[0] != VERSION) {
        throw StateException.version(info, VERSION, stored);
      }
      ByteBuffer from = buffer(stored);
      boolean whole = stored.length >= HEADER;
      this.row = row;
      this.before = whole ? from.getLong(COUNT) : 0;
      this.after = before + row.steps;
      this.first = options.begin(options.next(before));
      if (whole
          && (from.getInt(LENGTH) != options.length() || from.getInt(STRIDE) != options.stride())) {
        throw new StateException(
            String.format(
                "The state belongs to windows of %d steps at a stride of %d, model %s runs with %d"
                    + " and %d; go on with those of the state, or begin the sequence anew.",
                from.getInt(LENGTH),
                from.getInt(STRIDE),
                info.label(),
                options.length(),
                options.stride()));
      }
      long expected = stateBytes(model, Math.max(0, before - first));
      if (stored.length != expected) {
        throw StateException.size(info, expected, stored);
      }
      this.kept = from.position(HEADER).slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
      if (model.tokens() > 0) {
        checkTokens();
      } else {
        row.checkFinite(before);
      }
    }

    private void checkTokens() {
      for (int i = 0; i < row.steps; i++) {
        float value = row.values[row.offset + i];
        if (!(value >= 0 && value < model.tokens() && value == Math.rint(value))) {
          throw new InputException(
              String.format(
                  "Step %d of the sequence must be a token, a whole number from 0 to %d, but is %s.",
                  before + i, model.tokens() - 1, value));
        }
      }
    }

    /** Copies steps from {@code from} on. */
    void copy(long from, int steps, FloatBuffer to) {
      int width = model.inputs();
      int old = (int) Math.max(0, Math.min(steps, before - from));
      if (old > 0) {
        to.put(kept.slice((int) (from - first) * width, old * width));
      }
      if (steps > old) {
        int at = row.offset + (int) (from + old - before) * width;
        to.put(row.values, at, (steps - old) * width);
      }
    }

    /** State after the last step. */
    byte[] state() {
      long next = options.begin(options.next(after));
      int steps = (int) Math.max(0, after - next);
      ByteBuffer to = empty(after, steps);
      copy(next, steps, to.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer());
      return to.array();
    }
  }

  /** A state with its header written and room for so many steps. */
  private ByteBuffer empty(long count, int steps) {
    ByteBuffer to = buffer(new byte[(int) stateBytes(model, steps)]);
    to.put(VERSION).put((byte) Float.BYTES).putLong(count);
    return to.putInt(options.length()).putInt(options.stride());
  }

  private static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * A window to compute, and the steps of it that are told.
   *
   * @param begin its first step
   * @param steps its true length
   * @param from the first step that is told
   * @param to behind the last
   */
  private record Window(Stretch stretch, long begin, int steps, long from, long to) {}

  private final class Runner implements StreamRunner<PredictionValues> {
    private final Kernels kernels = model.kernels();
    private final Scratch work = new Scratch(kernels);
    private float[] values = new float[0];
    private float[] answers = new float[0];

    @Override
    public byte[] open(Format format) {
      WindowStreamModel.this.check(format);
      return empty(0, 0).array();
    }

    @Override
    public void advance(List<BatchItem<PredictionValues>> rows) {
      run(rows, false);
    }

    @Override
    public void finish(List<BatchItem<PredictionValues>> rows) {
      run(rows, true);
    }

    @Override
    public void warmUp(int slots) {
      Format format = new Format(0, model.inputs());
      float[] zeros = new float[options.length() * model.inputs()];
      List<BatchItem<PredictionValues>> rows = new ArrayList<>(slots);
      for (int b = 0; b < slots; b++) {
        rows.add(new BatchItem<>(format, open(format), zeros, 0, options.length()));
      }
      advance(rows);
    }

    private void run(List<BatchItem<PredictionValues>> rows, boolean finish) {
      List<Stretch> stretches = new ArrayList<>(rows.size());
      for (BatchItem<PredictionValues> row : rows) {
        stretches.add(new Stretch(row));
      }
      List<Window> full = new ArrayList<>();
      for (Stretch stretch : stretches) {
        long end = options.next(stretch.after);
        for (long k = options.next(stretch.before); k < end; k++) {
          full.add(window(stretch, k));
        }
      }
      compute(full);
      if (finish) {
        List<Window> rest = new ArrayList<>();
        for (Stretch stretch : stretches) {
          Window last = rest(stretch);
          if (last != null) {
            rest.add(last);
          }
        }
        rest.sort(Comparator.comparingInt(w -> model.bin(w.steps)));
        compute(rest);
      }
      for (Stretch stretch : stretches) {
        stretch.row.state = stretch.state();
      }
    }

    /** A complete window. */
    private Window window(Stretch stretch, long k) {
      long begin = options.begin(k);
      long behind = begin + options.length();
      if (!model.predictsEachStep()) {
        return new Window(stretch, begin, options.length(), begin, behind);
      }
      long to = Math.min(behind, head(k + 1));
      return new Window(stretch, begin, options.length(), head(k), to);
    }

    /** The window that has begun and tells what is untold; null if there is nothing to tell. */
    private Window rest(Stretch stretch) {
      long told = told(stretch.after);
      if (stretch.after <= told) {
        return null;
      }
      long begin = options.begin(options.next(stretch.after));
      int steps = (int) (stretch.after - begin);
      return new Window(
          stretch, begin, steps, model.predictsEachStep() ? told : begin, stretch.after);
    }

    /** Computes windows in batches of one bin, none too large. */
    private void compute(List<Window> windows) {
      int from = 0;
      while (from < windows.size()) {
        int bin = model.bin(windows.get(from).steps);
        long size = 0;
        int to = from;
        while (to < windows.size() && model.bin(windows.get(to).steps) == bin) {
          size += values(windows.get(to).steps);
          if (to > from && size > MAX_VALUES) {
            break;
          }
          to++;
        }
        forward(windows.subList(from, to));
        from = to;
      }
    }

    private void forward(List<Window> windows) {
      int[] starts = new int[windows.size() + 1];
      for (int b = 0; b < windows.size(); b++) {
        starts[b + 1] = starts[b] + windows.get(b).steps;
      }
      int rows = starts[windows.size()];
      if (values.length < rows * model.inputs()) {
        values = new float[rows * model.inputs()];
      }
      FloatBuffer to = FloatBuffer.wrap(values);
      for (Window window : windows) {
        window.stretch.copy(window.begin, window.steps, to);
      }
      boolean each = model.predictsEachStep();
      Tensor y = work.tensor("window.y", (each ? rows : windows.size()) * model.outputs());
      model.forward(new WindowBatch(values, model.inputs(), starts, windows.size()), y, work);
      for (int b = 0; b < windows.size(); b++) {
        Window window = windows.get(b);
        int first = each ? starts[b] + (int) (window.from - window.begin) : b;
        tell(window, y, first);
      }
    }

    /** Tells what a window has to tell, which stands in y from row {@code first} on. */
    private void tell(Window window, Tensor y, int first) {
      boolean each = model.predictsEachStep();
      int width = model.outputs();
      int count = each ? (int) (window.to - window.from) : 1;
      if (answers.length < count * width) {
        answers = new float[count * width];
      }
      kernels.read(y, first * width, answers, 0, count * width);
      long position = window.begin + window.steps;
      for (int i = 0; i < count; i++) {
        float[] own = Arrays.copyOfRange(answers, i * width, (i + 1) * width);
        int steps = each ? 1 : window.steps;
        PredictionValues scores =
            new PredictionValues(own, model.outputShape(), window.from + i, steps);
        window.stretch.row.predictions.add(new Prediction<>(position, scores));
      }
    }
  }
}
