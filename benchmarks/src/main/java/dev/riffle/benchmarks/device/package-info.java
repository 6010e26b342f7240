/**
 * Backends on a GPU, next to PyTorch on the same GPU.
 *
 * <pre>
 *   DeviceProof          the steps of gpu/prove
 *     DeviceRace         measures a DeviceCase on each DeviceEngine
 *       WindowsOnDevice  a batch of windows of a WindowCase
 *       StepOnDevice     a step of an LRU
 *       StreamsOnDevice  live streams that the music network answers in time
 *       BackendEngine    a case on a backend of Riffle
 *       TorchOnDevice    a case in PyTorch: training/peers/torch_device.py
 *     ProofTable         the page of all steps
 * </pre>
 */
package dev.riffle.benchmarks.device;
