package dev.riffle.jobs.readuntil;

import dev.riffle.dna.readuntil.ReadUntilFamily;
import dev.riffle.dna.readuntil.ReadVerdict;
import dev.riffle.dna.readuntil.ReferenceFiles;
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
 * A read-until model, loaded from its directory and from FASTA files. All paths are as the
 * TaskManagers see them.
 *
 * @param directory version directory of the model
 * @param targets files of the target genomes, separated by commas
 * @param background files of other genomes, separated by commas; may be empty
 * @param test decides when the evidence suffices
 * @param backend computes
 */
record ReadUntilModel(
    String directory, String targets, String background, SequentialTest test, String backend)
    implements ModelSource<ReadVerdict> {

  @Override
  public String key() {
    return String.join(
        " ",
        backend,
        paths(directory).toString(),
        paths(targets).toString(),
        paths(background).toString(),
        Double.toString(test.falseAccept()),
        Double.toString(test.falseReject()),
        Integer.toString(test.maxBases()));
  }

  @Override
  public StreamModel<ReadVerdict> load() {
    return DirectoryModel.orGiveUp(
        () ->
            ReadUntilFamily.load(
                ModelDirectory.read(Path.of(directory)),
                ReferenceFiles.read(paths(targets), paths(background)),
                test,
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
