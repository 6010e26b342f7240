/**
 * Windowed models next to eager PyTorch and onnxruntime.
 *
 * <pre>
 *   WindowPeersBenchmark  one window on each peer, in turns
 *     WindowPeer          a peer that computes the window of a WindowCase
 *       RiffleWindow      a backend of Riffle
 *       TorchWindow       eager PyTorch: training/peers/torch_windows.py
 *       OnnxWindow        the same weights as a graph: training/peers/make_window_onnx.py
 * </pre>
 */
package dev.riffle.benchmarks.peers;
