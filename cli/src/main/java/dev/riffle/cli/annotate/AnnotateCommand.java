package dev.riffle.cli.annotate;

import dev.riffle.cli.dna.CodeChoice;
import dev.riffle.cli.shared.InputFile;
import dev.riffle.cli.shared.InputFiles;
import dev.riffle.cli.shared.InputKind;
import dev.riffle.cli.shared.Installation;
import dev.riffle.cli.shared.OutputDirectory;
import dev.riffle.cli.shared.Progress;
import dev.riffle.dna.SequenceFile;
import dev.riffle.dna.annotator.Gene;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.InputException;
import dev.riffle.models.StreamModel;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.schemas.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    Map<InputFile, GeneFiles> files =
        inputs.files().isEmpty() ? Map.of() : files(inputs, toDirectory);
    StreamModel<Gene> annotator = annotator();
    if (toDirectory && !inputs.files().isEmpty()) {
      OutputDirectory.make(output);
    }
    PrintWriter err = spec.commandLine().getErr();
    inputs.problems().forEach(problem -> err.println("riffle: " + Printable.line(problem)));
    err.flush();
    Progress progress = new Progress(say(), inputs.several() && Installation.terminal());
    long problems = inputs.problems().size();
    int done = 0;
    for (InputFile input : inputs.files()) {
      progress.showFiles(done++, inputs.files().size(), "annotated");
      AnnotationReport report =
          new AnnotationReport(err, inputs.several() ? input.name() + ": " : "", progress);
      annotate(input, files.get(input), annotator, report);
      problems += report.problems();
    }
    progress.clear();
    return problems == 0 ? 0 : 1;
  }

  private Map<InputFile, GeneFiles> files(InputFiles inputs, boolean toDirectory) {
    try {
      return GeneFiles.of(
          inputs,
          toDirectory,
          new GeneFiles.Options(
              toFile() ? Optional.of(output) : Optional.empty(), bed, json, force));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  /** Annotates one input; what is wrong with it is a problem of its report. */
  private void annotate(
      InputFile input, GeneFiles files, StreamModel<Gene> annotator, AnnotationReport report)
      throws IOException {
    long began = System.nanoTime();
    try (SequenceFile sequences = open(input)) {
      annotate(sequences, files, annotator, report);
    } catch (InputException e) {
      report.refused(e.getMessage());
      return;
    }
    double seconds = (System.nanoTime() - began) / 1e9;
    report.summarize(say(), input.name(), seconds, files);
  }

  /** Leaves no files with headers only. Files of an input that was not opened are as before. */
  private void annotate(
      SequenceFile sequences, GeneFiles files, StreamModel<Gene> annotator, AnnotationReport report)
      throws IOException {
    GeneOutput genes = files.open(spec.commandLine().getOut(), report);
    try (genes) {
      new FileAnnotation(annotator, code.given().orElse(null), genes).annotate(sequences);
      genes.check();
    } finally {
      if (report.contigs() == 0) {
        files.remove();
      }
    }
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

  /** Where the progress and the counts go: not into the genes. */
  private PrintWriter say() {
    return toFile() ? spec.commandLine().getOut() : spec.commandLine().getErr();
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
}
