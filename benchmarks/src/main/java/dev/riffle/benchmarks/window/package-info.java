/**
 * Cost of one window of a windowed model.
 *
 * <pre>
 *   WindowLengthBenchmark  one window of 2^12 to 2^21 positions: time and memory
 *   ReadBatchBenchmark     reads packed into batches of the read classifier
 *   WindowCase             the windows that peers and devices compute
 * </pre>
 */
package dev.riffle.benchmarks.window;
