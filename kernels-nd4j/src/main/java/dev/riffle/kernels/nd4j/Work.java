package dev.riffle.kernels.nd4j;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Work memory of one operation, given back when the operation ends: memory outside the heap is
 * otherwise held until the collector comes by, and it does not see how much that is.
 */
final class Work implements AutoCloseable {
  private final List<INDArray> taken = new ArrayList<>();

  /** {@code size} floats, not set; at least one. */
  ArrayTensor take(int size) {
    INDArray array = array(DataType.FLOAT, size);
    return new ArrayTensor(array, 0, size);
  }

  /** An array in C order, not set. */
  INDArray array(DataType type, long... shape) {
    return keep(Nd4j.createUninitialized(type, shape, 'c'));
  }

  /** An array that ends with this work. */
  INDArray keep(INDArray array) {
    taken.add(array);
    return array;
  }

  @Override
  public void close() {
    for (INDArray array : taken) {
      array.close();
    }
  }
}
