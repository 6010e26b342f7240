package dev.riffle.cli.fuzz;

import com.github.luben.zstd.Zstd;
import dev.riffle.cli.dna.ReadFile;
import dev.riffle.cli.fuzz.FuzzedReader.Packing;
import dev.riffle.cli.fuzz.FuzzedReader.Reading;
import dev.riffle.dna.SequenceFile;
import dev.riffle.models.InputException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** The readers of files of DNA, compressed or not. */
final class DnaReaders {
  private static final List<byte[]> FASTA =
      List.of(
          FuzzedReader.text(">a b [gcode=4]\nACGTACGTNNNN\nacgtRYKM\n>b\nAC GT\n\n;note\nAA\n"),
          FuzzedReader.text(">a\r\nACGT\r\nAC\r\n>a\r\nTT\r\n>\r\n"),
          FuzzedReader.text(">a transl_table=11\rACGT\rAC\r>c genetic_code=\"4\"\rTT\r"),
          FuzzedReader.text("\ufeff\n \n>caf\u00e9|x y\nACGU-*\n"),
          FuzzedReader.text(";old\n>p\nMKVLAAGIVGQ\n>q\n" + "ACGT".repeat(400) + "\n"));
  private static final List<byte[]> FASTQ =
      List.of(
          FuzzedReader.text("@r1 ch=4\nACGT\n+\nIIII\n@r2\nAC\n+r2\n!~\n"),
          FuzzedReader.text("@r1\r\nACGT\r\nACGT\r\n+\r\n@@@@\r\n++++\r\n@r1\r\nN\r\n+\r\n#\r\n"),
          FuzzedReader.text("@r1\n\n+\n\n@r1\nACGT\n+\nIII\n@r3\nAC\nIIII\n"));
  private static final List<byte[]> TOKENS =
      FuzzedReader.tokens(
          ">",
          "@",
          "+",
          ";",
          "\n",
          "\r",
          "\r\n",
          "\0",
          "\377\376",
          "\357\273\277",
          "ACGT",
          "[gcode=4]",
          "transl_table=99999999999",
          "genetic_code = ",
          "\n>a\n",
          "\n@a\nA\n+\nI\n",
          "\37\213\10\0",
          "BZh9",
          "\3757zXZ\0",
          "(\265/\375",
          "PK\3\4",
          "LOCUS  ",
          "@HD\tVN:");

  private DnaReaders() {}

  static List<FuzzedReader> all() {
    return List.of(
        reader("fasta", FASTA, Packing.NONE, DnaReaders::readReads),
        reader("fastq", FASTQ, Packing.NONE, DnaReaders::readReads),
        reader("gzip", FASTA, DnaReaders::gzip, DnaReaders::readPieces),
        reader("bzip2", FASTQ, DnaReaders::bzip2, DnaReaders::readPieces),
        reader("xz", FASTA, DnaReaders::xz, DnaReaders::readPieces),
        reader("zstd", FASTQ, DnaReaders::zstd, DnaReaders::readPieces));
  }

  private static FuzzedReader reader(
      String name, List<byte[]> seeds, Packing packing, Reading reading) {
    return new FuzzedReader(name, seeds, TOKENS, packing, reading, List.of(InputException.class));
  }

  /** Reads whole records, as {@code produce reads} does. */
  private static boolean readReads(byte[] file) throws IOException {
    boolean[] refused = new boolean[1];
    try (SequenceFile in = SequenceFile.open(new ByteArrayInputStream(file), "fuzzed")) {
      ReadFile reads = new ReadFile(in, Optional.empty(), problem -> refused[0] = true);
      while (reads.hasNext()) {
        reads.next();
      }
    }
    return !refused[0];
  }

  /** Reads piece by piece, as {@code annotate} does. */
  private static boolean readPieces(byte[] file) throws IOException {
    byte[] piece = new byte[1000];
    boolean usable = true;
    try (SequenceFile in = SequenceFile.open(new ByteArrayInputStream(file), "fuzzed")) {
      for (SequenceFile.Entry e = in.next(); e != null; e = in.next()) {
        usable &= e.problem() == null;
        e.code();
        int got = in.read(piece);
        while (got > 0) {
          got = in.read(piece);
        }
      }
    }
    return usable;
  }

  // ---- compression ----

  /** One to three members, then sometimes padding. */
  private static byte[] gzip(byte[] content, SplittableRandom random) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts(content, random)) {
      try (OutputStream gzip = new GZIPOutputStream(out)) {
        gzip.write(part);
      }
    }
    out.write(new byte[random.nextInt(4) == 0 ? random.nextInt(600) : 0]);
    return out.toByteArray();
  }

  private static byte[] bzip2(byte[] content, SplittableRandom random) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts(content, random)) {
      try (OutputStream bzip2 = new BZip2CompressorOutputStream(out, 1)) {
        bzip2.write(part);
      }
    }
    return out.toByteArray();
  }

  private static byte[] xz(byte[] content, SplittableRandom random) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    LZMA2Options options = new LZMA2Options(0);
    options.setDictSize(LZMA2Options.DICT_SIZE_MIN);
    for (byte[] part : parts(content, random)) {
      try (OutputStream xz = new XZOutputStream(out, options)) {
        xz.write(part);
      }
    }
    return out.toByteArray();
  }

  private static byte[] zstd(byte[] content, SplittableRandom random) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts(content, random)) {
      out.write(Zstd.compress(part));
    }
    return out.toByteArray();
  }

  private static List<byte[]> parts(byte[] content, SplittableRandom random) {
    if (random.nextInt(3) > 0) {
      return List.of(content);
    }
    int at = random.nextInt(content.length + 1);
    return List.of(
        Arrays.copyOf(content, at), Arrays.copyOfRange(content, at, content.length), new byte[0]);
  }
}
