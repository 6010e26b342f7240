package dev.riffle.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.cuda.CudaOptions.Precision;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CudaOptionsTest {
  private static CudaOptions of(String name, String value) {
    return CudaOptions.of(Map.of(name, value)::get);
  }

  @Test
  void whatIsNotSaidIsTheFirstCardExactlyAndFourFifthsOfItsMemory() {
    CudaOptions options = CudaOptions.of(name -> null);
    assertThat(options).isEqualTo(new CudaOptions(0, -80, Precision.FP32, false, ""));
    assertThat(options.ceiling(1000)).isEqualTo(800);
  }

  @ParameterizedTest
  @CsvSource({
    "8g,8589934592",
    "512m,536870912",
    "64K,65536",
    "1t,1099511627776",
    "1000,1000",
    "50%,549755813888",
    "100%,1099511627776",
    "999999999t,1099511627776" // no more than the GPU has
  })
  void memoryIsBytesOrAShare(String said, long ceiling) {
    assertThat(of(CudaOptions.MEMORY, said).ceiling(1L << 40))
        .isCloseTo(ceiling, Offset.offset(100L));
  }

  @ParameterizedTest
  @CsvSource({"0", "-1", "g", "8 g", "0%", "101%", "1.5g", "''"})
  void otherMemoryIsRefused(String said) {
    assertThatThrownBy(() -> of(CudaOptions.MEMORY, said))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(CudaOptions.MEMORY, "such as 8g", "80%", "'" + said + "'");
  }

  @Test
  void precisionsHaveNames() {
    assertThat(of(CudaOptions.PRECISION, "tf32").precision()).isEqualTo(Precision.TF32);
    assertThat(of(CudaOptions.PRECISION, "BF16").precision()).isEqualTo(Precision.BF16);
    assertThatThrownBy(() -> of(CudaOptions.PRECISION, "fp16"))
        .hasMessageContainingAll(CudaOptions.PRECISION, "fp32, tf32, bf16", "'fp16'");
  }

  @Test
  void numbersAndFlagsAreChecked() {
    assertThat(of(CudaOptions.DEVICE, "2").device()).isEqualTo(2);
    assertThat(of(CudaOptions.DEBUG, "true").debug()).isTrue();
    assertThatThrownBy(() -> of(CudaOptions.DEVICE, "first")).hasMessageContaining("'first'");
    assertThatThrownBy(() -> of(CudaOptions.DEBUG, "yes")).hasMessageContaining("true or false");
  }
}
