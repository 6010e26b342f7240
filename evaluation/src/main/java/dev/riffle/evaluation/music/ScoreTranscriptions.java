package dev.riffle.evaluation.music;

import dev.riffle.music.transcriber.OnsetScore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Scores what {@code ./riffle transcribe} wrote: onset F1 of each CSV that has a label file of its
 * name, and their means over files. Both begin with a header that names {@code onset_s} and {@code
 * midi_pitch}.
 *
 * <pre>
 *   ScoreTranscriptions CSV_DIR LABEL_DIR...
 * </pre>
 */
public final class ScoreTranscriptions {
  private ScoreTranscriptions() {}

  /** Prints a line per file and the means; ends with 1 if a labelled file was not transcribed. */
  public static void main(String[] args) throws IOException {
    if (args.length < 2) {
      System.err.println("Usage: ScoreTranscriptions CSV_DIR LABEL_DIR...");
      System.exit(2);
    }
    boolean whole = true;
    for (String folder : Arrays.copyOfRange(args, 1, args.length)) {
      whole &= score(Path.of(args[0]), Path.of(folder));
    }
    System.exit(whole ? 0 : 1);
  }

  private static boolean score(Path transcribed, Path labels) throws IOException {
    System.out.printf(
        Locale.ROOT, "%-28s %6s %6s %6s %6s%n", labels.getFileName(), "F1", "P", "R", "notes");
    List<OnsetScore> scores = new ArrayList<>();
    boolean whole = true;
    for (Path label : csvs(labels)) {
      Path csv = transcribed.resolve(label.getFileName().toString());
      if (!Files.exists(csv)) {
        System.out.printf(Locale.ROOT, "%-28s was not transcribed%n", label.getFileName());
        whole = false;
        continue;
      }
      OnsetScore score = OnsetScore.of(onsets(label), onsets(csv));
      scores.add(score);
      print(
          label.getFileName().toString(),
          score.f1(),
          score.precision(),
          score.recall(),
          score.estimated());
    }
    print(
        "mean over " + scores.size() + " files",
        scores.stream().mapToDouble(OnsetScore::f1).average().orElse(0),
        scores.stream().mapToDouble(OnsetScore::precision).average().orElse(0),
        scores.stream().mapToDouble(OnsetScore::recall).average().orElse(0),
        scores.stream().mapToInt(OnsetScore::estimated).sum());
    return whole;
  }

  private static void print(String name, double f1, double precision, double recall, int notes) {
    System.out.printf(
        Locale.ROOT, "%-28s %6.3f %6.3f %6.3f %6d%n", name, f1, precision, recall, notes);
  }

  private static List<Path> csvs(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(".csv")).sorted().toList();
    }
  }

  private static List<OnsetScore.Onset> onsets(Path csv) throws IOException {
    List<String> lines = Files.readAllLines(csv);
    List<String> header = List.of(lines.get(0).split(","));
    int onset = header.indexOf("onset_s");
    int pitch = header.indexOf("midi_pitch");
    List<OnsetScore.Onset> onsets = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] fields = line.split(",");
      onsets.add(
          new OnsetScore.Onset(Double.parseDouble(fields[onset]), Integer.parseInt(fields[pitch])));
    }
    return onsets;
  }
}
