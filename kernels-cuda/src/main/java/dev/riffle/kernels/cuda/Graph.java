package dev.riffle.kernels.cuda;

import static org.bytedeco.cuda.global.cudart.CU_STREAM_CAPTURE_MODE_RELAXED;
import static org.bytedeco.cuda.global.cudart.cuGraphDestroy;
import static org.bytedeco.cuda.global.cudart.cuGraphExecDestroy;
import static org.bytedeco.cuda.global.cudart.cuGraphInstantiate;
import static org.bytedeco.cuda.global.cudart.cuGraphLaunch;
import static org.bytedeco.cuda.global.cudart.cuStreamBeginCapture;
import static org.bytedeco.cuda.global.cudart.cuStreamEndCapture;

import java.util.List;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.cudart.CUstream_st;

/** What was launched once, with its arguments, to be launched again by one call. */
final class Graph implements AutoCloseable {
  private final Gpu gpu;
  private final Pool pool;
  private final CUstream_st stream;
  private final CUgraphExec_st executable = new CUgraphExec_st();
  private final List<Memory.Block> kept; // what the work closed, which its launches still use
  private boolean closed;

  private Graph(Gpu gpu, Pool pool, CUstream_st stream, CUgraph_st graph, List<Memory.Block> kept) {
    this.gpu = gpu;
    this.pool = pool;
    this.stream = stream;
    this.kept = kept;
    gpu.done("cuGraphInstantiate", cuGraphInstantiate(executable, graph, 0));
    gpu.done("cuGraphDestroy", cuGraphDestroy(graph));
  }

  static Graph capture(Gpu gpu, Pool pool, CUstream_st stream, Runnable work) {
    CUgraph_st graph = new CUgraph_st();
    // relaxed: memory may be taken from the driver meanwhile
    gpu.done("cuStreamBeginCapture", cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_RELAXED));
    gpu.capturing(true);
    pool.keep();
    boolean worked = false;
    List<Memory.Block> kept;
    try {
      work.run();
      worked = true;
    } finally {
      gpu.capturing(false);
      kept = pool.kept();
      int ended = cuStreamEndCapture(stream, graph);
      if (worked) {
        gpu.done("cuStreamEndCapture", ended);
      } else {
        kept.forEach(pool::free);
      }
    }
    return new Graph(gpu, pool, stream, graph, kept);
  }

  /** Launches all of it; returns before it is done. */
  void launch() {
    if (closed) {
      throw new IllegalStateException("This graph was closed.");
    }
    gpu.done("cuGraphLaunch", cuGraphLaunch(executable, stream));
    gpu.launched("a graph");
  }

  /** Gives back what it holds. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      gpu.synchronize();
      gpu.done("cuGraphExecDestroy", cuGraphExecDestroy(executable));
      kept.forEach(pool::free);
    }
  }
}
