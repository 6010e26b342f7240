/**
 * Speed: one package per kind of measurement.
 *
 * <pre>
 *   step     one step of a recurrent model
 *   window   one window of a windowed model
 *   peers    windows next to PyTorch and onnxruntime
 *   stream   load through Kafka and Flink
 *   device   backends on a GPU
 *   support  what they share
 * </pre>
 *
 * <p>No build runs a benchmark. Tests check that peers compute the same as Riffle and that {@code
 * gpu/prove} runs. Accuracy is the module {@code evaluation}.
 */
package dev.riffle.benchmarks;
