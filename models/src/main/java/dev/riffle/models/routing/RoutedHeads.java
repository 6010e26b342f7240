package dev.riffle.models.routing;

import dev.riffle.kernels.AttentionSets;
import dev.riffle.kernels.Constants.Linear;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Pairs;
import dev.riffle.kernels.QueryKeyValue;
import dev.riffle.kernels.RotaryPositions;
import dev.riffle.kernels.Strided;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.ModelException;
import dev.riffle.models.weights.Weights;
import java.util.Optional;

/**
 * AttentionHeads whose windows are clusters: in each, the {@code window_size} rows whose direction
 * lies nearest to the cluster's mean. A row in several clusters takes the mean of what it found
 * there, a row in none takes 0. Queries may serve as keys, too; a row then sees itself only where
 * it sees nothing else.
 *
 * <p>Rows of padding compete for a place in a cluster like others, as in the reference.
 */
final class RoutedHeads implements AttentionHeads {
  private static final double OWN_ROW = -5e4;
  private static final double EPSILON = 1e-5;
  private static final double COMMITMENT = 1e-4;

  /** What the heads of a layer are. */
  record Options(int heads, boolean sharedQk, boolean causal, boolean context) {}

  private final Kernels kernels;
  private final RoutingConfig config;
  private final Options options;
  private final Linear toQ;
  private final Linear toK; // toQ where queries serve as keys
  private final Linear toV;
  private final Clusters clusters;
  private final int memories; // per cluster
  private final Tensor memoryKeys; // [clusters, memories, heads, dim_head]
  private final Tensor memoryValues;
  private final Optional<Tensor> table; // [max_seq_len, dim_head]: sines, cosines

  RoutedHeads(
      Kernels kernels, Weights w, RoutingConfig config, Options options, Optional<Tensor> table) {
    this.kernels = kernels;
    this.config = config;
    this.options = options;
    this.toQ = projection(w, "to_q.weight");
    this.toK = options.sharedQk ? toQ : projection(w, "to_k.weight");
    this.toV = projection(w, "to_v.weight");
    this.table = table;
    int heads = options.heads;
    int width = config.dimHead();
    Weights attention = w.under("global_attn.");
    if (attention.require("kmeans.initted")[0] == 0) {
      throw new ModelException(
          "'global_attn.kmeans.initted' is false: the reference would draw the means of the"
              + " clusters from its first input; train the model or run it once before saving it.");
    }
    double[] means = attention.require("kmeans.means", heads, config.clusters(), width);
    this.clusters = new Clusters(means, heads, config.clusters(), width);
    this.memories = attention.has("mem_key") ? attention.shape("mem_key")[2] : 0;
    this.memoryKeys = memory(attention, "mem_key");
    this.memoryValues = memory(attention, "mem_value");
  }

  private Linear projection(Weights w, String name) {
    int outputs = options.heads * config.dimHead();
    return kernels.linear(w.require(name, outputs, config.dim()), null, outputs, config.dim());
  }

  /** {@code [heads, clusters, memories, dim_head]} as rows like those of the keys. */
  private Tensor memory(Weights w, String name) {
    if (memories == 0) {
      return kernels.allocate(0);
    }
    int heads = options.heads;
    int width = config.dimHead();
    int perHead = clusters.count() * memories;
    double[] stored = w.require(name, heads, clusters.count(), memories, width);
    double[] rows = new double[stored.length];
    for (int h = 0; h < heads; h++) {
      for (int r = 0; r < perHead; r++) {
        System.arraycopy(stored, (h * perHead + r) * width, rows, (r * heads + h) * width, width);
      }
    }
    return kernels.constant(rows);
  }

