package dev.riffle.models.routing;

import dev.riffle.kernels.AttentionSets;
import dev.riffle.kernels.Constants.Linear;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Pairs;
import dev.riffle.kernels.QueryKeyValue;
import dev.riffle.kernels.RotaryPositions;
import dev.riffle.kernels.Strided;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.weights.Weights;

/**
 * AttentionHeads that see their own block and those around it, with rotary positions on queries and
 * keys. A missing block counts as keys of -1 that no query sees: they only matter to a row that
 * sees nothing at all and takes the mean of its window.
 */
final class LocalHeads implements AttentionHeads {
  private final Kernels kernels;
  private final RoutingConfig config;
  private final int heads;
  private final Linear qkv; // [3, heads, dim_head] of x
  private final Tensor table; // [positions, dim_head]: sines, cosines

  LocalHeads(Kernels kernels, Weights w, RoutingConfig config, int heads) {
    this.kernels = kernels;
    this.config = config;
    this.heads = heads;
    int outputs = 3 * heads * config.dimHead();
    this.qkv =
        kernels.linear(
            w.require("local_to_qkv.weight", outputs, config.dim()),
            w.require("local_to_qkv.bias", outputs),
            outputs,
            config.dim());
    this.table = table(w.require("local_attn.rel_pos.inv_freq", config.dimHead() / 2));
  }

  private Tensor table(double[] frequencies) {
    int half = frequencies.length;
    int positions = config.maxSeqLen() + (config.ahead() + 1) * config.localWindow();
    double[] turns = new double[positions * 2 * half];
    for (int t = 0; t < positions; t++) {
      for (int j = 0; j < half; j++) {
        turns[t * 2 * half + j] = Math.sin(t * frequencies[j]);
        turns[t * 2 * half + half + j] = Math.cos(t * frequencies[j]);
      }
    }
    return kernels.constant(turns);
  }

  @Override
  public void attend(Tensor x, Tensor y, int stride, ForwardPass pass) {
    PaddedSequences at = pass.rows();
    int rows = at.rows();
    int width = config.dimHead();
    int own = qkv.outputs();
    int part = heads * width;
    Tensor all = pass.work().tensor("routing.qkv", (rows + 1) * own); // then a row of -1
    kernels.linear(qkv, x, all, rows);
    kernels.fill(all, rows * own, own, -1);
    RotaryPositions asking = new RotaryPositions(table, queryPositions(at), Pairs.SPLIT_HALF);
    kernels.rotary(asking, new Strided(all, own), rows, heads, width);
    Tensor keys = all.view(part, all.size() - part);
    RotaryPositions asked = new RotaryPositions(table, at.positions(), Pairs.SPLIT_HALF);
    kernels.rotary(asked, new Strided(keys, own), rows, heads, width);

    AttentionSets windows = windows(at);
    for (int h = 0; h < heads; h++) {
      int q = h * width;
      QueryKeyValue head =
          new QueryKeyValue(
              all.view(q, all.size() - q),
              all.view(part + q, all.size() - part - q),
              all.view(2 * part + q, all.size() - 2 * part - q),
              own);
      Strided to = new Strided(y.view(q, y.size() - q), stride);
      kernels.attend(windows, 1 / Math.sqrt(width), head, to, rows, width);
    }
  }

  /** 1.11.1 counts a query from the end of its keys, though blocks ahead follow it. */
  private int[] queryPositions(PaddedSequences at) {
    int[] positions = at.positions().clone();
    int shift = config.keysFollow() ? config.ahead() * config.localWindow() : 0;
    for (int r = 0; r < positions.length; r++) {
      positions[r] += shift;
    }
    return positions;
  }

  private AttentionSets windows(PaddedSequences at) {
    int size = config.localWindow();
    int around = config.radius() + 1 + config.ahead();
    int blocks = at.rows() / size;
    int[] queries = new int[blocks * size];
    int[] queryStarts = new int[blocks + 1];
    int[] keys = new int[blocks * around * size];
    int[] keyStarts = new int[blocks + 1];
    int block = 0;
    for (int b = 0; b < at.count(); b++) {
      int inSequence = at.length(b) / size;
      for (int i = 0; i < inSequence; i++, block++) {
        queryStarts[block + 1] = (block + 1) * size;
        keyStarts[block + 1] = (block + 1) * around * size;
        for (int j = 0; j < size; j++) {
          queries[block * size + j] = at.packed().start(b) + i * size + j;
        }
        for (int j = 0; j < around * size; j++) {
          int other = i - config.radius() + j / size;
          boolean there = other >= 0 && other < inSequence;
          keys[block * around * size + j] =
              there ? at.packed().start(b) + other * size + j % size : at.rows();
        }
      }
    }
    return new AttentionSets(
        queries,
        queryStarts,
        keys,
        keyStarts,
        at.queryTimes(config.causal(), !config.keysFollow()),
        at.keyTimes(config.causal(), 1, PaddedSequences.NEVER),
        Double.NaN,
        0);
  }

  @Override
  public long multiplyAdds(int rows) {
    int keys = (config.radius() + 1 + config.ahead()) * config.localWindow();
    // q . k and the mix of v
    long attention = 2L * keys * heads * config.dimHead();
    return rows * ((long) qkv.inputs() * qkv.outputs() + attention);
  }
}
