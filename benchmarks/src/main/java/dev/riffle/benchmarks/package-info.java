/**
 * What the project's numbers are measured with. Nothing here is timed in a build: tests say that
 * peers compute the same as Riffle does and that gpu/prove runs; each benchmark prints its command
 * in its own page.
 *
 * <pre>
 *   LruStepBenchmark         one step of an LRU: cpu, its fallback, reference, onnxruntime
 *   SequenceLengthBenchmark  one event after 1,000 events and after 10,000,000
 *   WindowLengthBenchmark    one window of 2^12 to 2^21 positions: time and memory
 *   WindowPeersBenchmark     one window on two threads, beside eager PyTorch and onnxruntime
 *   TranscriberBenchmark     one frame of sound through the transcriber
 *   LiveStreamsBenchmark     live streams through Kafka and Flink: cost and latency of each
 *   WindowedJobBenchmark     long windows through Kafka and a job's file, beside the bare model
 *   AnnotationJobBenchmark   DNA through Kafka and Flink, beside the bare model and Prodigal
 *   DeviceProof              the steps of gpu/prove: a backend on a device, beside PyTorch there
 *   ScoreReadUntil           reads judged after 1 to 10 chunks, beside a k-mer regression
 *   FlowCellBenchmark        512 channels through Kafka and Flink that obey what is decided
 *   TranscribeDirectory      folders of sound as a batch, without broker or cluster
 *
 *   LruStep                  what LruStepBenchmark advances
 *     RiffleStep             Lru.advance on a backend
 *     OnnxStep               the same weights as a graph: training/peers/make_lru_onnx.py
 *   WindowPeer               what WindowPeersBenchmark runs, on the window of a WindowCase
 *     RiffleWindow           the model on the backend cpu
 *     TorchWindow            eager PyTorch: training/peers/torch_windows.py
 *     OnnxWindow             the same weights as a graph: training/peers/make_window_onnx.py
 *   DeviceRace               what DeviceProof measures, a DeviceCase on each DeviceEngine
 *     WindowsOnDevice        windows of a WindowCase at once; StepOnDevice: a step of an LRU
 *     StreamsOnDevice        live streams that the network of MusicNet answers in time
 *     BackendEngine          a case on a backend of Riffle
 *     TorchOnDevice          a case in PyTorch: training/peers/torch_device.py
 *     ProofTable             the page of all steps
 *   SimulatedReads           what both read: stretches of genomes with a base caller's errors
 *     KmerLogisticRegression the baseline of ScoreReadUntil
 *   Child                    a process that a benchmark measures: LiveStreamsBenchmark, and
 *     WindowedJobProcess     the bare model and the job of WindowedJobBenchmark
 *       WindowedJobCase      its models and windows
 *       OperatorTimes        where the operator's time goes
 *     AnnotationJobProcess   the bare annotator and the job of AnnotationJobBenchmark
 * </pre>
 */
package dev.riffle.benchmarks;
