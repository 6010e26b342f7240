package dev.riffle.music.transcriber;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Format;
import dev.riffle.models.Scratch;
import dev.riffle.models.SessionRunner;
import java.util.List;
import java.util.Optional;

/** Computes the frames of many sequences together; for one thread. */
final class TranscriberRunner extends SessionRunner<Note, TranscriberSession> {
  /** Frames that are computed together: limits the work memory of a long catch-up. */
  private static final int MAX_FRAMES = 64;

  private final Transcriber model;
  private final Kernels kernels;
  private final int inputs;
  private final int outputs;
  private final FrontEnd.Work frontEndWork;
  private final Optional<SecondPass.Work> secondWork;
  private final float[] features; // [MAX_FRAMES, inputs]

  TranscriberRunner(Transcriber model) {
    super(model, model.network(), MAX_FRAMES, Order.SEQUENCE_BY_SEQUENCE);
    this.model = model;
    kernels = model.network().kernels();
    inputs = model.network().inputs();
    outputs = model.network().outputs();
    frontEndWork = new FrontEnd.Work(model.config());
    secondWork = model.secondPass().map(SecondPass::newWork);
    features = new float[MAX_FRAMES * inputs];
  }

  @Override
  protected TranscriberSession newSession(int item) {
    return new TranscriberSession(model, secondWork);
  }

  @Override
  protected boolean next(TranscriberSession session, int row) {
    return session.frames().nextFrame(features, row * inputs, frontEndWork);
  }

  @Override
  protected void write(Tensor x, int rows, Scratch scratch) {
    kernels.write(features, 0, x, 0, rows * inputs);
  }

  /** Passes the new frames of all sequences to the second pass, which judges them together. */
  @Override
  protected void computed(List<TranscriberSession> active, int[] starts, float[] probabilities) {
    if (secondWork.isEmpty()) {
      return;
    }
    List<SecondPassSession> sessions =
        active.stream().flatMap(session -> session.second().stream()).toList();
    for (int b = 0; b < sessions.size(); b++) {
      for (int r = starts[b]; r < starts[b + 1]; r++) {
        sessions.get(b).add(features, r * inputs, probabilities, r * outputs);
      }
    }
    secondWork.get().judge(sessions);
  }

  @Override
  public void warmUp(int slots) {
    int second = model.config().audio().rate();
    warmUp(new Format(second, 1), second);
  }
}
