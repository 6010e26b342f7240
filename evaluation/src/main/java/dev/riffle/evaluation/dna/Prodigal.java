package dev.riffle.evaluation.dna;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The gene finder Prodigal (Hyatt et al. 2010), run as a process. */
public final class Prodigal {
  /** Bases below which Prodigal cannot train on a genome. It then uses its pre-trained models. */
  private static final long LEAST_TO_LEARN = 500_000;

  private static final Pattern CPU = Pattern.compile("(\\d+)m([\\d.]+)s (\\d+)m([\\d.]+)s");

  /**
   * The result of a run.
   *
   * @param gff lines of its output
   */
  public record Run(List<String> gff, double cpuSeconds) {}

  private final String version;

  private Prodigal(String version) {
    this.version = version;
  }

  /** The program on the path; empty if it is not installed. */
  public static Optional<Prodigal> find() throws IOException, InterruptedException {
    try {
      Process process = new ProcessBuilder("prodigal", "-v").redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      return Optional.of(new Prodigal(said.strip().replaceFirst("^(\\S+) V?([\\d.]+).*", "$1 $2")));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  public String version() {
    return version;
  }

  /**
   * Annotates a file, in single mode where the genome is large enough, else in meta mode.
   *
   * @param bases of the file
   */
  public Run annotate(Path file, int code, long bases) throws IOException, InterruptedException {
    Path fasta = Files.createTempFile("riffle-prodigal", ".fna");
    Path out = Files.createTempFile("riffle-prodigal", ".gff");
    try {
      String mode = bases < LEAST_TO_LEARN ? "-p meta" : "-g " + code;
      String plain =
          file.toString().endsWith(".gz") ? "gzip -dc \"$1\" >\"$2\"" : "cp \"$1\" \"$2\"";
      run(plain, file, fasta);
      // `times` prints the CPU time of the shell, then of its children
      String said = run("prodigal -q -f gff " + mode + " -i \"$1\" -o \"$2\"; times", fasta, out);
      Matcher times = CPU.matcher(said.lines().reduce((a, b) -> b).orElse(""));
      if (!times.find()) {
        throw new IOException("Expected the CPU time from the shell, found: " + said);
      }
      double seconds =
          60 * (Integer.parseInt(times.group(1)) + Integer.parseInt(times.group(3)))
              + Double.parseDouble(times.group(2))
              + Double.parseDouble(times.group(4));
      return new Run(Files.readAllLines(out), seconds);
    } finally {
      Files.delete(fasta);
      Files.delete(out);
    }
  }

  private static String run(String script, Path from, Path to)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder("sh", "-c", script, "sh", from.toString(), to.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int exit = process.waitFor();
    if (exit != 0) {
      throw new IOException("'" + script + "' ended with " + exit + ".");
    }
    return said;
  }
}
