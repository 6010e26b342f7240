package dev.riffle.kernels.cuda;

import dev.riffle.kernels.DeviceException;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Caches freed blocks for the next request of their size, and enforces the memory limit. A request
 * is rounded up to one of four sizes between a power of two and the next.
 *
 * <p>At the limit, it first returns cached blocks to the driver, then runs the garbage collector to
 * find unreachable memory, and only then fails.
 */
final class Pool {
  private static final long LEAST = 512;
  private static final int COLLECTIONS = 3;
  private static final long PATIENCE_MS =
      1000; // for the garbage collector to report unreachable memory

  /** The source of blocks. */
  interface Source {
    /** Allocates a block and returns its address, or 0 if the GPU has too little free memory. */
    long take(long bytes);

    /** Frees blocks after the kernels that use them have finished. */
    void give(List<Long> addresses);

    /** Free memory of the GPU, for messages. */
    long free();
  }

  private final Source source;
  private final long ceiling;
  private final String how;
  private final boolean exact;
  private final ReferenceQueue<Object> queue = new ReferenceQueue<>();
  private final Set<Memory.Block> held = new HashSet<>(); // keeps the references themselves alive
  private final Map<Long, Deque<Long>> free = new HashMap<>(); // addresses by size
  private long used; // bytes of allocated blocks
  private long cached; // bytes of cached blocks

  /**
   * @param how where the limit comes from, for messages
   * @param exact whether sizes are not rounded and freed blocks are not cached
   */
  Pool(Source source, long ceiling, String how, boolean exact) {
    this.exact = exact;
    this.source = source;
    this.ceiling = ceiling;
    this.how = how;
  }

  ReferenceQueue<Object> queue() {
    return queue;
  }

  /** Bytes of allocated blocks. */
  long used() {
    return used;
  }

  /** Bytes of cached blocks. */
  long cached() {
    return cached;
  }

  long ceiling() {
    return ceiling;
  }

  /**
   * Returns an uninitialized block of this many bytes or more.
   *
   * @throws DeviceException.OutOfMemory if the memory limit or the GPU does not allow it
   */
  Memory allocate(long bytes) {
    drain();
    long size = exact ? Math.max(4, bytes) : size(bytes);
    long address = reuse(size);
    if (address == 0) {
      address = fresh(size);
    }
    boolean hope = size <= ceiling;
    for (int i = 0; address == 0 && hope && i < COLLECTIONS; i++) {
      long before = used;
      collect();
      hope = i == 0 || used < before; // a collection may report memory after it has ended
      address = reuse(size);
      if (address == 0) {
        release();
        address = fresh(size);
      }
    }
    if (address == 0) {
      throw new DeviceException.OutOfMemory(
          "The GPU has no memory for "
              + bytes
              + " bytes more: "
              + used
              + " are in use, the ceiling is "
              + ceiling
              + " ("
              + how
              + "), and the GPU has "
              + source.free()
              + " free. Send smaller batches or shorter windows, raise -D"
              + CudaOptions.MEMORY
              + ", or end what else uses the GPU (nvidia-smi lists it).",
          null);
    }
    used += size;
    Memory memory = new Memory(this, address, bytes, size);
    held.add(memory.block());
    return memory;
  }

  /** Caches a freed block. */
  void takeBack(Memory.Block block) {
    held.remove(block);
    used -= block.taken;
    if (exact) {
      source.give(List.of(block.address));
      return;
    }
    cached += block.taken;
    free.computeIfAbsent(block.taken, size -> new ArrayDeque<>()).push(block.address);
  }

  /** Returns all cached blocks to the driver. */
  void release() {
    List<Long> addresses = new ArrayList<>();
    free.values().forEach(addresses::addAll);
    free.clear();
    cached = 0;
    if (!addresses.isEmpty()) {
      source.give(addresses);
    }
  }

  private long reuse(long size) {
    Deque<Long> addresses = free.get(size);
    if (addresses == null || addresses.isEmpty()) {
      return 0;
    }
    cached -= size;
    return addresses.pop();
  }

  private long fresh(long size) {
    if (used + cached + size > ceiling) {
      release();
    }
    if (used + size > ceiling) {
      return 0;
    }
    long address = source.take(size);
    if (address == 0 && cached > 0) {
      release();
      address = source.take(size);
    }
    return address;
  }

  private void drain() {
    for (Reference<?> found = queue.poll(); found != null; found = queue.poll()) {
      giveBack(found);
    }
  }

  /** Runs the garbage collector and waits until it reports an object that was unreachable. */
  private void collect() {
    Reference<Object> dropped = new PhantomReference<>(new Object(), queue);
    System.gc();
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
    boolean interrupted = false;
    Reference<?> found = null;
    do {
      try {
        found = queue.remove(Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())));
        giveBack(found);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    } while (found != dropped && System.nanoTime() < end);
    drain();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void giveBack(Reference<?> found) {
    if (found instanceof Memory.Block block) {
      block.giveBack();
    }
  }

  /** The next of 512, 640, 768, 896, 1024, 1280, ... */
  static long size(long bytes) {
    if (bytes <= LEAST) {
      return LEAST;
    }
    long step = Math.max(LEAST / 4, Long.highestOneBit(bytes - 1) / 4);
    return (bytes + step - 1) / step * step;
  }
}