  @Override
  public void attend(Tensor x, Tensor y, int stride, ForwardPass pass) {
    PaddedSequences queries = pass.rows();
    ForwardPass.Context seen =
        options.context ? pass.context().orElseThrow() : new ForwardPass.Context(x, queries);
    PaddedSequences keys = seen.rows();
    Tensor source = seen.features();
    int own = toQ.outputs();
    int width = config.dimHead();
    int keyRows = keys.rows() + clusters.count() * memories;
    Tensor q = pass.work().tensor("routing.q", queries.rows() * own);
    Tensor k = pass.work().tensor("routing.k", keyRows * own);
    Tensor v = pass.work().tensor("routing.v", keyRows * own);
    kernels.linear(toQ, x, q, queries.rows());
    turn(q, queries);
    if (options.sharedQk) {
      kernels.scaleNorm(1, 1e-12, q, k, queries.rows() * options.heads, width);
    } else {
      kernels.linear(toK, source, k, keys.rows());
      turn(k, keys);
    }
    kernels.linear(toV, source, v, keys.rows());
    turn(v, keys);
    kernels.copy(memoryKeys, 0, k, keys.rows() * own, memoryKeys.size());
    kernels.copy(memoryValues, 0, v, keys.rows() * own, memoryValues.size());

    double[] asking = read(q, queries.rows() * own);
    double[] asked = options.sharedQk ? asking : read(k, keys.rows() * own);
    for (int h = 0; h < options.heads; h++) {
      int at = h * width;
      AttentionSets sets = windows(asking, asked, queries, keys, h);
      QueryKeyValue head =
          new QueryKeyValue(
              q.view(at, q.size() - at), k.view(at, k.size() - at), v.view(at, v.size() - at), own);
      Strided to = new Strided(y.view(at, y.size() - at), stride);
      kernels.attend(sets, 1 / Math.sqrt(width), head, to, queries.rows(), width);
    }
    if (pass.work().observed()) {
      showCommitment(asking, asked, queries.rows(), keys.rows(), pass);
    }
  }

  private void turn(Tensor x, PaddedSequences rows) {
    if (table.isPresent()) {
      RotaryPositions turn = new RotaryPositions(table.get(), rows.positions(), Pairs.INTERLEAVED);
      Strided some = new Strided(x, toQ.outputs());
      kernels.rotary(turn, some, rows.rows(), options.heads, config.dimHead());
    }
  }

  private AttentionSets windows(
      double[] asking, double[] asked, PaddedSequences queries, PaddedSequences keys, int head) {
    double[] queryScores = clusters.scores(asking, queries.rows(), head);
    double[] keyScores = options.sharedQk ? queryScores : clusters.scores(asked, keys.rows(), head);
    int count = queries.count() * clusters.count();
    int[] queryStarts = new int[count + 1];
    int[] keyStarts = new int[count + 1];
    for (int b = 0, window = 0; b < queries.count(); b++) {
      for (int c = 0; c < clusters.count(); c++, window++) {
        queryStarts[window + 1] = queryStarts[window] + size(queries, b);
        keyStarts[window + 1] = keyStarts[window] + memories + size(keys, b);
      }
    }
    int[] queryRows = new int[queryStarts[count]];
    int[] keyRows = new int[keyStarts[count]];
    for (int b = 0, window = 0; b < queries.count(); b++) {
      for (int c = 0; c < clusters.count(); c++, window++) {
        for (int m = 0; m < memories; m++) {
          keyRows[keyStarts[window] + m] = keys.rows() + c * memories + m;
        }
        gather(queryScores, queries, b, c, queryRows, queryStarts[window]);
        gather(keyScores, keys, b, c, keyRows, keyStarts[window] + memories);
      }
    }
    return new AttentionSets(
        queryRows,
        queryStarts,
        keyRows,
        keyStarts,
        queries.queryTimes(options.causal, true),
        keys.keyTimes(options.causal, clusters.count() * memories, PaddedSequences.ALWAYS),
        options.sharedQk ? OWN_ROW : Double.NaN,
        EPSILON);
  }

  private int size(PaddedSequences rows, int sequence) {
    return Math.min(config.windowSize(), rows.length(sequence));
  }

  private void gather(
      double[] scores, PaddedSequences rows, int sequence, int cluster, int[] to, int at) {
    int size = size(rows, sequence);
    int[] members =
        clusters.members(
            scores, rows.packed().start(sequence), rows.length(sequence), cluster, size);
    System.arraycopy(members, 0, to, at, size);
  }

  /** What training would add to its loss: how far rows lie from their clusters. */
  private void showCommitment(
      double[] asking, double[] asked, int queryRows, int keyRows, ForwardPass pass) {
    double sum = clusters.distance(asking, queryRows);
    double count = asking.length;
    if (!options.sharedQk) {
      sum += clusters.distance(asked, keyRows);
      count += asked.length;
    }
    Tensor loss = kernels.constant(new double[] {COMMITMENT * sum / count});
    pass.work().show("commitment", loss, 1, 1);
  }

  private double[] read(Tensor tensor, int count) {
    double[] values = new double[count];
    kernels.read(tensor, 0, values, 0, count);
    return values;
  }

  @Override
  public long multiplyAdds(int rows) {
    int own = toQ.outputs();
    int sides = options.sharedQk ? 1 : 2;
    int size = Math.min(config.windowSize(), rows);
    long projections = (long) (sides + 1) * toQ.inputs() * own;
    long scores = (long) sides * clusters.count() * own;
    // q . k and the mix of v
    long attention = 2L * clusters.count() * size * (size + memories) * own;
    return rows * (projections + scores) + attention;
  }
}
