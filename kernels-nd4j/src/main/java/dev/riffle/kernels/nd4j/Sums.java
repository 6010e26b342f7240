package dev.riffle.kernels.nd4j;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.reduce.same.Sum;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Sums over rows by feature, in double, a block of rows at a time.
 *
 * @param total {@code [width]} what has been summed
 * @param part work memory {@code [width]}
 * @param wide work memory of a block's size
 */
record Sums(INDArray total, INDArray part, INDArray wide) {

  /** Takes the work memory for sums of up to {@code most} rows at a time. */
  static Sums take(Work work, int most, int width) {
    return new Sums(
        work.array(DataType.DOUBLE, width),
        work.array(DataType.DOUBLE, width),
        work.array(DataType.DOUBLE, most * (long) width));
  }

  /** Adds the rows of x {@code [rows, width]}; the first begin a new sum. */
  void add(INDArray x, boolean first) {
    INDArray d = first(wide, x.size(0), x.size(1)).assign(x);
    INDArray to = first ? total : part;
    Nd4jMemory.reduce(new Sum(d, to, 0), to);
    if (!first) {
      total.addi(part);
    }
  }

  /** The first values of work memory, in this shape. */
  static INDArray first(INDArray memory, long... shape) {
    return Nd4j.create(memory.data(), shape, Nd4j.getStrides(shape, 'c'), 0, 'c');
  }
}
