package dev.riffle.kernels.nd4j;

import dev.riffle.kernels.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * {@code size} floats of a flat array, from {@code base} on.
 *
 * <p>Every view is taken from the whole buffer by shape, strides and offset. Views of views by
 * intervals are never taken: of one element they are empty.
 *
 * @param whole rank 1, shared with views
 * @param base index of the first value
 * @param size number of values
 */
record ArrayTensor(INDArray whole, int base, int size) implements Tensor {

  @Override
  public ArrayTensor slice(int offset, int count) {
    return new ArrayTensor(whole, base + offset, count);
  }

  /** {@code count} values from {@code at} on, as {@code [count]}; at least one. */
  INDArray vector(long at, long count) {
    return strided(at, new long[] {count}, 1);
  }

  /** Rows that follow one another, as {@code [rows, width]}; at least one value. */
  INDArray matrix(long at, long rows, long width) {
    return strided(at, new long[] {rows, width}, width, 1);
  }

  /** Values {@code at + sum_i index_i strides_i}; rows may overlap where they are only read. */
  INDArray strided(long at, long[] shape, long... strides) {
    return Nd4j.create(whole.data(), shape, strides, base + at, 'c');
  }
}
