package dev.riffle.music.transcriber;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Block;
import dev.riffle.models.Format;
import dev.riffle.models.PredictAt;
import dev.riffle.models.Prediction;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.Scratch;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.music.signal.Resampler;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Compares the transcriber with a recorded run, stage by stage. */
public final class TranscriberGolden {
  private static final double GAIN = 1e-6; // relative
  private static final double FEATURES = 2e-4;
  private static final double HIDDEN = 2e-3; // and logits
  private static final double START_FRAMES = 0.02;
  private static final double VELOCITY = 1; // of 127: a value near a half may round either way

  private static final Comparator<double[]> BY_PITCH_THEN_START =
      Comparator.<double[]>comparingDouble(note -> note[0]).thenComparingDouble(note -> note[1]);

  /** Frames that are computed together. */
  private static final int FRAMES = 32;

  private final Safetensors golden;
  private final GoldenReport report;
  private final Transcriber transcriber;
  private final Network network;
  private final float[] samples;

  private TranscriberGolden(GoldenCase golden, Kernels kernels, GoldenReport report) {
    this.golden = golden.tensors();
    this.report = report;
    transcriber = new Transcriber(golden.modelDirectory(), kernels);
    network = transcriber.network();
    samples = this.golden.floats("pcm");
    for (int i = 0; i < samples.length; i++) {
      samples[i] /= 32768;
    }
  }

  /** Compares front end, network, and the notes of the whole model. */
  public static void check(GoldenCase golden, Kernels kernels, GoldenReport report) {
    TranscriberGolden run = new TranscriberGolden(golden, kernels, report);
    List<float[]> features = run.checkFrontEnd();
    run.checkNetwork(features);
    run.checkNotes();
  }

  private BatchItem<Note> everything(byte[] state) {
    Format format = new Format(transcriber.config().audio().rate(), 1);
    return new BatchItem<>(format, state, samples, 0, samples.length);
  }

  private List<float[]> checkFrontEnd() {
    TranscriberConfig config = transcriber.config();
    BatchItem<Note> row = everything(new byte[0]);
    SoundFrames frames = new SoundFrames(config, transcriber.frontEnd());
    frames.open(row.format, new Resampler(config.audio().rate(), config.audio().rate()));
    frames.begin(row, true);

    FrontEnd.Work work = new FrontEnd.Work(config);
    List<float[]> features = new ArrayList<>();
    List<Float> gains = new ArrayList<>();
    float[] frame = new float[network.inputs()];
    while (frames.nextFrame(frame, 0, work)) {
      features.add(frame.clone());
      gains.add(frames.lastGain());
    }
    double[] gain = gains.stream().mapToDouble(Float::doubleValue).toArray();
    report.compare("gain", golden.doubles("gain"), gain, 0, GAIN);
    report.compare("features", golden.doubles("features"), joined(features), FEATURES, 0);
    return features;
  }

  private void checkNetwork(List<float[]> features) {
    Kernels kernels = network.kernels();
    Map<String, List<float[]>> seen = new HashMap<>(); // per stage one entry per frame
    Scratch work = new Scratch(kernels);
    int layers = network.stateSizes().length;
    int[] calls = new int[1];
    work.observe(
        (stage, values, rows, width) -> {
          // layers are observed in turn, so the count tells which one it is
          boolean layer = stage.equals("layer_output");
          String name = layer ? "layer" + calls[0]++ % layers : stage;
          seen.computeIfAbsent(name, s -> new ArrayList<>()).add(read(values, rows * width));
        });
    RecurrentState state = new RecurrentState(network, 1);
    for (int from = 0; from < features.size(); from += FRAMES) {
      int count = Math.min(FRAMES, features.size() - from);
      Tensor x = kernels.constant(joined(features.subList(from, from + count)));
      Tensor y = kernels.allocate(count * network.outputs());
      Block block = new Block(x, PackedSequences.of(0, count));
      network.advance(block, state, PredictAt.EVERY_STEP, y, work);
    }

    compareRecordedFrames("local", seen.get("local"), features.size());
    for (int k = 0; k < layers; k++) {
      String name = k < layers - 1 ? "layer" + k : "pitch_layer";
      compareRecordedFrames(name, seen.get("layer" + k), features.size());
      float[] last = read(state.part(k), network.stateSizes()[k]);
      report.compare(
          name + "_state", golden.doubles(name + "_state"), joined(List.of(last)), HIDDEN, 0);
    }
    double[] logits = joined(seen.get("logits")); // [frames, pitches, 3]
    String[] heads = {"onset_logits", "frame_logits", "velocity_logits"};
    for (int head = 0; head < heads.length; head++) {
      double[] one = new double[logits.length / heads.length];
      for (int i = 0; i < one.length; i++) {
        one[i] = logits[i * heads.length + head];
      }
      report.compare(heads[head], golden.doubles(heads[head]), one, HIDDEN, 0);
    }
  }

