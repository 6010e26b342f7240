package dev.riffle.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PrintableTest {
  @Test
  void aUrlIsPrintedWithoutUserAndPassword() {
    assertThat(Printable.url("http://me:secret@host:8081/p")).isEqualTo("http://host:8081/p");
    assertThat(Printable.url("http://me:sec/r@t@host")).isEqualTo("http://host");
    assertThat(Printable.url("me:secret@host:1")).isEqualTo("host:1");
    assertThat(Printable.url("//me@host\n")).isEqualTo("//host\\n");
    assertThat(Printable.url("http://host/p")).isEqualTo("http://host/p");
    assertThat(Printable.url("")).isEmpty();
  }

  @Test
  void controlCharactersAreShownAsEscapes() {
    assertThat(Printable.line("a\u001b[2Jb")).isEqualTo("a\\u001b[2Jb");
    assertThat(Printable.line("a\nb\r\tc\0")).isEqualTo("a\\nb\\r\\tc\\u0000");
    assertThat(Printable.line("\u009b31m\u007f\u0085")).isEqualTo("\\u009b31m\\u007f\\u0085");
    assertThat(Printable.line("\u202eevil\u2066\u2028")).isEqualTo("\\u202eevil\\u2066\\u2028");
    assertThat(Printable.line("x\ud800y\udc00")).isEqualTo("x\\ud800y\\udc00");
  }

  @Test
  void whatCanBePrintedRemains() {
    String text = "Größe 東京 🎵 C:\\new \"quoted\" ∑";
    assertThat(Printable.line(text)).isSameAs(text);
    assertThat(Printable.lines("a\n\tb\u001b")).isEqualTo("a\n\tb\\u001b");
  }

  @Test
  void noControlCharacterIsLeftInAnyText() {
    Random random = new Random(17);
    for (int i = 0; i < 2_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int j = 0; j < 20; j++) {
        text.append((char) (random.nextBoolean() ? random.nextInt(256) : random.nextInt(65536)));
      }
      String line = Printable.line(text.toString());
      assertThat(line.chars().noneMatch(Character::isISOControl)).isTrue();
      assertThat(StrictUtf8.encode(line)).isPresent();
    }
  }

  @Test
  void onlyUtf8IsText() {
    for (byte[] bytes :
        new byte[][] {{(byte) 0xff}, {'a', (byte) 0xc3}, {(byte) 0xed, (byte) 0xa0, (byte) 0x80}}) {
      assertThat(StrictUtf8.decode(bytes)).isEmpty();
    }
    assertThat(StrictUtf8.encode("a\ud800")).isEmpty();
    String text = "käse🎵";
    assertThat(StrictUtf8.decode(text.getBytes(StandardCharsets.UTF_8))).contains(text);
    assertThat(StrictUtf8.encode(text)).contains(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void longTextIsCut() {
    assertThat(Printable.line("abc", 3)).isEqualTo("abc");
    assertThat(Printable.line("abcd", 3)).isEqualTo("abc...");
    assertThat(Printable.line("a\nb", 2)).isEqualTo("a\\n...");
  }
}
