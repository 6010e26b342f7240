package dev.riffle.dna.readuntil;

import dev.riffle.kernels.Tensor;
import dev.riffle.models.Scratch;
import dev.riffle.models.SessionRunner;
import java.util.Arrays;
import java.util.List;

/** Computes the steps of many reads together; for one thread. */
final class ReadUntilRunner extends SessionRunner<ReadVerdict, ReadSession> {
  /** Network steps that are computed together, divided among the reads; at least one of each. */
  private static final int MAX_STEPS = 1024;

  private final ReadUntil model;
  private final ReadUntil.StepObserver observer;
  private float[] evidence = new float[0]; // [rows, Evidence.WIDTH]

  ReadUntilRunner(ReadUntil model, ReadUntil.StepObserver observer) {
    super(model, model.network(), MAX_STEPS, Order.EQUAL_SHARES);
    this.model = model;
    this.observer = observer;
  }

  @Override
  protected ReadSession newSession(int item) {
    return new ReadSession(model);
  }

  @Override
  protected boolean next(ReadSession session, int row) {
    if (evidence.length < (row + 1) * Evidence.WIDTH) {
      evidence = Arrays.copyOf(evidence, 2 * (row + 1) * Evidence.WIDTH);
    }
    return session.nextStep(evidence, row * Evidence.WIDTH);
  }

  @Override
  protected void write(Tensor x, int rows, Scratch scratch) {
    model.network().kernels().write(evidence, 0, x, 0, rows * Evidence.WIDTH);
  }

  @Override
  protected void computed(List<ReadSession> active, int[] starts, float[] outputs) {
    for (int b = 0; b < active.size(); b++) {
      for (int row = starts[b]; row < starts[b + 1]; row++) {
        double logOdds = model.logOdds(outputs, row * model.network().outputs());
        observer.step(b, evidence, row * Evidence.WIDTH, logOdds);
      }
    }
  }

  @Override
  public void warmUp(int slots) {
    warmUp(ReadUntil.FORMAT, 2 * Evidence.STEP);
  }
}
