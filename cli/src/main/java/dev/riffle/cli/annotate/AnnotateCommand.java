package dev.riffle.cli.annotate;

import dev.riffle.cli.shared.Failure;
import dev.riffle.cli.shared.Installation;
import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.SequenceFile;
import dev.riffle.dna.annotator.Gene;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.InputException;
import dev.riffle.models.Prediction;
import dev.riffle.models.StreamModel;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ModelDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Annotates the genes of a DNA file. */
@Command(
    name = "annotate",
    description = {
      "Find the protein-coding genes of bacteria, archaea and their phages, as GFF3.",
      "Each gene is written as soon as it is certain, about 300 bases after its end. Memory does"
          + " not grow with the contig. Uses one thread and no broker."
    })
public final class AnnotateCommand implements Callable<Integer> {
  /** Problems that are reported one by one. */
  private static final int MAX_REPORTED = 20;

  /** Number of contigs between two checks of the output for write errors. */
  private static final int CONTIGS_PER_CHECK = 1000;

  @Spec CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      description =
          "FASTA or FASTQ, plain or gzipped; detected from the first characters, not from the file name.")
  Path file;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "GFF3 file to write (default: standard output).")
  Path output;

  @Option(
      names = "--bed",
      description =
          "Also write BED to the same name with .bed. Without -o: write BED instead of GFF3.")
  boolean bed;

  @Option(
      names = "--json",
      description =
          "Also write one JSON object per gene to the same name with .jsonl. Without -o: write JSON"
              + " instead of GFF3.")
  boolean json;

  @Option(
      names = "--code",
      paramLabel = "11|4",
      description = "Genetic code of all contigs (default: genetic_code= of the header, else 11).")
  Integer code;

  @Option(names = "--force", description = "Replace existing files.")
  boolean force;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "Version directory of the model (default: the shipped dna-annotator/1).")
  Path model;

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      defaultValue = "cpu",
      description = "Backend, such as cpu or reference (default: ${DEFAULT-VALUE}).")
  String backend;

  @Override
  public Integer call() throws IOException {
    GeneticCode given = given();
    Map<GeneWriter, Path> paths = paths();
    StreamModel<Gene> annotator = annotator();
    Report report = new Report(spec.commandLine().getErr());
    long began = System.nanoTime();
    try (SequenceFile sequences = SequenceFile.open(file);
        Outputs outputs = Outputs.open(paths, spec.commandLine().getOut())) {
      new FileAnnotation(annotator, given, new Writing(outputs, report)).annotate(sequences);
      outputs.check();
    } catch (java.nio.file.NoSuchFileException e) {
      throw new Failure("The file " + e.getMessage() + " does not exist.", e);
    }
    StringJoiner written = new StringJoiner(", ", " -> ", "");
    paths.values().forEach(path -> written.add(String.valueOf(path)));
    double seconds = (System.nanoTime() - began) / 1e9;
    PrintWriter say = output == null ? spec.commandLine().getErr() : spec.commandLine().getOut();
    say.printf(
        Locale.ROOT,
        "%s: %,d contigs, %,d bases, %,d genes%s; %.1f s, %.2f Mb/s%n",
        file,
        report.contigs,
        report.bases,
        report.genes,
        output == null ? "" : written,
        seconds,
        report.bases / 1e6 / seconds);
    say.flush();
    report.close();
    return report.problems == 0 ? 0 : 1;
  }

  private GeneticCode given() {
    try {
      return code == null ? null : GeneticCode.of(code);
    } catch (InputException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  /** The formats and their files; a null path is standard output. */
  private Map<GeneWriter, Path> paths() {
    Map<GeneWriter, Path> paths = new EnumMap<>(GeneWriter.class);
    if (output == null) {
      if (bed && json) {
        throw new ParameterException(
            spec.commandLine(),
            "--bed and --json cannot both write to standard output. Pass -o FILE.");
      }
      paths.put(bed ? GeneWriter.BED : json ? GeneWriter.JSON : GeneWriter.GFF3, null);
      return paths;
    }
    paths.put(GeneWriter.GFF3, output);
    if (bed) {
      paths.put(GeneWriter.BED, withSuffix(GeneWriter.BED));
    }
    if (json) {
      paths.put(GeneWriter.JSON, withSuffix(GeneWriter.JSON));
    }
    for (Path path : paths.values()) {
      if (Files.exists(path) && !force) {
        throw new Failure(path + " exists. Pass --force to replace it, or another file with -o.");
      }
    }
    return paths;
  }

  private Path withSuffix(GeneWriter form) {
    String name = output.getFileName().toString();
    int dot = name.lastIndexOf('.');
    Path path =
        output.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + "." + form.extension());
    if (path.equals(output)) {
      throw new ParameterException(
          spec.commandLine(),
          "The GFF3 file "
              + output
              + " has the name that --"
              + form.extension()
              + " writes to. Pass another file with -o.");
    }
    return path;
  }

  private StreamModel<Gene> annotator() {
    try {
      Kernels kernels = Backends.find(backend);
      Path directory = model != null ? model : Installation.annotator();
      return Families.load(ModelDirectory.read(directory), kernels, Gene.class);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  /** Counts and reported problems. */
  private static final class Report {
    private final PrintWriter err;
    long contigs;
    long bases;
    long genes;
    long problems;

    Report(PrintWriter err) {
      this.err = err;
    }

    void problem(String what) {
      problems++;
      if (problems <= MAX_REPORTED) {
        err.println("riffle: " + what);
        err.flush();
      }
    }

    void close() {
      if (problems > MAX_REPORTED) {
        err.println("riffle: and " + (problems - MAX_REPORTED) + " more problems.");
      }
      err.flush();
    }
  }

  private record Writing(Outputs outputs, Report report) implements FileAnnotation.Listener {
    @Override
    public void gene(String contig, GeneticCode code, Prediction<Gene> gene) {
      if (gene.value().status() == Gene.Status.PUBLISHED) {
        report.genes++;
        outputs.writers.forEach((form, to) -> form.gene(to, contig, code, gene));
      }
    }

    @Override
    public void ended(String contig, long bases) {
      report.contigs++;
      report.bases += bases;
      outputs.writers.forEach((form, to) -> form.end(to, contig, bases));
      if (report.contigs % CONTIGS_PER_CHECK == 0) {
        outputs.check();
      }
    }

    @Override
    public void problem(String what) {
      report.problem(what);
    }

    @Override
    public void note(String what) {
      report.err.println("riffle: " + what);
      report.err.flush();
    }
  }

  /** One file, or standard output, for each format. */
  private record Outputs(Map<GeneWriter, PrintWriter> writers, PrintWriter stream)
      implements AutoCloseable {

    static Outputs open(Map<GeneWriter, Path> paths, PrintWriter stream) throws IOException {
      Outputs outputs = new Outputs(new EnumMap<>(GeneWriter.class), stream);
      for (Map.Entry<GeneWriter, Path> e : paths.entrySet()) {
        PrintWriter to = stream;
        if (e.getValue() != null) {
          try {
            to = new PrintWriter(Files.newBufferedWriter(e.getValue(), StandardCharsets.UTF_8));
          } catch (IOException failed) {
            outputs.close();
            throw new Failure(
                e.getValue() + " cannot be written (" + failed + "). Pass another file with -o.",
                failed);
          }
        }
        outputs.writers.put(e.getKey(), to);
        e.getKey().begin(to);
      }
      return outputs;
    }

    /** A full disk is reported at once, not at the end. */
    void check() {
      for (PrintWriter to : writers.values()) {
        if (to.checkError()) {
          throw new Failure("The genes cannot be written: is the disk full, or the pipe closed?");
        }
      }
    }

    @Override
    public void close() {
      for (PrintWriter to : writers.values()) {
        to.flush();
        if (to != stream) {
          to.close();
        }
      }
    }
  }
}
