/**
 * The operations on arrays of ND4J 1.0.0-M2.1: the backend {@code nd4j}, available where the jar of
 * this module and ND4J's natives are on the class path.
 *
 * <pre>
 *   Nd4jProvider   can ND4J load, can it use the GPU?   (ComputeCapability)
 *        |
 *        +-> Guard           reports exceptions of ND4J as a DeviceException
 *              +-> Nd4jKernels extends Nd4jOperations extends Nd4jMemory
 *                    windows             rows, sequences         memory, constants, products
 *                    ArrayTensor         views by strides of one flat array
 *                    Work                work memory of an operation, freed when it ends
 * </pre>
 *
 * <p>These parts of ND4J are not used because their results are wrong or differ from their
 * documentation: the operations GELU, PreciseGELU, layer_norm and roll, {@code gemm} into a view,
 * and intervals of length 1.
 */
package dev.riffle.kernels.nd4j;
