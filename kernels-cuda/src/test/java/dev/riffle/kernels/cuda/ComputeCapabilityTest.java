package dev.riffle.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.kernels.cuda.Compiler.Target;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ComputeCapabilityTest {
  private static final int[] CUDA_13_0 = {75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121};

  @ParameterizedTest
  @CsvSource({"8,0", "8,6", "8,9", "9,0", "10,0", "10,3", "11,0", "12,0", "13,0"})
  void ampereAndLaterAreTaken(int major, int minor) {
    assertThat(new ComputeCapability(major, minor).refusal()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"3,7", "6,0", "7,0", "7,5"})
  void whatIsOlderIsRefusedWithTheCure(int major, int minor) {
    assertThat(new ComputeCapability(major, minor).refusal().orElseThrow())
        .contains(major + "." + minor + " is older", "8.0 (Ampere)", "'cpu'", "'nd4j'");
  }

  @ParameterizedTest
  @CsvSource({
    "8,0,sm_80",
    "8,6,sm_86",
    "9,0,sm_90",
    "10,0,sm_100",
    "12,1,sm_121",
    "10,1,sm_100", // machine code runs on later GPUs of its generation
    "9,9,sm_90",
    "13,0,compute_121" // and the driver compiles for later generations
  })
  void aCardGetsItsOwnCodeOrTheNearestThatItRuns(int major, int minor, String architecture) {
    assertThat(Target.of(new ComputeCapability(major, minor), CUDA_13_0))
        .hasValue(new Target(architecture));
  }

  @Test
  void aCompilerThatIsTooNewHasNothingForACard() {
    assertThat(Target.of(new ComputeCapability(8, 0), new int[] {90, 100}))
        .isEqualTo(Optional.empty());
  }
}
