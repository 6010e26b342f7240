package dev.riffle.kernels.nd4j;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ComputeCapabilityTest {

  @ParameterizedTest
  @CsvSource({
    "3,7", "5,0", "5,2", "5,3", "6,0", "6,1", "6,2", "7,0", "7,2", "7,5", "8,0", "8,6", "8,7", "8,9"
  })
  void keplersLastToAdaAreTaken(int major, int minor) {
    assertThat(new ComputeCapability(major, minor).refusal()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"9,0", "10,0", "10,3", "11,0", "12,0", "12,1"})
  void hopperAndLaterAreRefusedWithTheCure(int major, int minor) {
    assertThat(new ComputeCapability(major, minor).refusal().orElseThrow())
        .contains(major + "." + minor + " is newer", "up to 8.6 and no PTX", "CUDA_VISIBLE_DEVICES")
        .contains("the backend 'cpu'");
  }

  @ParameterizedTest
  @CsvSource({"2,0", "3,0", "3,5"})
  void whatIsOlderThanItsMachineCodeIsRefused(int major, int minor) {
    assertThat(new ComputeCapability(major, minor).refusal().orElseThrow())
        .contains(major + "." + minor + " is older", "begin with machine code for 3.7");
  }
}
