package dev.riffle.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Constants.Linear;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Parts of a layer whose sizes do not fit together are found when the layer is put together. */
class LayerSizesTest {
  private final Kernels kernels = Backends.find("reference");

  // ---------------------------------------------------------- recurrent layer

  @Test
  void aRecurrentLayerWithFittingPartsHasTheWidthOfItsInput() {
    assertThat(recurrent(4, linear(4, 6), linear(6, 4), 4, linear(4, 8)).width()).isEqualTo(4);
  }

  @Test
  void aRecurrentLayerNeedsTwoRowsOfBForEachComplexNumber() {
    refused(
        () -> recurrent(4, linear(4, 5), linear(6, 4), 4, linear(4, 8)),
        "recurrent layer: b",
        "from 4 to 6 features",
        "from 4 to 5");
  }

  @Test
  void aRecurrentLayerNeedsACOfTheSizesOfB() {
    for (Linear c : new Linear[] {linear(5, 4), linear(6, 3)}) {
      refused(
          () -> recurrent(4, linear(4, 6), c, 4, linear(4, 8)),
          "recurrent layer: c",
          "from 6 to 4 features",
          "from " + c.inputs() + " to " + c.outputs());
    }
  }

  @Test
  void aRecurrentLayerNeedsGatesForValuesAndWhatOpensThem() {
    for (Linear gates : new Linear[] {linear(3, 8), linear(4, 4)}) {
      refused(
          () -> recurrent(4, linear(4, 6), linear(6, 4), 4, gates),
          "recurrent layer: gates",
          "from 4 to 8 features",
          "from " + gates.inputs() + " to " + gates.outputs());
    }
  }

  @Test
  void aRecurrentLayerNeedsASkipWeightForEachFeature() {
    refused(
        () -> recurrent(4, linear(4, 6), linear(6, 4), 3, linear(4, 8)),
        "recurrent layer: skip",
        "4 values",
        "found 3");
  }

  @Test
  void aRecurrentLayerNeedsANormOfItsWidth() {
    refused(
        () -> recurrent(3, linear(4, 6), linear(6, 4), 4, linear(4, 8)),
        "recurrent layer: norm",
        "4 values",
        "found 3");
  }

  private RecurrentLayer recurrent(int norm, Linear b, Linear c, int skip, Linear gates) {
    return new RecurrentLayer(
        layerNorm(norm),
        true,
        b,
        kernels.diagonal(new double[3], new double[3]),
        c,
        kernels.allocate(skip),
        Activation.GELU,
        gates);
  }

  // ---------------------------------------------------------------------- MLP

  @Test
  void theSecondLayerOfAnMlpReadsTheOutputOfTheFirst() {
    new Mlp(RowNorm.NONE, linear(4, 6), Activation.GELU, linear(6, 2));
    refused(
        () -> new Mlp(RowNorm.NONE, linear(4, 6), Activation.GELU, linear(5, 2)),
        "MLP: second",
        "6 input features",
        "found 5");
  }

  @Test
  void theNormOfAnMlpHasTheWidthOfItsInput() {
    refused(
        () -> new Mlp(layerNorm(3), linear(4, 6), Activation.GELU, linear(6, 4)),
        "MLP: norm",
        "4 values",
        "found 3");
  }

  @Test
  void anMlpWithANormNeedsRoomForNormalizedRowsInItsOutput() {
    new Mlp(layerNorm(4), linear(4, 6), Activation.GELU, linear(6, 5));
    refused(
        () -> new Mlp(layerNorm(4), linear(4, 6), Activation.GELU, linear(6, 3)),
        "MLP: second",
        "4 or more output features",
        "found 3");
  }

  // -------------------------------------------------------------- switch unit

  @Test
  void aSwitchUnitTakesPairsOfPositions() {
    assertThat(unit(linear(8, 6), 6, linear(6, 8), 8).width()).isEqualTo(4);
    refused(() -> unit(linear(7, 6), 6, linear(6, 7), 8), "switch unit: expand", "even", "found 7");
  }

  @Test
  void theContractionOfASwitchUnitUndoesItsExpansion() {
    for (Linear contract : new Linear[] {linear(5, 8), linear(6, 4)}) {
      refused(
          () -> unit(linear(8, 6), 6, contract, 8),
          "switch unit: contract",
          "from 6 to 8 features",
          "from " + contract.inputs() + " to " + contract.outputs());
    }
  }

