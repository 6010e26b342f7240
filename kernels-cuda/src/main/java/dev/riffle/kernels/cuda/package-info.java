/**
 * The operations as CUDA kernels of our own and products of cuBLASLt, found as the backend {@code
 * cuda} where this module's jar and its binding are on the class path.
 *
 * <pre>
 *   CudaProvider -> is everything here that it needs?  (Libraries, ComputeCapability, CudaOptions)
 *        |
 *        +-> CudaKernels  the operations: which kernel, which grid
 *              +-> Gpu        one GPU, one stream, one thread
 *                    Memory   a block of the GPU's memory; Pool keeps the ceiling
 *                    Kernel   a compiled kernel: arguments, launch      (Compiler: NVRTC, from *.cu)
 *                    Products y = f(x W^T + b) by cuBLASLt
 *                    Staging  pinned memory, on the way to and from the GPU
 *                    Calls    every result checked; a failure says what to do
 * </pre>
 *
 * <p>The binding is {@code org.bytedeco:cuda} (JavaCPP); CUDA's libraries are the host's. It finds
 * a function of a library when it is first called: one that the host's CUDA does not have ends the
 * process, so only functions of CUDA 13.0 are called here.
 */
package dev.riffle.kernels.cuda;
