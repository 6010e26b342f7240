package dev.riffle.cli.dna;

import dev.riffle.dna.annotator.Gff3;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * A random genome with known genes: random codons by a drawn usage table, a ribosome binding site
 * before each gene, random spacers between genes. The same seed gives the same genome.
 *
 * @param name of its one contig
 * @param code genetic code, 11 or 4
 * @param bases letters A, C, G, T
 * @param genes in order; the last may be cut by the end
 */
public record SyntheticGenome(String name, int code, byte[] bases, List<Placed> genes) {
  /** Longest that is made, bases. */
  public static final int MAX_LENGTH = 200_000_000;

  private static final int LINE = 70; // bases
  private static final String LETTERS = "ACGT";
  private static final String AMINO_ACIDS =
      "KNKNTTTTRSRSIIMIQHQHPPPPRRRRLLLLEDEDAAAAGGGGVVVV*Y*YSSSS*CWCLFLF"; // of codon 16a + 4b + c
  private static final int TGA = 56;
  private static final int TGG = 58;
  private static final String ORDER = "ARNDCQEGHILKMFPSTWYV";
  private static final double[]
      FREQUENCY = { // of the amino acids in ORDER, percent, as in bacteria
    9.5, 5.5, 3.9, 5.2, 1.2, 4.4, 5.8, 7.4, 2.3, 6, 10.7, 4.4, 2.8, 3.9, 4.4, 5.8, 5.4, 1.5, 2.8,
    7.1
  };
  private static final double GC_PREFERENCE = .25;
  private static final double USAGE_SPREAD = .7;
  private static final double FORWARD = .55;
  private static final String[] STARTS = {"ATG", "ATG", "ATG", "ATG", "GTG", "TTG"};
  private static final String[] STOPS = {"TAA", "TAG", "TGA"};
  private static final String[] BINDING_SITES = {"AGGAGG", "AAGGAG", "GGAGGT", "TAAGGA"};

  /**
   * A gene that was put there.
   *
   * @param left first base on the forward strand, from 0
   * @param right base after the last one, stop codon included; at most the contig's length
   * @param strand 1 forward, -1 reverse
   * @param whole false if the contig's end cuts it
   */
  public record Placed(int left, int right, int strand, boolean whole) {}

  /** A genome of so many bases. */
  public static SyntheticGenome make(String name, int length, long seed, int code) {
    Random random = new Random(seed);
    double[] usage = usage(random, code);
    String[] stops = code == 4 ? Arrays.copyOf(STOPS, 2) : STOPS;
    byte[] bases = new byte[length];
    List<Placed> genes = new ArrayList<>();
    StringBuilder block = new StringBuilder();
    int at = 0;
    while (at < length) {
      block.setLength(0);
      spacer(block, random, 15 + random.nextInt(205));
      int left = block.length();
      boolean forward = random.nextDouble() < FORWARD;
      StringBuilder gene = new StringBuilder(STARTS[random.nextInt(STARTS.length)]);
      for (int codons = 60 + random.nextInt(360); codons > 0; codons--) {
        codon(gene, draw(usage, random));
      }
      gene.append(stops[random.nextInt(stops.length)]);
      StringBuilder lead = new StringBuilder(BINDING_SITES[random.nextInt(BINDING_SITES.length)]);
      spacer(lead, random, 5 + random.nextInt(4));
      if (forward) {
        block.append(lead).append(gene);
        left += lead.length();
      } else {
        reverseComplement(block, gene);
        reverseComplement(block, lead);
      }
      int from = at + left;
      int to = from + gene.length();
      if (from < length) {
        genes.add(new Placed(from, Math.min(to, length), forward ? 1 : -1, to <= length));
      }
      for (int i = 0; i < block.length() && at < length; i++) {
        bases[at++] = (byte) block.charAt(i);
      }
    }
    return new SyntheticGenome(name, code, bases, List.copyOf(genes));
  }

