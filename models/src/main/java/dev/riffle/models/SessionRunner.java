package dev.riffle.models;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a recurrent network behind a front end: values of a stream become steps of the network at
 * another rate, and its outputs become predictions. A product implements the {@link Session} of one
 * sequence and the packing of its steps; this class loads and stores states, forms batches across
 * sequences and runs the network.
 *
 * <pre>
 *   state bytes  -> Session.loadFront, network state, Session.loadBack
 *   values       -> Session.begin -> next: one step of the network per row   (rows of all sessions)
 *                                     |
 *                                 network.advance, at most maxSteps rows
 *                                     |
 *                   Session.predicted: one call per row, in order
 *   end          -> Session.finish
 *   Session.storeFront, network state, Session.storeBack -> state bytes
 * </pre>
 *
 * <p>State bytes: {@link StateHeader}, then those of the session's front, of the {@link
 * RecurrentState} and of the session's back. For one thread.
 *
 * @param <O> type of the predicted values
 * @param <S> the product's session
 */
public abstract class SessionRunner<O, S extends SessionRunner.Session<O>>
    implements StreamRunner<O> {

  /** Bytes of a state that neither the session nor the network writes. */
  public static final int HEADER_BYTES = StateHeader.BYTES;

  /**
   * One sequence: its front end and its decoder between calls. A runner reuses its sessions for
   * other sequences.
   *
   * @param <O> type of the predicted values
   */
  public interface Session<O> {
    /** Becomes a sequence that has not begun. */
    void open(Format format);

    /** Number of bytes that both store methods write now. */
    int bytes();

    /** Writes what precedes the state of the network. */
    void storeFront(ByteBuffer to);

    /** Writes what follows the state of the network. */
    default void storeBack(ByteBuffer to) {}

    /**
     * Reads what {@link #storeFront} wrote.
     *
     * @throws StateException if the bytes belong to another format
     * @throws IllegalArgumentException if no session writes such bytes
     */
    void loadFront(ByteBuffer from, Format format);

    /**
     * Reads what {@link #storeBack} wrote.
     *
     * @param steps number of network steps that the sequence has consumed
     * @throws IllegalArgumentException if no session writes such bytes
     */
    default void loadBack(ByteBuffer from, long steps) {}

    /**
     * Receives the next values of the sequence, and the list for its predictions.
     *
     * @param last true if the sequence ends with these values
     * @throws InputException if a value is invalid
     */
    void begin(BatchItem<O> item, boolean last);

    /**
     * Receives the outputs of the network for one step.
     *
     * @param outputs of many steps; those of this one begin at {@code offset}
     * @param step number of the step in its sequence, from 0
     * @return false if the sequence needs no further step: its network state is cleared, the
     *     outputs of its packed steps are dropped, and the session must not pack others
     */
    boolean predicted(float[] outputs, int offset, long step);

    /** Ends a round: the outputs of all steps that were packed so far have been received. */
    default void endRound() {}

    /** Ends the sequence, after all its steps; predicts what is still open. */
    void finish();
  }

  /** How the steps of a batch are divided into rounds that are computed together. */
  public enum Order {
    /** All steps of the first sequence, then of the second: fewest rounds. */
    SEQUENCE_BY_SEQUENCE,

    /** A share of each sequence: few wasted steps where a sequence may end early. */
    EQUAL_SHARES
  }

  private final StreamModel<O> model;
  private final RecurrentModel network;
  private final Kernels kernels;
  private final StateHeader header;
  private final int networkBytes;
  private final int maxSteps;
  private final Order order;
  private final Scratch scratch;
  private final List<S> sessions = new ArrayList<>();
  private RecurrentState states;
  private int[] starts = new int[2]; // [sequences + 1]
  private float[] outputs = new float[0];

  /**
   * @param network what computes the steps
   * @param maxSteps number of steps that are computed together, unless there are more sequences:
   *     limits the work memory of a long catch-up
   */
  protected SessionRunner(StreamModel<O> model, RecurrentModel network, int maxSteps, Order order) {
    this.model = model;
    this.network = network;
    this.maxSteps = maxSteps;
    this.order = order;
    kernels = network.kernels();
    header = new StateHeader(model.info(), kernels);
    networkBytes = RecurrentState.bytes(network.stateSizes(), kernels.precision());
    scratch = new Scratch(kernels);
    states = new RecurrentState(network, 1);
  }

  /**
   * A session of this runner.
   *
   * @param item index of the batch items that it serves
   */
  protected abstract S newSession(int item);

  /**
   * Packs the next step of a session, if its values suffice for one.
   *
   * @param row of the round in which the step is computed
   * @return false if the session needs further values; then it has consumed all it received
   */
  protected abstract boolean next(S session, int row);

  /**
   * Writes the packed steps as input of the network.
   *
   * @param x to write, {@code [rows, inputs]}
   * @param rows number of steps
   */
  protected abstract void write(Tensor x, int rows, Scratch scratch);

  /**
   * Called when a round was computed, before its outputs are passed to the sessions.
   *
   * @param starts first row of each session, and the number of rows
   * @param outputs of the network, {@code [rows, outputs]}
   */
  protected void computed(List<S> active, int[] starts, float[] outputs) {}

  /** Opens, advances and finishes a sequence of zeros. */
  protected final void warmUp(Format format, int steps) {
    float[] zeros = new float[steps * format.width()];
    finish(List.of(new BatchItem<>(format, open(format), zeros, 0, steps)));
  }

  @Override
  public final byte[] open(Format format) {
    model.check(format);
    reserve(1);
    sessions.get(0).open(format);
    states.clear(0);
    return store(1).get(0);
  }

  @Override
  public final void advance(List<BatchItem<O>> items) {
    consume(items, false);
    List<byte[]> after = store(items.size());
    for (int b = 0; b < items.size(); b++) {
      items.get(b).state = after.get(b);
    }
  }

  @Override
  public final void finish(List<BatchItem<O>> items) {
    consume(items, true);
    for (int b = 0; b < items.size(); b++) {
      sessions.get(b).finish();
    }
    for (BatchItem<O> item : items) {
      item.state = open(item.format);
    }
  }

  private void consume(List<BatchItem<O>> items, boolean last) {
    load(items);
    for (int b = 0; b < items.size(); b++) {
      sessions.get(b).begin(items.get(b), last);
    }
    while (pack(items.size()) > 0) {
      compute(items.size());
    }
  }

  /** Packs the steps of the next round; returns their number. */
  private int pack(int items) {
    boolean shares = order == Order.EQUAL_SHARES;
    int share = shares ? Math.max(1, maxSteps / Math.max(1, items)) : maxSteps;
    int limit = shares ? share * items : maxSteps;
    int rows = 0;
    for (int b = 0; b < items; b++) {
      int end = Math.min(limit, rows + share);
      while (rows < end && next(sessions.get(b), rows)) {
        rows++;
      }
      starts[b + 1] = rows;
    }
    return rows;
  }

  private void compute(int items) {
    int rows = starts[items];
    int most = Math.max(maxSteps, rows);
    Tensor x = scratch.tensor("session.x", most * network.inputs());
    Tensor y = scratch.tensor("session.y", most * network.outputs());
    write(x, rows, scratch);
    Block block = new Block(x, new PackedSequences(starts, items));
    network.advance(block, states, PredictAt.EVERY_STEP, y, scratch);
    if (outputs.length < rows * network.outputs()) {
      outputs = new float[most * network.outputs()];
    }
    kernels.read(y, 0, outputs, 0, rows * network.outputs());
    List<S> active = sessions.subList(0, items);
    computed(active, starts, outputs);
    for (int b = 0; b < items; b++) {
      S session = active.get(b);
      long first = states.counts()[b] - (starts[b + 1] - starts[b]);
      for (int r = starts[b]; r < starts[b + 1]; r++) {
        if (!session.predicted(outputs, r * network.outputs(), first + r - starts[b])) {
          states.clear(b);
          break;
        }
      }
      session.endRound();
    }
  }

  private void reserve(int items) {
    while (sessions.size() < items) {
      sessions.add(newSession(sessions.size()));
    }
    if (states.sequences() < items) {
      states = new RecurrentState(network, Math.max(items, 2 * states.sequences()));
      starts = new int[states.sequences() + 1];
    }
  }

  private void load(List<BatchItem<O>> items) {
    reserve(items.size());
    List<ByteBuffer> all = new ArrayList<>(items.size());
    for (int b = 0; b < items.size(); b++) {
      BatchItem<O> item = items.get(b);
      model.check(item.format);
      ByteBuffer from = header.read(item.state);
      S session = sessions.get(b);
      checked(item.state, () -> session.loadFront(from, item.format));
      if (from.remaining() < networkBytes) {
        throw StateException.foreign(model.info(), item.state);
      }
      all.add(from);
    }
    states.load(all);
    for (int b = 0; b < items.size(); b++) {
      S session = sessions.get(b);
      ByteBuffer from = all.get(b);
      long steps = states.counts()[b];
      checked(items.get(b).state, () -> session.loadBack(from, steps));
      if (from.hasRemaining()) {
        throw StateException.foreign(model.info(), items.get(b).state);
      }
    }
  }

  private void checked(byte[] state, Runnable load) {
    try {
      load.run();
    } catch (BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException e) {
      throw StateException.foreign(model.info(), state);
    }
  }

  private List<byte[]> store(int items) {
    List<ByteBuffer> all = new ArrayList<>(items);
    for (int b = 0; b < items; b++) {
      S session = sessions.get(b);
      ByteBuffer to = header.newState(HEADER_BYTES + networkBytes + session.bytes());
      session.storeFront(to);
      all.add(to);
    }
    states.store(all);
    List<byte[]> bytes = new ArrayList<>(items);
    for (int b = 0; b < items; b++) {
      sessions.get(b).storeBack(all.get(b));
      bytes.add(all.get(b).array());
    }
    return bytes;
  }
}
