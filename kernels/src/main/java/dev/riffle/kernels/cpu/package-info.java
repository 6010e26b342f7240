/**
 * The fast path on a CPU, in float.
 *
 * <pre>
 *   CpuProvider -> CpuKernels            arguments checked, memory, operations that only move numbers
 *                      |     \
 *                      |      WorkerPool threads that share the rows of a operation
 *                    Engine              the operations where the time goes
 *                    /     \
 *         VectorEngine     PlainEngine   lanes of the Vector API | loops that the JIT turns into lanes
 * </pre>
 *
 * <p>The Vector API is an incubating module of the JDK and has to be named on the command line:
 * {@code --add-modules jdk.incubator.vector}. Without it {@link dev.riffle.kernels.cpu.PlainEngine}
 * works, two to five times slower, and says so once in the log. The system property {@code
 * riffle.kernels.cpu} forces {@code vector} or {@code fallback}; {@code riffle.kernels.cpu.threads}
 * says how many threads may share a operation.
 *
 * <p>Both engines compute an output element of {@code linear} as one chain of additions over the
 * inputs in ascending order, beginning with the bias; blocks of rows and columns only decide which
 * chains run side by side. So a row's bits never depend on its neighbours, nor on threads: these
 * share rows, and what is summed over rows is cut by the number of rows.
 */
package dev.riffle.kernels.cpu;
