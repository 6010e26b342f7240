package dev.riffle.jobs.readuntil;

import dev.riffle.dna.readuntil.ReadUntilFamily;
import dev.riffle.dna.readuntil.ReadVerdict;
import dev.riffle.dna.readuntil.References;
import dev.riffle.dna.readuntil.SequentialTest;
import dev.riffle.jobs.stream.DirectoryModel;
import dev.riffle.kernels.Backends;
import dev.riffle.models.StreamModel;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.operators.ModelSource;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * A judge of reads, from its directory and from FASTA files.
 *
 * @param directory as the TaskManagers see it
 * @param targets files, as the TaskManagers see them, with commas between
 * @param rest the same of what is no target; empty for none
 * @param falseAccept as {@link SequentialTest} has it, like the next two
 * @param backend what computes
 */
record ReadUntilModel(
    String directory,
    String targets,
    String rest,
    double falseAccept,
    double falseReject,
    int maxBases,
    String backend)
    implements ModelSource<ReadVerdict> {

  @Override
  public String key() {
    return String.join(
        " ",
        backend,
        paths(directory).toString(),
        paths(targets).toString(),
        paths(rest).toString(),
        Double.toString(falseAccept),
        Double.toString(falseReject),
        Integer.toString(maxBases));
  }

  @Override
  public StreamModel<ReadVerdict> load() {
    return DirectoryModel.orGiveUp(
        () ->
            ReadUntilFamily.load(
                ModelDirectory.read(Path.of(directory)),
                References.read(paths(targets), paths(rest)),
                new SequentialTest(falseAccept, falseReject, maxBases),
                Backends.find(backend)));
  }

  private static List<Path> paths(String files) {
    return Arrays.stream(files.split(","))
        .map(String::strip)
        .filter(file -> !file.isEmpty())
        .map(file -> Path.of(file).toAbsolutePath().normalize())
        .toList();
  }
}
