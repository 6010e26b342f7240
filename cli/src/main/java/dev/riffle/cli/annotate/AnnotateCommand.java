package dev.riffle.cli.annotate;

import dev.riffle.cli.dna.CodeChoice;
import dev.riffle.cli.shared.Failure;
import dev.riffle.cli.shared.InputFile;
import dev.riffle.cli.shared.InputFiles;
import dev.riffle.cli.shared.InputKind;
import dev.riffle.cli.shared.Installation;
import dev.riffle.cli.shared.OutputDirectory;
import dev.riffle.cli.shared.Progress;
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
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
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
      arity = "1..*",
      description =
          "FASTA or FASTQ, plain or compressed with gzip, bzip2, xz or zstd; detected from the"
              + " first bytes, not from the file name."
              + " Files, folders, quoted patterns such as '*.fna', named pipes, or - for standard"
              + " input.")
  List<String> arguments;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description =
          "GFF3 file to write, or - for standard output (default: standard output). A directory for"
              + " several inputs: each is written to STEM.gff3; files of a folder keep their paths"
              + " in it.")
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
      paramLabel = "auto|11|4",
      defaultValue = "auto",
      converter = CodeChoice.Converter.class,
      description = "Genetic code of all contigs. " + CodeChoice.AUTO)
  CodeChoice code;

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
    InputFiles inputs = InputFiles.of(arguments, InputKind.DNA);
    boolean toDirectory = inputs.several() || output != null && Files.isDirectory(output);
    Map<InputFile, Map<GeneWriter, Path>> paths = paths(inputs, toDirectory);
    StreamModel<Gene> annotator = annotator();
    if (toDirectory) {
      OutputDirectory.make(output);
    }
    PrintWriter err = spec.commandLine().getErr();
    inputs.problems().forEach(problem -> err.println("riffle: " + problem));
    err.flush();
    Progress progress =
        new Progress(
            toFile() ? spec.commandLine().getOut() : err,
            inputs.several() && Installation.terminal());
    long problems = inputs.problems().size();
    int done = 0;
    for (InputFile input : inputs.files()) {
      progress.showFiles(done++, inputs.files().size(), "annotated");
      Report report = new Report(err, inputs.several() ? input.name() + ": " : "", progress);
      annotate(input, paths.get(input), annotator, report);
      problems += report.problems;
    }
    progress.clear();
    return problems == 0 ? 0 : 1;
  }

  /** Annotates one input; what is wrong with it is a problem of its report. */
  private void annotate(
      InputFile input, Map<GeneWriter, Path> paths, StreamModel<Gene> annotator, Report report)
      throws IOException {
    long began = System.nanoTime();
    try (SequenceFile sequences = open(input);
        Outputs outputs = Outputs.open(paths, spec.commandLine().getOut())) {
      new FileAnnotation(annotator, code.given().orElse(null), new Writing(outputs, report))
          .annotate(sequences);
      outputs.check();
    } catch (InputException e) {
      report.refused(e.getMessage());
      return;
    }
    StringJoiner written = new StringJoiner(", ", " -> ", "");
    paths.values().forEach(path -> written.add(String.valueOf(path)));
    double seconds = (System.nanoTime() - began) / 1e9;
    report.progress.clear();
    PrintWriter say = toFile() ? spec.commandLine().getOut() : spec.commandLine().getErr();
    say.printf(
        Locale.ROOT,
        "%s: %,d contigs, %,d bases, %,d genes%s; %.1f s, %.2f Mb/s%n",
        input.name(),
        report.contigs,
        report.bases,
        report.genes,
        toFile() ? written : "",
        seconds,
        report.bases / 1e6 / seconds);
    say.flush();
    report.close();
  }

  private static SequenceFile open(InputFile input) {
    try {
      InputStream in = input.open();
      try {
        return SequenceFile.open(in, input.name());
      } catch (IOException | RuntimeException e) {
        in.close();
        throw e;
      }
    } catch (IOException e) {
      throw new InputException(input.name() + " cannot be read: " + e, e);
    }
  }

  private boolean toFile() {
    return output != null && !output.toString().equals(InputFiles.STREAM);
  }

  /** The files of each input; a null path is standard output. */
  private Map<InputFile, Map<GeneWriter, Path>> paths(InputFiles inputs, boolean toDirectory) {
    if (toDirectory && (!toFile() || Files.exists(output) && !Files.isDirectory(output))) {
      throw new ParameterException(
          spec.commandLine(),
          "Several inputs need a directory for their outputs, found "
              + (toFile() ? "the file " + output : "standard output")
              + ". Pass -o DIR.");
    }
    Map<InputFile, Map<GeneWriter, Path>> all = new LinkedHashMap<>();
    for (InputFile input : inputs.files()) {
      if (toDirectory) {
        String stem = input.stem().getFileName().toString();
        Path gff = output.resolve(input.stem()).resolveSibling(stem + ".gff3");
        try {
          inputs.claim(gff, input);
        } catch (IllegalArgumentException e) {
          throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        all.put(input, filePaths(gff));
      } else {
        all.put(input, toFile() ? filePaths(output) : streamPath());
      }
    }
    return all;
  }

  private Map<GeneWriter, Path> streamPath() {
    if (bed && json) {
      throw new ParameterException(
          spec.commandLine(),
          "--bed and --json cannot both write to standard output. Pass -o FILE.");
    }
    Map<GeneWriter, Path> paths = new EnumMap<>(GeneWriter.class);
    paths.put(bed ? GeneWriter.BED : json ? GeneWriter.JSON : GeneWriter.GFF3, null);
    return paths;
  }

  private Map<GeneWriter, Path> filePaths(Path gff) {
    Map<GeneWriter, Path> paths = new EnumMap<>(GeneWriter.class);
    paths.put(GeneWriter.GFF3, gff);
    if (bed) {
      paths.put(GeneWriter.BED, withSuffix(gff, GeneWriter.BED));
    }
    if (json) {
      paths.put(GeneWriter.JSON, withSuffix(gff, GeneWriter.JSON));
    }
    for (Path path : paths.values()) {
      if (Files.exists(path) && !force) {
        throw new Failure(path + " exists. Pass --force to replace it, or another file with -o.");
      }
    }
    return paths;
  }

  private Path withSuffix(Path gff, GeneWriter form) {
    String name = gff.getFileName().toString();
    int dot = name.lastIndexOf('.');
    Path path =
        gff.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + "." + form.extension());
    if (path.equals(gff)) {
      throw new ParameterException(
          spec.commandLine(),
          "The GFF3 file "
              + gff
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
    private final String prefix; // of each line
    final Progress progress;
    long contigs;
    long bases;
    long genes;
    long problems;

    Report(PrintWriter err, String prefix, Progress progress) {
      this.err = err;
      this.prefix = prefix;
      this.progress = progress;
    }

    void problem(String what) {
      problems++;
      if (problems <= MAX_REPORTED) {
        note(what);
      }
    }

    void note(String what) {
      say(what.startsWith(prefix) ? what : prefix + what);
    }

    /** The input cannot be read at all; the message names it. */
    void refused(String why) {
      problems++;
      say(why);
    }

    private void say(String what) {
      progress.clear();
      err.println("riffle: " + what);
      err.flush();
    }

    void close() {
      if (problems > MAX_REPORTED) {
        say(prefix + "and " + (problems - MAX_REPORTED) + " more problems.");
      }
      err.flush();
    }
  }

  private record Writing(Outputs outputs, Report report) implements FileAnnotation.Listener {
    @Override
    public void begun(String contig, long bases) {
      outputs.writers.forEach((form, to) -> form.contig(to, contig, bases));
    }

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
      report.note(what);
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
            Files.createDirectories(e.getValue().toAbsolutePath().getParent());
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