  /** Compares the recorded frames of a stage. */
  private void compareRecordedFrames(String name, List<float[]> seen, int frames) {
    double[] all = joined(seen);
    int width = all.length / frames;
    long[] kept = golden.longs("kept_frames");
    double[] some = new double[kept.length * width];
    for (int i = 0; i < kept.length; i++) {
      System.arraycopy(all, (int) kept[i] * width, some, i * width, width);
    }
    report.compare(name, golden.doubles(name), some, HIDDEN, 0);
  }

  private void checkNotes() {
    StreamRunner<Note> runner = transcriber.newRunner();
    BatchItem<Note> row = everything(new byte[0]);
    row.state = runner.open(row.format);
    runner.finish(List.of(row));
    double[][] ends = notes(row, Note.Kind.OFF);
    double[][] starts = notes(row, Note.Kind.ON);
    // [notes, 6]: pitch, start, end, frame that emits the start, confidence, velocity from 0 to 1
    double[] flat = golden.doubles("notes");
    double[][] expected = new double[flat.length / 6][];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = Arrays.copyOfRange(flat, 6 * i, 6 * i + 6);
      expected[i][5] = Math.rint(127 * expected[i][5]);
    }
    Arrays.sort(expected, BY_PITCH_THEN_START);
    report.compare("notes.pitch", column(expected, 0), column(ends, 0), 0, 0);
    report.compare("notes.start", column(expected, 1), column(ends, 1), START_FRAMES, 0);
    report.compare("notes.end", column(expected, 2), column(ends, 2), 0, 0);
    report.compare("notes.told", column(expected, 3), column(starts, 3), 0, 0);
    report.compare("notes.confidence", column(expected, 4), column(starts, 4), HIDDEN, 0);
    report.compare("notes.velocity", column(expected, 5), column(starts, 5), VELOCITY, 0);
  }

  /** The columns of the recorded notes, with MIDI velocities. */
  private static double[][] notes(BatchItem<Note> row, Note.Kind kind) {
    return row.predictions.stream()
        .map(Prediction::value)
        .filter(note -> note.kind() == kind)
        .map(
            n ->
                new double[] {
                  n.pitch(),
                  n.onsetFrames(),
                  n.offsetFrames(),
                  n.publishedFrame(),
                  n.confidence(),
                  n.velocity()
                })
        .sorted(BY_PITCH_THEN_START)
        .toArray(double[][]::new);
  }

  private static double[] column(double[][] rows, int column) {
    return Arrays.stream(rows).mapToDouble(row -> row[column]).toArray();
  }

  private float[] read(Tensor tensor, int count) {
    float[] values = new float[count];
    network.kernels().read(tensor, 0, values, 0, count);
    return values;
  }

  private static double[] joined(List<float[]> parts) {
    double[] all = new double[parts.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (float[] part : parts) {
      for (float value : part) {
        all[at++] = value;
      }
    }
    return all;
  }
}
