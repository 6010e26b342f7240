/**
 * The operations as own CUDA kernels and products of cuBLASLt: the backend {@code cuda}, available
 * where the jar of this module and its binding are on the class path.
 *
 * <pre>
 *   CudaProvider   does this machine have all that is needed?  (Machine, ComputeCapability)
 *        |
 *        +-> CudaKernels extends CudaOperations extends CudaMemory
 *              fused operations    one kernel each         memory, constants
 *              +-> Gpu        one GPU, one stream, one thread
 *                    Memory   a block of the GPU's memory; Pool limits the total
 *                    Kernel   a compiled kernel: arguments, launch      (Compiler: NVRTC, from *.cu)
 *                    Products y = f(x W^T + b) by cuBLASLt
 *                    Staging  pinned memory, for transfers to and from the GPU
 *                    Calls    checks every result; a failure says what to do
 * </pre>
 *
 * <p>The binding is {@code org.bytedeco:cuda} (JavaCPP); the libraries of CUDA are those of the
 * host. The binding looks a function up when it is first called, and a function that the host's
 * CUDA does not have ends the process. So this module calls functions of CUDA 13.0 only.
 */
package dev.riffle.kernels.cuda;
