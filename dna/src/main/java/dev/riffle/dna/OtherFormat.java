package dev.riffle.dna;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Formats that are given by mistake for FASTA or FASTQ, by their first bytes. */
enum OtherFormat {
  UTF_16_LITTLE("text in UTF-16", "Convert it with iconv -f UTF-16 -t UTF-8", "\u00ff\u00fe"),
  UTF_16_BIG("text in UTF-16", "Convert it with iconv -f UTF-16 -t UTF-8", "\u00fe\u00ff"),
  UTF_16_LITTLE_UNMARKED("text in UTF-16", "Convert it with iconv -f UTF-16LE -t UTF-8") {
    @Override
    boolean begins(byte[] head) {
      return head.length > 1 && (head[0] == '>' || head[0] == '@') && head[1] == 0;
    }
  },
  UTF_16_BIG_UNMARKED("text in UTF-16", "Convert it with iconv -f UTF-16BE -t UTF-8") {
    @Override
    boolean begins(byte[] head) {
      return head.length > 1 && head[0] == 0 && (head[1] == '>' || head[1] == '@');
    }
  },
  TAR("a tar archive", "Extract its files and pass them one by one") {
    @Override
    boolean begins(byte[] head) {
      return startsWith(head, TAR_MAGIC, "ustar");
    }
  },
  COMPRESSED_TWICE("compressed twice", "Decompress it once", "\u001f\u008b", "BZh", "\u00fd7zXZ"),
  ZIP("a ZIP archive", "Extract its files and pass them one by one", "PK\u0003\u0004"),
  SEVEN_ZIP("a 7-Zip archive", "Extract its files and pass them one by one", "7z\u00bc\u00af"),
  COMPRESS("a file of compress", "Decompress it with uncompress", "\u001f\u009d"),
  LZIP("an lzip file", "Decompress it with lzip -d", "LZIP"),
  LZ4("an LZ4 file", "Decompress it with lz4 -d", "\u0004\"M\u0018"),
  SAM("SAM", "Convert it with samtools fastq", "@HD\tVN:", "@SQ\tSN:", "@PG\tID:", "@RG\tID:"),
  BAM("BAM", "Convert it with samtools fastq", "BAM\u0001"),
  CRAM("CRAM", "Convert it with samtools fastq", "CRAM"),
  HDF5("HDF5 (FAST5)", "Call its bases first", "\u0089HDF"),
  POD5("POD5", "Call its bases first", "\u008bPOD"),
  TWO_BIT("2bit", "Convert it with twoBitToFa", "\u001aA'C", "CA'\u001a"),
  GENBANK("GenBank", "Download or convert it as FASTA", "LOCUS  "),
  EMBL("EMBL", "Download or convert it as FASTA", "ID   "),
  GFF("GFF", "Pass the FASTA file of the genome", "##gff"),
  HTML("a web page", "Open it to see why the download failed", "<!DOCTYPE", "<!doctype", "<html"),
  XML("XML", "Download or convert it as FASTA", "<?xml");

  private static final int TAR_MAGIC = 257;
  private static final String UTF_8_MARK = "\u00ef\u00bb\u00bf";

  private final String text;
  private final String hint;

  @SuppressWarnings("ImmutableEnumChecker") // List.of is immutable
  private final List<String> magic;

  OtherFormat(String text, String hint, String... magic) {
    this.text = text;
    this.hint = hint;
    this.magic = List.of(magic);
  }

  /** What the file is and what to do, without a period. */
  String description() {
    return text + ". " + hint;
  }

  boolean begins(byte[] head) {
    return magic.stream().anyMatch(bytes -> startsWith(head, 0, bytes));
  }

  /** The format of a file that begins with these bytes, if it is one of these. */
  static Optional<OtherFormat> of(byte[] head) {
    return Arrays.stream(values()).filter(format -> format.begins(head)).findFirst();
  }

  /** Bytes of the byte order mark of UTF-8; 0 if the text has none. */
  static int byteOrderMark(byte[] head) {
    return startsWith(head, 0, UTF_8_MARK) ? UTF_8_MARK.length() : 0;
  }

  private static boolean startsWith(byte[] head, int from, String bytes) {
    byte[] expected = bytes.getBytes(StandardCharsets.ISO_8859_1);
    return head.length >= from + expected.length
        && Arrays.equals(head, from, from + expected.length, expected, 0, expected.length);
  }
}
