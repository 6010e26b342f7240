package dev.riffle.kernels.cuda;

import org.bytedeco.javacpp.Pointer;

/**
 * An address for calls that take a pointer. It is set before each call, so that a call allocates
 * nothing.
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
