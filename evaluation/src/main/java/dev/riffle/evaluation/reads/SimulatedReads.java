package dev.riffle.evaluation.reads;

import dev.riffle.cli.dna.SyntheticGenome;
import dev.riffle.dna.Nucleotides;
import dev.riffle.dna.SequenceFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Reads of known origin: a stretch of either strand of a genome, with a base caller's errors, one
 * base in twenty: 40 % substitutions, 25 % insertions, 35 % deletions.
 *
 * @param genomes letters
 */
public record SimulatedReads(List<byte[]> genomes) {
  private static final double ERRORS = 0.05;
  private static final String LETTERS = "ACGT";

  /** Contigs of FASTA files. */
  public static SimulatedReads of(List<Path> files) throws IOException {
    List<byte[]> contigs = new ArrayList<>();
    for (Path file : files) {
      try (SequenceFile in = SequenceFile.open(file)) {
        while (in.next() != null) {
          ByteArrayOutputStream letters = new ByteArrayOutputStream();
          byte[] piece = new byte[1 << 16];
          for (int n = in.read(piece); n > 0; n = in.read(piece)) {
            letters.write(piece, 0, n);
          }
          contigs.add(letters.toByteArray());
        }
      }
    }
    return new SimulatedReads(contigs);
  }

  /** A synthetic genome. */
  public static byte[] genome(int length, long seed) {
    return SyntheticGenome.make("synthetic", length, seed, 11).bases();
  }

  /** A related genome: this share of the bases is changed, one in ten of them by an indel. */
  public static byte[] relative(byte[] genome, double share, long seed) {
    Random random = new Random(seed);
    ByteArrayOutputStream out = new ByteArrayOutputStream(genome.length);
    for (byte letter : genome) {
      boolean changed = random.nextDouble() < share;
      int kind = changed ? random.nextInt(20) : 20;
      if (kind != 0) {
        out.write(kind < 20 ? other(letter, random) : letter);
      }
      if (kind == 1) {
        out.write(LETTERS.charAt(random.nextInt(4)));
      }
    }
    return out.toByteArray();
  }

  /** A read of this many called bases. */
  public byte[] read(int bases, Random random) {
    byte[] genome = genomes.get(pick(random));
    int at = random.nextInt(genome.length);
    boolean reverse = random.nextBoolean();
    byte[] called = new byte[bases];
    int i = 0;
    for (int taken = 0; i < bases; taken++) {
      int place = Math.floorMod(reverse ? at - taken : at + taken, genome.length);
      byte letter = genome[place];
      int base = Nucleotides.of(letter);
      if (reverse && base < Nucleotides.UNKNOWN) {
        letter = (byte) LETTERS.charAt(3 - base);
      }
      double u = random.nextDouble() / ERRORS;
      if (u >= 0.65 && u < 1) {
        continue; // deleted
      }
      called[i++] = u < 0.4 ? other(letter, random) : letter;
      if (u >= 0.4 && u < 0.65 && i < bases) {
        called[i++] = (byte) LETTERS.charAt(random.nextInt(4));
      }
    }
    return called;
  }

  /** This many reads. */
  public List<byte[]> reads(int count, int bases, Random random) {
    List<byte[]> reads = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      reads.add(read(bases, random));
    }
    return reads;
  }

  /** The genomes as a builder of references takes them. */
  public List<ByteBuffer> references() {
    return genomes.stream().map(ByteBuffer::wrap).toList();
  }

  private int pick(Random random) {
    long total = genomes.stream().mapToLong(g -> g.length).sum();
    double left = random.nextDouble() * total;
    int chosen = 0;
    while (chosen < genomes.size() - 1 && left >= genomes.get(chosen).length) {
      left -= genomes.get(chosen++).length;
    }
    return chosen;
  }

  private static byte other(byte letter, Random random) {
    int base = Nucleotides.of(letter);
    return (byte) LETTERS.charAt((Math.max(0, base) + 1 + random.nextInt(3)) % 4);
  }
}
