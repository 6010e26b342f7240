package dev.riffle.kernels.cuda;

import java.lang.ref.PhantomReference;

/**
 * A block of the GPU's memory, not set at first. It is freed when it is closed, or when the garbage
 * collector finds it unreachable. Earlier launches may still use it, because its next user runs
 * later in the same stream.
 */
final class Memory implements AutoCloseable {
  private final Block block;

  Memory(Pool pool, long address, long bytes, long taken) {
    this.block = new Block(this, pool, address, bytes, taken);
  }

  /** Address on the GPU, a multiple of 256. */
  long address() {
    if (block.returned) {
      throw new IllegalStateException(
          "This memory of " + block.bytes + " bytes on the GPU was closed: allocate it again.");
    }
    return block.address;
  }

  /** Requested bytes. */
  long bytes() {
    return block.bytes;
  }

  @Override
  public void close() {
    block.giveBack();
  }

  Block block() {
    return block;
  }

  /** What stays of a memory when it is gone. */
  static final class Block extends PhantomReference<Memory> {
    private final Pool pool;
    private final long bytes;
    final long address;
    final long taken; // bytes with rounding
    private boolean returned;

    private Block(Memory memory, Pool pool, long address, long bytes, long taken) {
      super(memory, pool.queue());
      this.pool = pool;
      this.address = address;
      this.bytes = bytes;
      this.taken = taken;
    }

    /** Gives the block back, once. */
    void giveBack() {
      if (!returned) {
        returned = true;
        pool.takeBack(this);
      }
    }
  }
}
