package dev.riffle.dna.compressed;

import com.github.luben.zstd.ZstdInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * The data of a file, compressed or not. Members, streams and frames that follow each other are one
 * file. Whatever goes wrong in a decoder is a {@link DamagedInputException} with the place, after
 * all data before it.
 */
public final class CompressedInput extends InputStream {
  /** Most memory of an xz decoder, KiB; the highest preset of xz needs 65 MiB. */
  private static final int XZ_KIB = 128 << 10;

  private final Compression compression;
  private final CountingInput in;
  private InputStream decoder; // once something was read
  private IOException failure;

  private CompressedInput(Compression compression, CountingInput in) {
    this.compression = compression;
    this.in = in;
  }

  /**
   * Reads a file or a pipe. {@link #close} closes the stream.
   *
   * @throws IOException if the first bytes cannot be read
   */
  public static CompressedInput of(InputStream in) throws IOException {
    byte[] head = in.readNBytes(Compression.HEAD);
    return new CompressedInput(Compression.of(head), new CountingInput(head, in));
  }

  /** How the file is compressed. */
  public Compression compression() {
    return compression;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] to, int from, int count) throws IOException {
    if (failure != null) {
      throw failure;
    }
    try {
      if (decoder == null) {
        decoder = decoder();
      }
      return compression == Compression.BZIP2
          ? readEachByte(to, from, count)
          : decoder.read(to, from, count);
    } catch (IOException | RuntimeException | LinkageError e) {
      failure = failure(e);
      throw failure;
    }
  }

  private IOException failure(Throwable e) {
    if (e instanceof DamagedInputException damaged) {
      return damaged;
    }
    if (e instanceof IOException plain && compression == Compression.NONE) {
      return plain;
    }
    return endsEarly(e)
        ? damaged("is truncated: the file ends at byte ", e)
        : damaged("cannot be decoded (" + e + ") near byte ", e);
  }

  /** Bytes that were decoded before a failure are not lost. */
  private int readEachByte(byte[] to, int from, int count) throws IOException {
    int done = 0;
    try {
      while (done < count) {
        int value = decoder.read();
        if (value < 0) {
          return done == 0 ? -1 : done;
        }
        to[from + done++] = (byte) value;
      }
    } catch (IOException | RuntimeException e) {
      if (done == 0) {
        throw e;
      }
      failure = failure(e);
    }
    return done;
  }

  private InputStream decoder() throws IOException {
    return switch (compression) {
      case NONE -> in;
      case GZIP -> new GzipInput(in);
      case BZIP2 -> new BZip2CompressorInputStream(in, true);
      case XZ -> new XZInputStream(in, XZ_KIB);
      case ZSTD -> new ZstdInputStream(in);
    };
  }

  private static boolean endsEarly(Throwable e) {
    String message = String.valueOf(e.getMessage());
    return e instanceof EOFException
        || message.contains("Unexpected end of stream") // bzip2
        || message.contains("Truncated source"); // zstd
  }

  private DamagedInputException damaged(String how, Throwable cause) {
    return new DamagedInputException(
        "the "
            + compression.text()
            + " data "
            + how
            + in.position()
            + ". The data before it is used; copy or compress the file again",
        cause);
  }

  @Override
  public void close() throws IOException {
    if (decoder == null) {
      in.close();
    } else {
      decoder.close();
    }
  }
}
