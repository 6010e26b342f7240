package dev.riffle.operators;

import java.io.IOException;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** The opaque state of a model in the middle of a session, and the model that wrote it. */
final class ModelState {
  static final ModelState NONE = new ModelState("", new byte[0]);

  /** Fingerprint of the model that wrote the state. */
  final String fingerprint;

  /** The state; empty if no session is open. Never modified. */
  final byte[] bytes;

  ModelState(String fingerprint, byte[] bytes) {
    this.fingerprint = fingerprint;
    this.bytes = bytes;
  }

  /** The next state of the same model. */
  ModelState next(byte[] state) {
    return new ModelState(fingerprint, state);
  }

  /** Without bytes, as after the end of a session. */
  ModelState cleared() {
    return new ModelState(fingerprint, NONE.bytes);
  }

  void write(DataOutputView out) throws IOException {
    VersionedSerializer.writeText(fingerprint, out);
    VersionedSerializer.writeBytes(bytes, out);
  }

  static ModelState read(DataInputView in) throws IOException {
    return new ModelState(VersionedSerializer.readText(in), VersionedSerializer.readBytes(in));
  }
}
