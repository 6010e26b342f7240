package dev.riffle.dna.readuntil;

import dev.riffle.dna.Nucleotides;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.BatchItem;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Safetensors;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Holds evidence, log odds and verdicts against a recorded run in Python. */
public final class ReadUntilGolden {
  private static final double EVIDENCE = 2e-6;
  private static final double LOG_ODDS = 5e-4;
  private static final SequentialTest NEVER =
      new SequentialTest(1e-300, 1e-300, SequentialTest.MOST_BASES);

  private ReadUntilGolden() {}

  /** Runs a golden: references, reads, what is said after each step, when each is decided. */
  public static void check(GoldenCase golden, Kernels kernels, GoldenReport report) {
    Safetensors t = golden.tensors();
    ModelDirectory directory = golden.modelDirectory();
    References.Builder references = References.builder().target(letters(t, "input_target"));
    if (t.has("input_rest")) {
      references.background(letters(t, "input_rest"));
    }
    References known = references.build();
    int reads = t.shape("input_reads")[0];
    int length = t.shape("input_reads")[1];
    float[] values = new float[reads * length * ReadUntil.FORMAT.width()];
    double[] codes = t.doubles("input_reads"); // [reads, length] letters
    for (int i = 0; i < codes.length; i++) {
      values[i * ReadUntil.FORMAT.width()] = Nucleotides.value(Nucleotides.of((byte) codes[i]));
    }

    int steps = length / Evidence.STEP;
    double[] evidence = new double[reads * steps * Evidence.WIDTH];
    double[] logOdds = new double[reads * steps];
    int[] seen = new int[reads];
    ReadUntilRunner all =
        new ReadUntil(directory, known, NEVER, kernels)
            .observedBy(
                (row, from, at, odds) -> {
                  int step = row * steps + seen[row]++;
                  for (int j = 0; j < Evidence.WIDTH; j++) {
                    evidence[step * Evidence.WIDTH + j] = from[at + j];
                  }
                  logOdds[step] = odds;
                });
    all.advance(rows(all.open(ReadUntil.FORMAT), values, reads, length));
    report.compare("evidence", t.doubles("evidence"), evidence, EVIDENCE, 0);
    report.compare("log_odds", t.doubles("log_odds"), logOdds, LOG_ODDS, LOG_ODDS);

    var decided = new ReadUntil(directory, known, SequentialTest.DEFAULTS, kernels).newRunner();
    List<BatchItem<ReadVerdict>> rows = rows(decided.open(ReadUntil.FORMAT), values, reads, length);
    decided.finish(rows);
    double[] verdicts = new double[2 * reads]; // [reads, 2]: origin, bases
    for (int b = 0; b < reads; b++) {
      ReadVerdict verdict = rows.get(b).predictions.get(0).value();
      verdicts[2 * b] = verdict.origin().ordinal();
      verdicts[2 * b + 1] = verdict.bases();
    }
    report.compare("verdicts", t.doubles("verdicts"), verdicts, 0, 0);
  }

  private static List<BatchItem<ReadVerdict>> rows(
      byte[] fresh, float[] values, int reads, int length) {
    List<BatchItem<ReadVerdict>> rows = new ArrayList<>();
    for (int b = 0; b < reads; b++) {
      int at = b * length * ReadUntil.FORMAT.width();
      rows.add(new BatchItem<>(ReadUntil.FORMAT, fresh.clone(), values, at, length));
    }
    return rows;
  }

  private static ByteBuffer letters(Safetensors t, String name) {
    double[] codes = t.doubles(name);
    byte[] letters = new byte[codes.length];
    for (int i = 0; i < codes.length; i++) {
      letters[i] = (byte) codes[i];
    }
    return ByteBuffer.wrap(letters);
  }
}
