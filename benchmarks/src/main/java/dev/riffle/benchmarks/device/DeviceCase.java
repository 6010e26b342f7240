package dev.riffle.benchmarks.device;

import dev.riffle.kernels.Kernels;
import java.io.IOException;
import java.nio.file.Path;

/** Something that engines race on: a model, its weights and its input, the same for all of them. */
interface DeviceCase {

  /** What it is, such as {@code ChordMixer 8192}. */
  String name();

  /** Windows, or keys, that are computed at once. */
  int batch();

  /** What {@code torch_device.py} calls its model. */
  String kind();

  Path weights() throws IOException;

  /** The input, {@code [batch, ...]}, little-endian floats. */
  Path input() throws IOException;

  /** Positions of a window; 1 for a step. */
  int length();

  /** Values of the answer, {@code [batch, ...]}. */
  int outputs();

  /** Additions and multiplications of its matrix products. */
  double operations();

  /** Bytes that must move to and from memory if all that can stay on the chip does. */
  double bytes();

  /** Runs after a {@link DeviceEngine#reset} until answers are compared. */
  int runs();

  /** What is to be compared: the first value of some part of the answer, and its values. */
  record Part(int first, float[] values) {}

  /** Some parts of the answer after {@link #runs}, computed by the backend {@code cpu}. */
  Iterable<Part> expected();

  /** It on a backend, called as a model's user calls it. */
  DeviceEngine on(Kernels kernels);
}
