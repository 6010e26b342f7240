/**
 * Cost of one step of a recurrent model.
 *
 * <pre>
 *   LruStepBenchmark         one step of an LRU (JMH): cpu, its fallback, reference, onnxruntime
 *     LruStep                what it advances
 *       RiffleStep           Lru.advance on a backend
 *       OnnxStep             the same weights as a graph: training/peers/make_lru_onnx.py
 *   SequenceLengthBenchmark  one event after 1,000 events and after 10,000,000
 *   TranscriberBenchmark     one frame of sound through the transcriber
 *   AnnotatorBenchmark       bases through the annotator
 * </pre>
 */
package dev.riffle.benchmarks.step;
