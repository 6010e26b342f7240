package dev.riffle.music.transcriber;

import dev.riffle.kernels.Kernels;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.weights.Safetensors;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Compares a second pass with a recorded run, from the frames of the first pass to its notes. */
public final class SecondPassGolden {
  private static final double VERDICT = 2e-3;
  private static final double START_FRAMES = 0.02;

  /** Frames of a round. */
  private static final int FRAMES = 20;

  private SecondPassGolden() {}

  /** Compares candidates, their windows, verdicts and notes. */
  public static void check(GoldenCase golden, Kernels kernels, GoldenReport report) {
    Safetensors t = golden.tensors();
    SecondPass second = new SecondPass(golden.modelDirectory(), kernels);
    float[] features = t.floats("input_features"); // [frames, windows, bins]
    float[] probabilities = t.floats("input_probabilities"); // [frames, pitches, 3]
    int frames = t.shape("input_features")[0];
    int featureWidth = features.length / frames;
    int width = probabilities.length / frames;

    List<SecondPass.Verdict> verdicts = new ArrayList<>();
    List<Note> notes = new ArrayList<>();
    SecondPass.Work work = second.newWork();
    int[] first = {0}; // frame of the round
    work.observe(v -> verdicts.add(v.from(first[0])));
    SecondPassSession session = second.newSession();
    for (int from = 0; from < frames; from += FRAMES) {
      int to = Math.min(from + FRAMES, frames);
      first[0] = from;
      for (int f = from; f < to; f++) {
        session.add(features, f * featureWidth, probabilities, f * width);
      }
      work.judge(List.of(session));
      for (int f = from; f < to; f++) {
        session.decide(f - from, f, notes::add);
      }
      session.forget();
    }
    first[0] = frames;
    session.finish(frames, work, notes::add);

    report.compare("candidates", t.doubles("candidates"), candidates(verdicts), 0, 0);
    double[] found = verdicts.stream().mapToDouble(SecondPass.Verdict::probability).toArray();
    report.compare("verdicts", t.doubles("verdicts"), found, VERDICT, 0);
    double[] windows = t.doubles("windows"); // [some, values]: of the first candidates
    double[] seen = new double[windows.length];
    int size = t.shape("windows")[1];
    for (int i = 0; i < seen.length / size; i++) {
      float[] window = verdicts.get(i).window();
      for (int k = 0; k < size; k++) {
        seen[i * size + k] = window[k];
      }
    }
    report.compare("windows", windows, seen, 0, 0);
    compareNotes(t, notes, report);
  }

  private static double[] candidates(List<SecondPass.Verdict> verdicts) {
    double[] candidates = new double[2 * verdicts.size()]; // [candidates, 2]
    for (int i = 0; i < verdicts.size(); i++) {
      candidates[2 * i] = verdicts.get(i).frame();
      candidates[2 * i + 1] = verdicts.get(i).pitch();
    }
    return candidates;
  }

  private static void compareNotes(Safetensors t, List<Note> notes, GoldenReport report) {
    List<Note> ended =
        notes.stream()
            .filter(n -> n.kind() == Note.Kind.OFF)
            .sorted(Comparator.comparingInt(Note::pitch).thenComparingDouble(Note::onsetFrames))
            .toList();
    double[] flat = t.doubles("notes"); // [notes, 3]: pitch, start, end, in this order
    double[][] columns = new double[3][flat.length / 3];
    for (int i = 0; i < flat.length; i++) {
      columns[i % 3][i / 3] = flat[i];
    }
    report.compare(
        "notes.pitch", columns[0], ended.stream().mapToDouble(Note::pitch).toArray(), 0, 0);
    report.compare(
        "notes.start",
        columns[1],
        ended.stream().mapToDouble(Note::onsetFrames).toArray(),
        START_FRAMES,
        0);
    report.compare(
        "notes.end", columns[2], ended.stream().mapToDouble(Note::offsetFrames).toArray(), 0, 0);
  }
}
