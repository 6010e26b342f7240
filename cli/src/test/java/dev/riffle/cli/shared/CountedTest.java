package dev.riffle.cli.shared;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CountedTest {
  @ParameterizedTest
  @CsvSource({
    "0, contig, 0 contigs",
    "1, contig, 1 contig",
    "2, more problem, 2 more problems",
    "1200, note, '1,200 notes'"
  })
  void onlyOneIsSingular(long number, String noun, String expected) {
    assertThat(Counted.of(number, noun)).isEqualTo(expected);
  }
}
