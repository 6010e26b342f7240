package dev.riffle.dna.compressed;

import java.util.Arrays;

/** How a file is compressed. */
public enum Compression {
  NONE("not compressed") {
    @Override
    boolean begins(byte[] head) {
      return true;
    }
  },

  GZIP("gzip") {
    @Override
    boolean begins(byte[] head) {
      return startsWith(head, 0, 0x1f, 0x8b);
    }
  },

  BZIP2("bzip2") {
    @Override
    boolean begins(byte[] head) {
      return startsWith(head, 0, 'B', 'Z', 'h')
          && head.length > BZIP2_BLOCK
          && head[BZIP2_BLOCK - 1] >= '1'
          && head[BZIP2_BLOCK - 1] <= '9'
          && (startsWith(head, BZIP2_BLOCK, 0x31, 0x41, 0x59, 0x26)
              || startsWith(head, BZIP2_BLOCK, 0x17, 0x72, 0x45, 0x38));
    }
  },

  XZ("xz") {
    @Override
    boolean begins(byte[] head) {
      return startsWith(head, 0, 0xfd, '7', 'z', 'X', 'Z', 0);
    }
  },

  ZSTD("zstd") {
    @Override
    boolean begins(byte[] head) {
      boolean frame = startsWith(head, 0, 0x28, 0xb5, 0x2f, 0xfd);
      boolean skippable =
          head.length > 0 && (head[0] & 0xf0) == 0x50 && startsWith(head, 1, 0x2a, 0x4d, 0x18);
      return frame || skippable;
    }
  };

  /** First bytes of a file that {@link #of} needs. */
  public static final int HEAD = 8;

  private static final int BZIP2_BLOCK = 4; // index of the first block's mark, or of the end mark

  private final String text;

  Compression(String text) {
    this.text = text;
  }

  /** The name in messages. */
  public String text() {
    return text;
  }

  /** The compression of a file that begins with these bytes; its name does not matter. */
  public static Compression of(byte[] head) {
    return Arrays.stream(values())
        .filter(compression -> compression != NONE && compression.begins(head))
        .findFirst()
        .orElse(NONE);
  }

  abstract boolean begins(byte[] head);

  private static boolean startsWith(byte[] head, int from, int... bytes) {
    if (head.length < from + bytes.length) {
      return false;
    }
    for (int i = 0; i < bytes.length; i++) {
      if ((head[from + i] & 0xff) != bytes[i]) {
        return false;
      }
    }
    return true;
  }
}
