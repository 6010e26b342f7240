package dev.riffle.kernels.cuda;

import org.bytedeco.javacpp.Pointer;

/**
 * An address for calls that want a pointer; set anew before each, so that none is made per call.
 */
final class Address extends Pointer {
  Address() {
    super((Pointer) null);
  }

  Address at(long where) {
    address = where;
    return this;
  }
}
