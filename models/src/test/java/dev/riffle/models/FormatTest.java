package dev.riffle.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FormatTest {
  @Test
  void formatsAreEqualOnlyIfTheirAttributesAre() {
    assertThat(new Format(8, 1)).isEqualTo(new Format(8, 1, Map.of()));
    assertThat(new Format(8, 1, Map.of("channel", "3")))
        .isEqualTo(new Format(8, 1, new HashMap<>(Map.of("channel", "3"))))
        .isNotEqualTo(new Format(8, 1))
        .isNotEqualTo(new Format(8, 1, Map.of("channel", "4")));
  }

  @Test
  void attributesDoNotChangeWithTheMapThatTheyCameIn() {
    Map<String, String> source = new HashMap<>(Map.of("channel", "3"));
    Format format = new Format(8, 1, source);
    source.put("channel", "4");
    assertThat(format.attributes()).containsExactly(Map.entry("channel", "3"));
    assertThatThrownBy(() -> format.attributes().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }
}
