package dev.riffle.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
  private final Settings settings =
      Settings.parse(
          "{\"lru\": {\"width\": 192, \"norm\": \"layer\", \"prenorm\": true, \"eps\": 1e-6,"
              + " \"shifts\": [-36, 0.5]}}",
          "config.json");

  @Test
  void settingsAreReadByKind() {
    Settings lru = settings.under("lru");
    assertThat(lru.size("width")).isEqualTo(192);
    assertThat(lru.text("norm")).isEqualTo("layer");
    assertThat(lru.flag("prenorm")).isTrue();
    assertThat(lru.number("eps")).isEqualTo(1e-6);
    assertThat(lru.numbers("shifts")).containsExactly(-36, 0.5);
  }

  @Test
  void copiesAreChangedAndTheOriginalIsNot() {
    Settings more = Settings.parse("{\"a\": 1, \"b\": \"x\"}", "more.json");
    Settings changed = settings.with("a", 2).with(more).with("c", true).without("lru");
    assertThat(changed.size("a")).isEqualTo(1);
    assertThat(changed.text("b")).isEqualTo("x");
    assertThat(changed.flag("c")).isTrue();
    assertThat(changed.has("lru")).isFalse();
    assertThat(settings.has("lru")).isTrue();
    assertThat(settings.has("a")).isFalse();
    assertThatThrownBy(() -> changed.size("b")).hasMessageStartingWith("config.json: ");
  }

  @Test
  void aMissingSettingIsNamedWithItsPath() {
    assertThatThrownBy(() -> settings.under("lru").size("state"))
        .isInstanceOf(ModelException.class)
        .hasMessage(
            "config.json: setting 'lru.state' must be a whole number from 1 to 16777216, but is"
                + " missing.");
  }

  @Test
  void aSettingOfAnotherKindIsRefusedAndShown() {
    Settings lru = settings.under("lru");
    assertThatThrownBy(() -> lru.text("width")).hasMessageContaining("must be text, but is 192");
    assertThatThrownBy(() -> lru.flag("norm"))
        .hasMessageContaining("must be true or false, but is \"layer\"");
    assertThatThrownBy(() -> lru.number("norm")).hasMessageContaining("must be a finite number");
    assertThatThrownBy(() -> lru.numbers("width")).hasMessageContaining("must be a list");
    assertThatThrownBy(() -> lru.texts("shifts")).hasMessageContaining("must be a list of texts");
    assertThatThrownBy(() -> lru.texts("norm")).hasMessageContaining("must be a list of texts");
    assertThatThrownBy(() -> lru.under("width"))
        .hasMessageContaining("'lru.width' must be an object");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "1.5", "16777217", "1e400", "\"1\"", "null"})
  void aSizeIsAWholeNumberInBounds(String value) {
    Settings s = Settings.parse("{\"n\": " + value + "}", "config.json");
    assertThatThrownBy(() -> s.size("n")).isInstanceOf(ModelException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "{} {}", "[]", "{\"a\": 1, \"a\": 1}"})
  void whatIsNotOneObjectOfJsonIsRefused(String json) {
    assertThatThrownBy(() -> Settings.parse(json, "config.json"))
        .isInstanceOf(ModelException.class)
        .hasMessageStartingWith("config.json is not ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "4097", "16777216", "2147483648", "1.5", "null"})
  void aNumberOfLayersIsSmall(String value) {
    Settings s = Settings.parse("{\"n\": " + value + "}", "config.json");
    assertThatThrownBy(() -> s.layers("n"))
        .isInstanceOf(ModelException.class)
        .hasMessage(
            "config.json: setting 'n' must be a whole number from 1 to 4096, but is "
                + value
                + ".");
  }

  @Test
  void aProductOfSizesIsBoundedThoughEachIsAllowed() {
    Settings s =
        Settings.parse("{\"net\": {\"a\": 65536, \"b\": 32768, \"c\": 3}}", "config.json")
            .under("net");
    s.checkProduct("weights", 1, "a", "c");
    s.checkProduct("weights", 10_922, "a", "c", "missing");
    assertThatThrownBy(() -> s.checkProduct("weights", 1, "a", "b"))
        .isInstanceOf(ModelException.class)
        .hasMessage(
            "config.json: settings 'net.a' 65536 x 'net.b' 32768 need 2147483648 weights, but a model"
                + " has at most 2147483639. Correct the sizes.");
    assertThatThrownBy(() -> s.checkProduct("bytes", 10_923, "a", "c"))
        .hasMessageContaining("need 2147549184 bytes");
    assertThatThrownBy(() -> s.checkProduct("weights", 2, "a", "b", "c", "a", "b"))
        .hasMessageContaining("need 27670116110564327424 weights");
  }
}
