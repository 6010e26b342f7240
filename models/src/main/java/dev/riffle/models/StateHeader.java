package dev.riffle.models;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Precision;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The bytes that every state of a recurrent network begins with, and their check. A state is
 * little-endian:
 *
 * <pre>
 *   u8   version, 1
 *   u8   bytes per number of the network's state: 4 or 8
 *   ...  what the model stores
 * </pre>
 *
 * <p>The fingerprint of the model is not part of these bytes. Store it together with the state.
 *
 * @param info the model, for messages
 * @param kernels the backend that computes with the state
 */
record StateHeader(ModelInfo info, Kernels kernels) {
  static final byte VERSION = 1;

  /** Bytes of the header. */
  static final int BYTES = 2;

  /** A buffer for a whole state, with the header written. */
  ByteBuffer newState(int bytes) {
    ByteBuffer to = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    return to.put(VERSION).put((byte) kernels.precision().bytes());
  }

  /**
   * Checks the header of a state.
   *
   * @return the state, positioned after the header
   * @throws StateException if another version or a backend of another precision wrote it
   */
  ByteBuffer read(byte[] state) {
    if (state.length < BYTES || state[0] != VERSION) {
      throw StateException.version(info, VERSION, state);
    }
    Precision precision = kernels.precision();
    if (state[1] != precision.bytes()) {
      throw StateException.precision(info, kernels, state[1]);
    }
    return ByteBuffer.wrap(state).order(ByteOrder.LITTLE_ENDIAN).position(BYTES);
  }
}
