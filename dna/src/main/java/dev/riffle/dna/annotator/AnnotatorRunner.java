package dev.riffle.dna.annotator;

import static dev.riffle.dna.annotator.AnnotatorConfig.TOKEN;

import dev.riffle.kernels.Tensor;
import dev.riffle.models.Scratch;
import dev.riffle.models.SessionRunner;
import java.util.Arrays;

/** Computes the tokens of many contigs together; for one thread. */
final class AnnotatorRunner extends SessionRunner<Gene, AnnotatorSession> {
  /** Tokens that are computed together: limits the work memory of a long catch-up. */
  private static final int MAX_TOKENS = 128;

  private final Annotator model;
  private final int[] entries = new int[MAX_TOKENS * Encoder.ENTRIES];

  AnnotatorRunner(Annotator model) {
    super(model, model.network(), MAX_TOKENS, Order.SEQUENCE_BY_SEQUENCE);
    this.model = model;
  }

  @Override
  protected AnnotatorSession newSession(int item) {
    return new AnnotatorSession(model.config(), model.startHead());
  }

  @Override
  protected boolean next(AnnotatorSession session, int row) {
    return session.nextToken(entries, row * Encoder.ENTRIES);
  }

  @Override
  protected void write(Tensor x, int rows, Scratch scratch) {
    model.encoder().apply(Arrays.copyOf(entries, rows * Encoder.ENTRIES), x, rows, scratch);
  }

  @Override
  public void warmUp(int slots) {
    warmUp(Annotator.FORMAT, MAX_TOKENS * TOKEN);
  }
}