  /** Writes the contig as FASTA and its genes as GFF3. */
  public void write(Path fasta, Path gff3) throws IOException {
    StringBuilder text = new StringBuilder(bases.length + bases.length / LINE + 100);
    text.append('>').append(name).append(" synthetic, genetic_code=").append(code).append('\n');
    for (int at = 0; at < bases.length; at += LINE) {
      int count = Math.min(LINE, bases.length - at);
      text.append(new String(bases, at, count, StandardCharsets.US_ASCII)).append('\n');
    }
    Files.writeString(fasta, text);
    text.setLength(0);
    text.append(Gff3.HEADER).append('\n');
    text.append(Gff3.region(name, bases.length)).append('\n');
    int number = 0;
    for (Placed gene : genes) {
      number++;
      // a gene of the reverse strand begins at its right end: there the contig cuts its codons
      int phase = gene.whole || gene.strand > 0 ? 0 : (gene.right - gene.left) % 3;
      text.append(
          String.format(
              Locale.ROOT,
              "%s\tsynthetic\tCDS\t%d\t%d\t.\t%s\t%d\tID=%s_known_%d;partial=%s\n",
              Gff3.seqid(name),
              gene.left + 1,
              gene.right,
              gene.strand > 0 ? "+" : "-",
              phase,
              Gff3.attribute(name),
              number,
              gene.whole ? "00" : "01"));
    }
    Files.writeString(gff3, text);
  }

  /** Probability of each codon, {@code [64]}; 0 for stop codons. */
  private static double[] usage(Random random, int code) {
    double[] weights = new double[64];
    double[] ofAminoAcid = new double[128];
    for (int c = 0; c < 64; c++) {
      weights[c] = Math.exp(GC_PREFERENCE * gc(c) + USAGE_SPREAD * random.nextGaussian());
      ofAminoAcid[AMINO_ACIDS.charAt(c)] += weights[c];
    }
    for (int c = 0; c < 64; c++) {
      char acid = AMINO_ACIDS.charAt(c);
      int place = ORDER.indexOf(acid);
      weights[c] = place < 0 ? 0 : FREQUENCY[place] * weights[c] / ofAminoAcid[acid];
    }
    if (code == 4) {
      weights[TGA] = 2 * weights[TGG]; // both are tryptophan there
    }
    double sum = Arrays.stream(weights).sum();
    return Arrays.stream(weights).map(w -> w / sum).toArray();
  }

  private static int draw(double[] usage, Random random) {
    double left = random.nextDouble();
    int last = 0;
    for (int c = 0; c < usage.length; c++) {
      if (usage[c] > 0) {
        last = c;
        left -= usage[c];
        if (left < 0) {
          return c;
        }
      }
    }
    return last;
  }

  private static void spacer(StringBuilder to, Random random, int bases) {
    for (int i = 0; i < bases; i++) {
      to.append(LETTERS.charAt(random.nextInt(4)));
    }
  }

  private static void codon(StringBuilder to, int codon) {
    for (int shift = 4; shift >= 0; shift -= 2) {
      to.append(LETTERS.charAt(codon >> shift & 3));
    }
  }

  private static int gc(int codon) {
    int count = 0;
    for (int shift = 4; shift >= 0; shift -= 2) {
      int letter = codon >> shift & 3;
      count += letter == 1 || letter == 2 ? 1 : 0;
    }
    return count;
  }

  private static void reverseComplement(StringBuilder to, CharSequence from) {
    for (int i = from.length(); i-- > 0; ) {
      to.append(LETTERS.charAt(3 - LETTERS.indexOf(from.charAt(i))));
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SyntheticGenome g
        && g.name.equals(name)
        && g.code == code
        && Arrays.equals(g.bases, bases)
        && g.genes.equals(genes);
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + Arrays.hashCode(bases);
  }

  @Override
  public String toString() {
    return name + ", " + bases.length + " bases, " + genes.size() + " genes";
  }
}
