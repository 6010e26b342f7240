package dev.riffle.jobs.sequence;

import dev.riffle.models.InputException;
import dev.riffle.schemas.StrictUtf8;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** How a Kafka key identifies a sequence. */
enum KeyEncoding {
  /** The key is text. A key that is not UTF-8 makes its record a dead letter. */
  UTF_8 {
    @Override
    Optional<String> id(byte[] key) {
      return StrictUtf8.decode(key);
    }
  },
  /** The key is any bytes; the sequence id is their hexadecimal text. */
  BYTES {
    @Override
    Optional<String> id(byte[] key) {
      return Optional.of(HexFormat.of().formatHex(key));
    }
  };

  private static final int MAX_SHOWN = 16;

  /** The sequence id of a key; empty if it has none. */
  abstract Optional<String> id(byte[] key);

  /**
   * The sequence id of a key.
   *
   * @throws InputException if it has none
   */
  String require(byte[] key) {
    return id(key)
        .orElseThrow(
            () ->
                new InputException(
                    "Expected a Kafka key in UTF-8, which identifies the sequence, but its "
                        + key.length
                        + " bytes are 0x"
                        + HexFormat.of()
                            .formatHex(Arrays.copyOf(key, Math.min(key.length, MAX_SHOWN)))
                        + (key.length > MAX_SHOWN ? "..." : "")
                        + ". Set fields.key-encoding to bytes to identify sequences by the"
                        + " hexadecimal text of their keys, or name a field as fields.key."));
  }

  /** Name in a job file. */
  String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** All names. */
  static List<String> names() {
    return Arrays.stream(values()).map(KeyEncoding::text).toList();
  }

  /** The encoding with this name, which is one of {@link #names}. */
  static KeyEncoding of(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT).replace('-', '_'));
  }
}
