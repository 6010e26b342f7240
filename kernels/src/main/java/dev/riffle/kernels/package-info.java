/**
 * The operations that models are written over: their definition, the argument checks, and the
 * backends {@code reference} and {@code cpu}.
 *
 * <pre>
 *   Backends.find("cpu") -> Kernels      checks arguments; one object per JVM, shared by threads
 *                              |
 *                              v
 *                           Backend      what a backend implements, one provider per jar
 *                              |
 *       +----------------------+-----------+------------------+
 *   MemoryOperations      Constants    Operations      FusedOperations
 *   allocate, write,      linear,      linear, ...,    advance, switchUnit, mlp, ...:
 *   read, store, ...      diagonal,    attend          composed by default, overridden
 *                         index                        where a backend has a faster form
 * </pre>
 *
 * <p>A {@link dev.riffle.kernels.Tensor} is used by one thread at a time; constants are read only
 * and shared. A backend that computes on a {@link dev.riffle.kernels.Device} is called on the
 * thread of that device.
 *
 * <p>Every operation works on <em>rows</em>. The result of a row depends on that row only: neither
 * the number of rows nor its position changes a bit of it, on one backend and CPU type. Operations
 * along time take {@link dev.riffle.kernels.PackedSequences}; the result of a sequence depends on
 * its own rows only. {@link dev.riffle.kernels.reference} is the definition; every other backend
 * equals it within tolerance, which {@code KernelsContract} tests.
 *
 * <p>To add an operation: define it in {@link dev.riffle.kernels.Operations}, check its arguments
 * in {@link dev.riffle.kernels.Kernels}, and implement it in the backends; or compose it in {@link
 * dev.riffle.kernels.FusedOperations}, so that backends may follow later.
 */
package dev.riffle.kernels;
