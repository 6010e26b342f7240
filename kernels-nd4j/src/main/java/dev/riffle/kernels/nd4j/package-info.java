/**
 * The operations on arrays of ND4J 1.0.0-M2.1, found as the backend {@code nd4j} where this
 * module's jar and ND4J's natives are on the class path.
 *
 * <pre>
 *   Nd4jProvider -> can ND4J load, can it use the GPU?   (ComputeCapability)
 *        |
 *        +-> Guard  what ND4J throws is a DeviceException
 *              +-> Nd4jKernels  operations, composed of ND4J's operations
 *                    ArrayTensor  views by strides on one flat array
 *                    Work         work memory, given back at once
 * </pre>
 *
 * <p>What of ND4J is not used, because it is wrong or other than its name says: the operations
 * GELU, PreciseGELU, layer_norm and roll, {@code gemm} into a view, intervals of length 1.
 */
package dev.riffle.kernels.nd4j;
