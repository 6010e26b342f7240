/**
 * The fast backend on a CPU, in float.
 *
 * <pre>
 *   CpuProvider -> CpuKernels            memory, and operations that only move numbers
 *                      |     \
 *                      |      WorkerPool threads that share the rows of an operation
 *                    Engine              the loops where the time is spent
 *                    /     \
 *         VectorEngine     PlainEngine   SIMD lanes of the Vector API | loops that the JIT vectorizes
 * </pre>
 *
 * <p>The Vector API is an incubating module of the JDK and must be enabled on the command line:
 * {@code --add-modules jdk.incubator.vector}. Without it {@link dev.riffle.kernels.cpu.PlainEngine}
 * computes, two to five times slower, and logs a warning once. The system property {@code
 * riffle.kernels.cpu} forces {@code vector} or {@code fallback}; {@code riffle.kernels.cpu.threads}
 * is the number of threads that may share an operation.
 *
 * <p>Both engines compute an output element of {@code linear} as one chain of additions over the
 * inputs in ascending order, beginning with the bias; blocks of rows and columns only decide which
 * chains run side by side. So the bits of a row depend neither on its neighbors nor on threads:
 * threads share rows, and sums over rows are divided by the number of rows.
 */
package dev.riffle.kernels.cpu;