  @Test
  void aSwitchUnitNeedsANormOfItsHiddenWidthAndTwoScalesPerFeature() {
    refused(
        () -> unit(linear(8, 6), 5, linear(6, 8), 8),
        "switch unit: offset of the norm",
        "6 values",
        "found 5");
    refused(
        () -> unit(linear(8, 6), 6, linear(6, 8), 7), "switch unit: scale", "8 values", "found 7");
  }

  @Test
  void aSwitchUnitOfAnOddLengthIsRefused() {
    SwitchUnitWeights unit = unit(linear(8, 6), 6, linear(6, 8), 8);
    Tensor x = kernels.allocate(3 * 4);
    Tensor y = kernels.allocate(3 * 4);
    refused(
        () ->
            kernels.switchUnit(
                unit,
                x,
                kernels.allocate(6),
                kernels::allocate,
                y,
                new Positions(1, 3, Shuffle.NONE)),
        "even",
        "found 3");
  }

  @Test
  void workMemoryThatIsTooSmallIsRefused() {
    SwitchUnitWeights unit = unit(linear(8, 6), 6, linear(6, 8), 8);
    Tensor x = kernels.allocate(2 * 4);
    Tensor y = kernels.allocate(2 * 4);
    Positions pair = new Positions(1, 2, Shuffle.NONE);
    Tensor hidden = kernels.allocate(6);
    refused(
        () -> kernels.switchUnit(unit, x, hidden, size -> kernels.allocate(size - 1), y, pair),
        "work must hold 8",
        "holds 7");
    RecurrentLayer layer = recurrent(4, linear(4, 6), linear(6, 4), 4, linear(4, 8));
    PackedSequences step = new PackedSequences(new int[] {0, 1}, 1);
    refused(
        () ->
            kernels.advance(
                layer,
                kernels.allocate(4),
                step,
                kernels.allocate(6),
                1,
                (name, size) -> kernels.allocate(size - 1)),
        "lru.u must hold 4",
        "holds 3");
  }

  private SwitchUnitWeights unit(Linear expand, int offset, Linear contract, int scale) {
    PositionNorm norm = new PositionNorm(kernels.allocate(offset), 1e-6, Activation.GELU);
    return new SwitchUnitWeights(expand, norm, contract, kernels.allocate(scale));
  }

  // -------------------------------------------------------------------- others

  @Test
  void aNegativeOrUndefinedEpsilonIsRefused() {
    Tensor t = kernels.allocate(1);
    for (double epsilon : new double[] {-1e-6, Double.NaN}) {
      refused(() -> new NormWeights(t, t, epsilon), "epsilon", "0 or more", "" + epsilon);
      refused(
          () -> new PositionNorm(t, epsilon, Activation.NONE),
          "epsilon",
          "0 or more",
          "" + epsilon);
    }
  }

  @Test
  void zoneoutIsAProbability() {
    for (double zoneout : new double[] {-0.1, 1.1, Double.NaN}) {
      refused(
          () -> new FoGates(2, Activation.TANH, zoneout), "zoneout", "from 0 to 1", "" + zoneout);
    }
  }

  @Test
  void negativeStridesAndSizesAreRefused() {
    Tensor t = kernels.allocate(1);
    refused(() -> new Strided(t, -1), "stride", "-1");
    refused(() -> new QueryKeyValue(t, t, t, -1), "stride", "-1");
    refused(() -> new Bags(new int[0], t, -1), "size", "-1");
  }

  @Test
  void aNegativeNumberOfRotatedGroupsIsRefused() {
    RotaryPositions rotation =
        new RotaryPositions(kernels.allocate(4), new int[] {0}, Pairs.INTERLEAVED);
    Strided x = new Strided(kernels.allocate(4), 4);
    refused(() -> kernels.rotary(rotation, x, 1, -1, 4), "groups", "-1");
    refused(() -> kernels.rotary(rotation, x, 1, 1 << 30, 4), "x must hold", "4294967296");
  }

  @Test
  void aRotationOfAnOddWidthIsRefused() {
    RotaryPositions rotation =
        new RotaryPositions(kernels.allocate(3), new int[] {0}, Pairs.INTERLEAVED);
    Strided x = new Strided(kernels.allocate(3), 3);
    refused(() -> kernels.rotary(rotation, x, 1, 1, 3), "even", "found 3");
  }

  private RowNorm layerNorm(int width) {
    return RowNorm.layer(kernels.allocate(width), kernels.allocate(width), 1e-6);
  }

  private Linear linear(int inputs, int outputs) {
    return kernels.linear(new double[inputs * outputs], null, outputs, inputs);
  }

  private static void refused(ThrowingCallable call, String... parts) {
    assertThatThrownBy(call)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(parts);
  }
}
