package dev.riffle.dna.readuntil;

import dev.riffle.dna.Nucleotides;
import dev.riffle.models.InputException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The genomes that reads are compared with: the k-mers of the targets and of the background, and
 * the composition of both. Immutable and shared by all threads.
 */
public final class References {
  /**
   * Bases of a k-mer: the most that fit into 32 bits together with the mask of {@link KmerTable}.
   */
  public static final int K = 15;

  /** Bases of a word of the composition. */
  static final int WORD = 6;

  private static final double ALL_KMERS = Math.pow(4, K) / 2; // an odd k has no palindromes

  private final KmerTable kmers;
  private final int targetKmers;
  private final int backgroundKmers;
  private final double[] targetComposition;
  private final double[] backgroundComposition;
  private final String fingerprint;

  private References(Builder from) {
    kmers = from.kmers;
    targetKmers = kmers.count(KmerTable.TARGET);
    backgroundKmers = kmers.count(KmerTable.BACKGROUND);
    targetComposition = composition(from.targetWords, targetKmers);
    backgroundComposition = composition(from.backgroundWords, backgroundKmers);
    fingerprint = HexFormat.of().formatHex(from.digest.digest());
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Number of distinct k-mers of the targets. */
  public int targetKmers() {
    return targetKmers;
  }

  /** Number of distinct k-mers of the background; 0 if it is unknown. */
  public int backgroundKmers() {
    return backgroundKmers;
  }

  /** SHA-256 of all bases in the order in which they were added, in hexadecimal. */
  public String fingerprint() {
    return fingerprint;
  }

  /** ln of the share of all k-mers that the targets contain. */
  double targetDensity() {
    return Math.log(Math.max(1, targetKmers) / ALL_KMERS);
  }

  /** ln of the share of all k-mers that the background contains. */
  double backgroundDensity() {
    return Math.log(Math.max(1, backgroundKmers) / ALL_KMERS);
  }

  /** ln(4 P(last base | 5 bases before it)) in the targets, for a word of 6 bases. */
  double targetComposition(int word) {
    return targetComposition[word];
  }

  /** The same in the background; 0 if it is unknown. */
  double backgroundComposition(int word) {
    return backgroundComposition[word];
  }

  /** Which genomes contain a k-mer of {@link KmerScanner}: a mask of {@link KmerTable}. */
  int genomesOf(int kmer) {
    return kmers.get(kmer);
  }

  private static double[] composition(long[] words, int kmers) {
    double[] logs = new double[words.length];
    for (int context = 0; kmers > 0 && context < words.length; context += 4) {
      double sum = 0;
      for (int b = 0; b < 4; b++) {
        sum += words[context + b] + 1;
      }
      for (int b = 0; b < 4; b++) {
        logs[context + b] = Math.log(4 * (words[context + b] + 1) / sum);
      }
    }
    return logs;
  }

  /** Adds genomes, contig by contig. Can be built once. */
  public static final class Builder {
    private static final byte[] END = {'\n'};

    private final KmerTable kmers = new KmerTable();
    private final long[] targetWords = new long[WordScanner.COUNT];
    private final long[] backgroundWords = new long[WordScanner.COUNT];
    private final MessageDigest digest = sha256();
    private boolean targets;

    private Builder() {}

    /** Adds a contig of a target, as characters. */
    public Builder target(ByteBuffer bases) {
      targets = true;
      return add(bases, KmerTable.TARGET, targetWords);
    }

    /** Adds a contig of the background, as characters. */
    public Builder background(ByteBuffer bases) {
      return add(bases, KmerTable.BACKGROUND, backgroundWords);
    }

    /**
     * The references that were added.
     *
     * @throws InputException if no target has 15 successive known bases
     */
    public References build() {
      References references = new References(this);
      if (references.targetKmers == 0) {
        throw new InputException(
            "Expected targets with at least "
                + K
                + " successive known bases but "
                + (targets ? "there are none: does the file hold DNA?" : "no target was given."));
      }
      return references;
    }

    private Builder add(ByteBuffer bases, int of, long[] words) {
      digest.update((byte) of);
      digest.update(bases.duplicate());
      digest.update(END);
      KmerScanner kmersInOrder = new KmerScanner();
      WordScanner wordsInOrder = new WordScanner();
      for (int i = bases.position(); i < bases.limit(); i++) {
        int base = Nucleotides.of(bases.get(i));
        if (base < 0) {
          continue; // white space
        }
        int kmer = kmersInOrder.next(base);
        if (kmer != KmerScanner.UNKNOWN) {
          kmers.add(kmer, of);
        }
        int word = wordsInOrder.next(base);
        if (word != WordScanner.UNKNOWN) {
          words[word]++;
          words[WordScanner.reverseComplement(word)]++;
        }
      }
      return this;
    }

    private static MessageDigest sha256() {
      try {
        return MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("Every Java platform has SHA-256", e);
      }
    }
  }
}
