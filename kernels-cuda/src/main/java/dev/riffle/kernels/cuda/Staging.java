package dev.riffle.kernels.cuda;

import static org.bytedeco.cuda.global.cudart.CU_EVENT_DISABLE_TIMING;
import static org.bytedeco.cuda.global.cudart.cuEventCreate;
import static org.bytedeco.cuda.global.cudart.cuEventRecord;
import static org.bytedeco.cuda.global.cudart.cuEventSynchronize;
import static org.bytedeco.cuda.global.cudart.cuMemHostAlloc;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Pinned memory of the host, which the GPU reads and writes by itself: two pieces for what goes
 * out, filled in turn, and one for what comes in.
 */
final class Staging {
  /** Bytes of a piece, and most bytes of one transfer. */
  static final int PIECE = 4 << 20;

  private static final int ALIGNMENT = 64;

  private final CUstream_st stream;
  private final Pointer pinned = new Pointer();
  private final ByteBuffer[] out = new ByteBuffer[2];
  private final CUevent_st[] left = {
    new CUevent_st(), new CUevent_st()
  }; // what a piece held is sent
  private final boolean[] used = new boolean[2];
  private final ByteBuffer in;
  private final Address address = new Address();
  private int current; // piece that is being filled
  private int position; // bytes of it that are taken
  private int last; // where the last room begins

  Staging(CUstream_st stream) {
    this.stream = stream;
    Calls.check("cuMemHostAlloc", cuMemHostAlloc(pinned, 3L * PIECE, 0));
    for (int i = 0; i < 2; i++) {
      Calls.check("cuEventCreate", cuEventCreate(left[i], CU_EVENT_DISABLE_TIMING));
      out[i] = piece(i);
    }
    in = piece(2);
  }

  private ByteBuffer piece(int i) {
    BytePointer all = new BytePointer(pinned).capacity(3L * PIECE);
    return all.asByteBuffer().slice(i * PIECE, PIECE).order(ByteOrder.nativeOrder());
  }

  /** So many bytes to fill, at most a piece; {@link #sent} must follow. */
  ByteBuffer room(int bytes) {
    if (position + bytes > PIECE) {
      Calls.check("cuEventRecord", cuEventRecord(left[current], stream));
      used[current] = true;
      current = 1 - current;
      position = 0;
      if (used[current]) {
        Calls.check("cuEventSynchronize", cuEventSynchronize(left[current]));
      }
    }
    last = position;
    position += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return out[current].slice(last, bytes).order(ByteOrder.nativeOrder());
  }

  /** Where the last room is, for the GPU to read. */
  Pointer sent(int bytes) {
    return address.at(pinned.address() + (long) current * PIECE + last);
  }

  /** Where the GPU is to write, at most a piece. */
  Pointer arriving() {
    return address.at(pinned.address() + 2L * PIECE);
  }

  /** What the GPU wrote there; good until the next. */
  ByteBuffer arrived(int bytes) {
    return in.slice(0, bytes).order(ByteOrder.nativeOrder());
  }
}
