package dev.riffle.evaluation.music;

import dev.riffle.music.transcriber.OnsetScore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * {@code riffle evaluate music}: onset F1 of each CSV file of {@code riffle transcribe} that has a
 * label file with the same name, and the means over files. Both files begin with a header that
 * names {@code onset_s} and {@code midi_pitch}.
 */
@Command(
    name = "music",
    description = "Score note files of 'riffle transcribe' against labels.",
    exitCodeList = {"0:success", "1:a labelled file was not transcribed", "2:usage error"})
public final class ScoreTranscriptions implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "CSV_DIR", description = "Directory of transcribed notes.")
  private Path transcribed;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "LABEL_DIR",
      description = "Directories of label files.")
  private List<Path> labels;

  @Override
  public Integer call() throws IOException {
    boolean complete = true;
    for (Path folder : labels) {
      complete &= score(transcribed, folder);
    }
    return complete ? 0 : 1;
  }

  private static boolean score(Path transcribed, Path labels) throws IOException {
    System.out.printf(
        Locale.ROOT, "%-28s %6s %6s %6s %6s%n", labels.getFileName(), "F1", "P", "R", "notes");
    List<OnsetScore> scores = new ArrayList<>();
    boolean complete = true;
    for (Path label : csvs(labels)) {
      Path csv = transcribed.resolve(label.getFileName().toString());
      if (!Files.exists(csv)) {
        System.out.printf(Locale.ROOT, "%-28s was not transcribed%n", label.getFileName());
        complete = false;
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
    return complete;
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
