/**
 * The operations that models are written over, their plain meaning and the fast CPU path.
 *
 * <pre>
 *   Backends.find("cpu") -> Kernels     one object per JVM, safe to share between threads
 *        |                                (it owns no work memory; tensors are the caller's)
 *        +-- constants: Linear, LayerNorm, Diagonal, Index    made once from weights, read only
 *        +-- Tensor     activations and states                owned by one thread at a time
 *        +-- operations      linear, activate, normalize, ... all write into a Tensor that is given
 *        +-- Device     the thread to call all of this on, for a backend that has one
 * </pre>
 *
 * <p>Every operation works on <em>rows</em>. A row's result depends on that row alone: neither the
 * number of rows nor its place among them changes a bit of it, on one backend and CPU type.
 * Operations that look along time, which are those with {@code starts}, promise the same of a
 * sequence: it depends on its own rows alone. {@link dev.riffle.kernels.reference} is the
 * definition; every other backend equals it within tolerance, which {@code KernelsContract} checks.
 */
package dev.riffle.kernels;
