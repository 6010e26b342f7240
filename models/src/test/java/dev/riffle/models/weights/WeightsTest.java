package dev.riffle.models.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.models.ModelException;
import org.junit.jupiter.api.Test;

class WeightsTest {
  private static final float NONE = Float.NEGATIVE_INFINITY;

  private final Weights weights =
      Weights.of(
          Safetensors.parse(
              new SafetensorsWriter()
                  .add("layers.0.out1.weight", new float[] {1, 2, 3, 4, 5, 6}, 2, 3)
                  .add("layers.0.theta_log", new float[] {0, NONE}, 2)
                  .add("layers.0.nu_log", new float[] {0, Float.NaN}, 2)
                  .add("layers.0.gamma_log", new float[] {Float.POSITIVE_INFINITY}, 1)
                  .add("damaged", new float[] {0, 0, 0, 0, Float.NaN, 0}, 2, 3)
                  .toBytes(),
              "model.safetensors"));

  @Test
  void aPartIsAskedForWithoutItsPrefix() {
    Weights layer = weights.under("layers.0.");
    assertThat(layer.has("out1.weight")).isTrue();
    assertThat(layer.require("out1.weight", 2, 3)).containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void whatNobodyAskedForIsKnown() {
    weights.under("layers.0.").require("out1.weight", 2, 3);
    weights.requireLog("layers.0.theta_log", 2);
    assertThat(weights.has("damaged")).isTrue();
    assertThat(weights.unread())
        .containsExactly("damaged", "layers.0.gamma_log", "layers.0.nu_log");
  }

  @Test
  void aMatrixStoredByInputsIsTurned() {
    assertThat(weights.requireTransposed("layers.0.out1.weight", 2, 3))
        .containsExactly(1, 4, 2, 5, 3, 6);
  }

  @Test
  void aMissingTensorIsNamedWithItsShapeAndTheNearestName() {
    assertThatThrownBy(() -> weights.require("layers.0.out2.weight", 2, 3))
        .isInstanceOf(ModelException.class)
        .hasMessage(
            "model.safetensors holds no tensor 'layers.0.out2.weight' (expected with shape [2, 3]);"
                + " the nearest name in it is 'layers.0.out1.weight'.");
  }

  @Test
  void anotherShapeIsRefusedAndBothAreReported() {
    assertThatThrownBy(() -> weights.require("layers.0.out1.weight", 3, 2))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("tensor 'layers.0.out1.weight' has shape [2, 3], expected [3, 2]");
  }

  @Test
  void aWeightThatIsNotANumberIsRefusedWithItsPlace() {
    assertThatThrownBy(() -> weights.require("damaged", 2, 3))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("tensor 'damaged' holds NaN at [1, 1], expected a finite number");
  }

  @Test
  void aLogarithmMayBeThatOfZeroAndNothingElseThatIsNotFinite() {
    assertThat(weights.requireLog("layers.0.theta_log", 2)).containsExactly(0, NONE);
    assertThatThrownBy(() -> weights.require("layers.0.theta_log", 2))
        .hasMessageContaining("holds -Infinity at [1]");
    assertThatThrownBy(() -> weights.requireLog("layers.0.nu_log", 2))
        .hasMessageContaining("holds NaN at [1], expected a finite number or -Infinity");
    assertThatThrownBy(() -> weights.requireLog("layers.0.gamma_log", 1))
        .hasMessageContaining("holds Infinity at [0]");
  }

  @Test
  void editDistanceCountsInsertionsDeletionsAndSubstitutions() {
    assertThat(Suggestions.distance("kitten", "sitting")).isEqualTo(3);
    assertThat(Suggestions.distance("", "abc")).isEqualTo(3);
    assertThat(Suggestions.distance("abc", "abc")).isZero();
  }
}
