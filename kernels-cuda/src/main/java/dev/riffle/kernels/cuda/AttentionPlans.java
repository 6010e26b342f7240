package dev.riffle.kernels.cuda;

import dev.riffle.kernels.AttentionSets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * What attention reads of {@link AttentionSets}, on the GPU: the heads of a model take the same
 * windows one after the other, so those used last are kept.
 */
final class AttentionPlans {
  private static final int KEPT = 8;

  /** Queries of a block of {@code attend}. */
  private static final int TILE = 16;

  /**
   * Windows whose queries are among {@code rows} rows.
   *
   * @param blocks how many tiles
   * @param tiles window and first query of each
   * @param places where each row's answers stand among those of all queries, window by window
   * @param placeStarts {@code [rows + 1]} the first place of each row
   */
  record Plan(
      AttentionSets windows,
      int rows,
      int blocks,
      Memory tiles,
      Memory queries,
      Memory queryStarts,
      Memory keys,
      Memory keyStarts,
      Memory queryTimes,
      Memory keyTimes,
      Memory places,
      Memory placeStarts) {

    /** Queries of all windows. */
    int count() {
      return windows.queryStarts()[windows.size()];
    }

    private void close() {
      List.of(tiles, queries, queryStarts, keys, keyStarts).forEach(Memory::close);
      List.of(queryTimes, keyTimes, places, placeStarts).forEach(Memory::close);
    }
  }

  private final Gpu gpu;
  private final Deque<Plan> plans = new ArrayDeque<>(); // the one used last comes first

  AttentionPlans(Gpu gpu) {
    this.gpu = gpu;
  }

  /** Returns the plan of these sets, uploaded now unless it is one of the last few. */
  @SuppressWarnings("ReferenceEquality") // a plan belongs to one object, whose arrays do not change
  Plan of(AttentionSets windows, int rows) {
    Plan found = null;
    for (Plan plan : plans) {
      if (plan.windows == windows && plan.rows == rows) {
        found = plan;
      }
    }
    if (found == null) {
      found = bring(windows, rows);
      if (plans.size() == KEPT) {
        plans.removeLast().close();
      }
    } else {
      plans.removeIf(plan -> plan.windows == windows && plan.rows == rows);
    }
    plans.addFirst(found);
    return found;
  }

  private Plan bring(AttentionSets windows, int rows) {
    int[] tiles = tiles(windows);
    int[] starts = placeStarts(windows, rows);
    return new Plan(
        windows,
        rows,
        tiles.length / 2,
        upload(tiles),
        upload(windows.queries()),
        upload(windows.queryStarts()),
        upload(windows.keys()),
        upload(windows.keyStarts()),
        upload(windows.queryTimes()),
        upload(windows.keyTimes()),
        upload(places(windows, starts)),
        upload(starts));
  }

  private Memory upload(int[] values) {
    Memory memory = gpu.allocate(4L * Math.max(1, values.length));
    gpu.upload(values, 0, memory.address(), values.length);
    return memory;
  }

  private static int[] tiles(AttentionSets windows) {
    List<Integer> tiles = new ArrayList<>();
    for (int w = 0; w < windows.size(); w++) {
      for (int i = windows.queryStarts()[w]; i < windows.queryStarts()[w + 1]; i += TILE) {
        tiles.add(w);
        tiles.add(i);
      }
    }
    return tiles.stream().mapToInt(i -> i).toArray();
  }

  private static int[] placeStarts(AttentionSets windows, int rows) {
    int[] starts = new int[rows + 1];
    for (int i = 0; i < windows.queryStarts()[windows.size()]; i++) {
      starts[windows.queries()[i] + 1]++;
    }
    for (int r = 0; r < rows; r++) {
      starts[r + 1] += starts[r];
    }
    return starts;
  }

  private static int[] places(AttentionSets windows, int[] starts) {
    int[] next = starts.clone();
    int[] places = new int[windows.queryStarts()[windows.size()]];
    for (int i = 0; i < places.length; i++) {
      places[next[windows.queries()[i]]++] = i;
    }
    return places;
  }
}
