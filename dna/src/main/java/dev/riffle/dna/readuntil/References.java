package dev.riffle.dna.readuntil;

import dev.riffle.dna.Composition;
import dev.riffle.dna.Nucleotides;
import dev.riffle.dna.SequenceFile;
import dev.riffle.models.InputException;
import dev.riffle.models.ModelException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;

/**
 * What is known of the genomes that reads come from: which k-mers the targets have, which the rest,
 * and how either is composed. A k-mer and its reverse complement count as one, the smaller of the
 * two as a number of 2 bits a base. Immutable and shared by all threads.
 */
public final class References {
  /** Bases of a k-mer: as many as fit with their class into 32 bits. */
  public static final int K = 15;

  /** A k-mer is not in the references, or is in the targets, in the background, or in both. */
  static final int NONE = 0;

  static final int TARGET = 1;
  static final int REST = 2;

  /** Bases of a word of the composition. */
  static final int WORD = 6;

  private static final int KMER_MASK = (1 << 2 * K) - 1;
  private static final int WORD_MASK = (1 << 2 * WORD) - 1;
  private static final double ALL_KMERS = Math.pow(4, K) / 2; // an odd k has no palindromes

  /** Most distinct k-mers: their table then takes 1 GB. */
  private static final int MAX_KMERS = 150_000_000;

  private static final int FIRST_BITS = 16;
  private static final int GOLDEN_RATIO = 0x9E3779B1;

  private final int[] table; // 4 kmer + class, 0 for nothing; linear probing
  private final int shift;
  private final int targetKmers;
  private final int restKmers;
  private final double[] targetComposition;
  private final double[] restComposition;
  private final String fingerprint;

  private References(Builder from) {
    table = from.table;
    shift = from.shift;
    int[] distinct = new int[4];
    for (int entry : table) {
      distinct[entry & 3]++;
    }
    targetKmers = distinct[TARGET] + distinct[TARGET | REST];
    restKmers = distinct[REST] + distinct[TARGET | REST];
    targetComposition = composition(from.words[0], targetKmers);
    restComposition = composition(from.words[1], restKmers);
    fingerprint = HexFormat.of().formatHex(from.digest.digest());
  }

  /** Reads references. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Reads references from FASTA files, plain or gzipped.
   *
   * @param rest files of what is no target; may be none
   * @throws ModelException if a file is missing or holds no DNA; the message says which and why
   */
  public static References read(List<Path> targets, List<Path> rest) {
    Builder builder = builder();
    targets.forEach(file -> add(file, builder::target));
    rest.forEach(file -> add(file, builder::rest));
    try {
      return builder.build();
    } catch (InputException e) {
      throw new ModelException("References " + targets + ": " + e.getMessage(), e);
    }
  }

  private static void add(Path file, Consumer<ByteBuffer> to) {
    String where = "Reference " + file;
    byte[] piece = new byte[1 << 16];
    int contigs = 0;
    try (SequenceFile in = SequenceFile.open(file)) {
      for (SequenceFile.Entry entry = in.next(); entry != null; entry = in.next()) {
        if (entry.problem() != null) {
          throw new ModelException(where + ", " + entry.name() + ": " + entry.problem() + ".");
        }
        Composition composition = new Composition();
        ByteArrayOutputStream letters = new ByteArrayOutputStream();
        for (int n = in.read(piece); n > 0; n = in.read(piece)) {
          composition.add(piece, n);
          letters.write(piece, 0, n);
        }
        if (composition.foreign() != null) {
          throw new ModelException(
              where + ", " + entry.name() + ": " + composition.foreign() + ".");
        }
        to.accept(ByteBuffer.wrap(letters.toByteArray()));
        contigs++;
      }
    } catch (NoSuchFileException e) {
      throw new ModelException(where + " is missing: there is no such file.");
    } catch (IOException e) {
      throw new ModelException(where + " cannot be read: " + e, e);
    } catch (InputException e) {
      throw new ModelException(where + ": " + e.getMessage(), e);
    }
    if (contigs == 0) {
      throw new ModelException(where + " holds no sequence.");
    }
  }

  /** Distinct k-mers of the targets. */
  public int targetKmers() {
    return targetKmers;
  }

  /** Distinct k-mers of the rest, 0 if no genome of it was given. */
  public int restKmers() {
    return restKmers;
  }

  /** Hex sha-256 over all bases, in their order. */
  public String fingerprint() {
    return fingerprint;
  }

  /** ln of the share of all k-mers that the targets have. */
  double targetDensity() {
    return Math.log(Math.max(1, targetKmers) / ALL_KMERS);
  }

  /** ln of the share of all k-mers that the rest has. */
  double restDensity() {
    return Math.log(Math.max(1, restKmers) / ALL_KMERS);
  }

