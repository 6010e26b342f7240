package dev.riffle.dna.annotator;

import static dev.riffle.dna.annotator.AnnotatorConfig.AHEAD;
import static dev.riffle.dna.annotator.AnnotatorConfig.TOKEN;

import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.Nucleotides;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.Description;
import dev.riffle.models.Format;
import dev.riffle.models.InputException;
import dev.riffle.models.ModelInfo;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.SessionRunner;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Weights;
import java.util.Map;

/**
 * DNA in, genes out: finds the protein-coding genes of both strands while a contig arrives. A
 * sequence is a contig, a step one base, as {@link Nucleotides} says, which also tells its genetic
 * code. The end of the sequence is the end of the contig. Genes do not depend on how it was cut.
 *
 * <p>A forward gene is emitted 305 to 334 bases after its stop codon; {@link
 * dev.riffle.models.Prediction#position} says after how many bases of the contig.
 *
 * <p>State bytes, little-endian: the header of {@link SessionRunner}, {@link Contig}, {@link
 * RecurrentState}, {@link GeneCaller}: some 4.5 kB at 32-bit numbers, and no more than {@link
 * ModelInfo#stateBytes}.
 */
public final class Annotator implements StreamModel<Gene> {
  /** Format of a contig of genetic code 11: one base per step, without a rate. */
  public static final Format FORMAT = new Format(0, 1);

  private final ModelInfo info;
  private final AnnotatorConfig config;
  private final Encoder encoder;
  private final Network network;
  private final StartHead startHead;

  /**
   * Loads a model directory of the family {@code dna-annotator}.
   *
   * @throws dev.riffle.models.ModelException if weights or settings are missing or do not fit
   */
  public Annotator(ModelDirectory directory, Kernels kernels) {
    config = AnnotatorConfig.of(directory.config());
    Weights weights = directory.weights();
    encoder = new Encoder(kernels, config, weights.under("encoder/"));
    network = new Network(kernels, config, weights);
    startHead = new StartHead(weights.under("start/"));
    info =
        new ModelInfo(
            directory.name(),
            directory.version(),
            directory.family(),
            directory.fingerprint(),
            0,
            SessionRunner.HEADER_BYTES
                + Contig.mostBytes(config)
                + RecurrentState.bytes(network.stateSizes(), kernels.precision())
                + GeneCaller.mostBytes(config));
  }

  /** Describes the cost of a token and the look-ahead. */
  Description describe(int length) {
    int far = TOKEN * (config.delay() + 1) + AHEAD;
    return Description.recurrent(
        2 * config.layers(),
        "a base per step",
        "genes of both strands, while they grow and when they are certain",
        info.stateBytes(),
        "token of " + TOKEN + " bases",
        length,
        network.multiplyAdds(),
        far - TOKEN + " to " + (far - 1) + " bases behind a closed gene");
  }

  /** Format of a contig of this genetic code. */
  public static Format format(GeneticCode code) {
    return new Format(
        FORMAT.rate(),
        FORMAT.width(),
        Map.of(GeneticCode.ATTRIBUTE, Integer.toString(code.number())));
  }

  AnnotatorConfig config() {
    return config;
  }

  Encoder encoder() {
    return encoder;
  }

  Network network() {
    return network;
  }

  StartHead startHead() {
    return startHead;
  }

  @Override
  public ModelInfo info() {
    return info;
  }

  @Override
  public void check(Format format) {
    if (format.width() != 1 || format.rate() != 0) {
      throw new InputException(
          String.format(
              "%s reads one base per step, with no time between them, but steps of %d values at rate"
                  + " %d came; send steps of width 1 at rate 0.",
              info.label(), format.width(), format.rate()));
    }
    GeneticCode.of(format);
  }

  /** The bases of each batch item are checked against the genetic code of the contig. */
  @Override
  public boolean continues(Format session, Format next) {
    return session.rate() == next.rate() && session.width() == next.width();
  }

  @Override
  public StreamRunner<Gene> newRunner() {
    return new AnnotatorRunner(this);
  }
}
