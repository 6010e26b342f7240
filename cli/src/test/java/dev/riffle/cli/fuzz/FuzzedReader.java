package dev.riffle.cli.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * A reader of files, and what its inputs are made of.
 *
 * @param name for tables and options; letters, digits and dashes
 * @param seeds valid files, or valid contents where the format packs them
 * @param tokens pieces that mean something in the format
 * @param packing makes a file of a content; it keeps lengths and checksums valid
 * @param reading reads a whole file
 * @param refusals the exceptions that the reader documents
 */
record FuzzedReader(
    String name,
    List<byte[]> seeds,
    List<byte[]> tokens,
    Packing packing,
    Reading reading,
    List<Class<? extends Exception>> refusals) {

  /** Makes a file of a content. */
  @FunctionalInterface
  interface Packing {
    /** The content is the file. */
    Packing NONE = (content, random) -> content;

    byte[] pack(byte[] content, SplittableRandom random) throws Exception;
  }

  /** Reads a file. */
  @FunctionalInterface
  interface Reading {
    /**
     * Reads a whole file.
     *
     * @return false if it was refused
     * @throws Exception if it was refused with one of the documented exceptions
     */
    boolean read(byte[] file) throws Exception;
  }

  /** A reader of files that are not packed. */
  static FuzzedReader of(
      String name,
      List<byte[]> seeds,
      List<byte[]> tokens,
      Reading reading,
      Class<? extends Exception> refusal) {
    return new FuzzedReader(name, seeds, tokens, Packing.NONE, reading, List.of(refusal));
  }

  /** Input {@code index} of a run: the same for the same seed, whatever was read before. */
  byte[] input(long seed, long index) throws Exception {
    SplittableRandom random =
        new SplittableRandom(seed * 0x9e3779b97f4a7c15L + name.hashCode() + (index << 20));
    FileMutator mutator = new FileMutator(random, tokens);
    byte[] content = seeds.get(random.nextInt(seeds.size()));
    int choice = random.nextInt(64);
    if (choice == 0) {
      return packing.pack(content, random); // a valid file
    }
    if (packing == Packing.NONE) {
      return mutator.damage(content, seeds);
    }
    if (choice < 32) {
      return packing.pack(mutator.damage(content, seeds), random);
    }
    byte[] packed = packing.pack(content, random);
    return mutator.damage(packed, List.of(packed, content));
  }

  /** Tokens as bytes, a character each. */
  static List<byte[]> tokens(String... tokens) {
    return Stream.of(tokens).map(t -> t.getBytes(StandardCharsets.ISO_8859_1)).toList();
  }

  /** A text as a seed. */
  static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