  /** ln(4 P(base | 5 bases before it)) in the targets, by the word of 6 bases. */
  double targetComposition(int word) {
    return targetComposition[word];
  }

  /** The same in the rest; 0 if no genome of it was given. */
  double restComposition(int word) {
    return restComposition[word];
  }

  /** {@link #TARGET} and {@link #REST} of a k-mer that stands at its smaller strand. */
  int classOf(int kmer) {
    int mask = table.length - 1;
    for (int at = kmer * GOLDEN_RATIO >>> shift; table[at] != 0; at = at + 1 & mask) {
      if (table[at] >>> 2 == kmer) {
        return table[at] & 3;
      }
    }
    return NONE;
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

  /** The k-mers that end at successive bases, at their smaller strand. */
  static final class Kmers {
    private int forward;
    private int reverse;
    private int known; // bases in a row

    /**
     * Takes the next base.
     *
     * @return the k-mer that ends there, or -1 if one of its bases is not known
     */
    int next(int base) {
      if (base >= Nucleotides.UNKNOWN) {
        known = 0;
        return -1;
      }
      forward = (forward << 2 | base) & KMER_MASK;
      reverse = reverse >>> 2 | 3 - base << 2 * (K - 1);
      return ++known < K ? -1 : Math.min(forward, reverse);
    }
  }

  /** The words that end at successive bases. */
  static final class Words {
    private int word;
    private int known;

    /**
     * Takes the next base.
     *
     * @return the word that ends there, or -1 if one of its bases is not known
     */
    int next(int base) {
      if (base >= Nucleotides.UNKNOWN) {
        known = 0;
        return -1;
      }
      word = (word << 2 | base) & WORD_MASK;
      return ++known < WORD ? -1 : word;
    }
  }

  /** Takes genomes one after the other; may be built once. */
  public static final class Builder {
    private static final byte[] END = {'\n'};

    private final long[][] words = new long[2][1 << 2 * WORD];
    private final MessageDigest digest = sha256();
    private int[] table = new int[1 << FIRST_BITS];
    private int shift = Integer.SIZE - FIRST_BITS;
    private int used;
    private boolean targets;

    private Builder() {}

    /** Adds a contig of a target, letters. */
    public Builder target(ByteBuffer letters) {
      targets = true;
      return add(letters, TARGET);
    }

    /** Adds a contig of what is no target, letters. */
    public Builder rest(ByteBuffer letters) {
      return add(letters, REST);
    }

    /**
     * All that was added.
     *
     * @throws InputException if no target has 15 known bases in a row
     */
    public References build() {
      References references = new References(this);
      if (references.targetKmers == 0) {
        throw new InputException(
            "Expected targets of at least "
                + K
                + " known bases in a row but "
                + (targets ? "there are none: does the file hold DNA?" : "no target was given."));
      }
      return references;
    }

    private Builder add(ByteBuffer letters, int of) {
      digest.update((byte) of);
      digest.update(letters.duplicate());
      digest.update(END);
      long[] counts = words[of - 1];
      Kmers kmers = new Kmers();
      Words inOrder = new Words();
      for (int i = letters.position(); i < letters.limit(); i++) {
        int base = Nucleotides.of(letters.get(i));
        if (base < 0) {
          continue; // white space
        }
        int kmer = kmers.next(base);
        if (kmer >= 0) {
          put(kmer, of);
        }
        int word = inOrder.next(base);
        if (word >= 0) {
          counts[word]++;
          counts[reverseComplement(word)]++;
        }
      }
      return this;
    }

    private void put(int kmer, int of) {
      int at = place(kmer);
      if (table[at] == 0) {
        if (used == MAX_KMERS) {
          throw new InputException(
              "Expected references of at most "
                  + MAX_KMERS
                  + " distinct "
                  + K
                  + "-mers but there are more: by chance alone every read would have many of them."
                  + " Name fewer or smaller genomes, or the regions of interest alone.");
        }
        used++;
      }
      table[at] |= kmer << 2 | of;
      if (used > table.length / 5 * 3) {
        grow();
      }
    }

    /** Where the k-mer stands, or would. */
    private int place(int kmer) {
      int mask = table.length - 1;
      int at = kmer * GOLDEN_RATIO >>> shift;
      while (table[at] != 0 && table[at] >>> 2 != kmer) {
        at = at + 1 & mask;
      }
      return at;
    }

    private void grow() {
      int[] old = table;
      table = new int[2 * old.length];
      shift--;
      for (int entry : old) {
        if (entry != 0) {
          table[place(entry >>> 2)] = entry;
        }
      }
    }

    private static int reverseComplement(int word) {
      int reverse = 0;
      for (int i = 0; i < WORD; i++) {
        reverse = reverse << 2 | 3 - (word >>> 2 * i & 3);
      }
      return reverse;
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
