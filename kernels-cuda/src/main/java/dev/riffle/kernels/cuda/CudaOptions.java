package dev.riffle.kernels.cuda;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What system properties say about the GPU.
 *
 * @param device its ordinal among those that CUDA_VISIBLE_DEVICES leaves
 * @param memory most bytes of its memory to take, or, where negative, minus the percent of it
 * @param precision of products within {@code forWindows()}
 * @param debug whether to wait for each kernel, so that an error names the kernel that caused it,
 *     and to allocate each block from the driver, so that compute-sanitizer sees its bounds
 * @param libraries directory of CUDA's libraries, empty to search
 */
record CudaOptions(int device, long memory, Precision precision, boolean debug, String libraries) {
  static final String DEVICE = "riffle.kernels.cuda.device";
  static final String MEMORY = "riffle.kernels.cuda.memory";
  static final String PRECISION = "riffle.kernels.cuda.precision";
  static final String DEBUG = "riffle.kernels.cuda.debug";
  static final String LIBRARIES = "riffle.kernels.cuda.libraries";

  private static final Pattern SIZE = Pattern.compile("([1-9][0-9]{0,14})([kmgt]?)");
  private static final Pattern PERCENT = Pattern.compile("([1-9][0-9]?|100)%");

  /** How the factors of a product are rounded before they are multiplied; sums are float32. */
  enum Precision {
    /** Not at all: 24 bits. */
    FP32,
    /** To 11 bits, on tensor cores. */
    TF32,
    /** To 8 bits, on tensor cores. */
    BF16
  }

  /** The options of this JVM. */
  static CudaOptions ofSystem() {
    return of(name -> System.getProperty(name));
  }

  /**
   * @param property gives the value of a system property, null where it is not set
   * @throws IllegalArgumentException with the property, what may stand there, and what does
   */
  static CudaOptions of(UnaryOperator<String> property) {
    return new CudaOptions(
        device(value(property, DEVICE, "0")),
        memory(value(property, MEMORY, "80%")),
        precision(value(property, PRECISION, "fp32")),
        flag(value(property, DEBUG, "false")),
        value(property, LIBRARIES, ""));
  }

  /** Most bytes to allocate on a GPU with this much memory. */
  long ceiling(long total) {
    return memory < 0 ? total / 100 * -memory : Math.min(memory, total);
  }

  private static String value(UnaryOperator<String> property, String name, String absent) {
    String said = property.apply(name);
    return said == null ? absent : said.strip();
  }

  private static int device(String said) {
    if (!said.matches("[0-9]{1,3}")) {
      throw expected(DEVICE, "the number of a GPU, 0 for the first", said);
    }
    return Integer.parseInt(said);
  }

  private static long memory(String said) {
    String lower = said.toLowerCase(Locale.ROOT);
    Matcher percent = PERCENT.matcher(lower);
    if (percent.matches()) {
      return -Long.parseLong(percent.group(1));
    }
    Matcher size = SIZE.matcher(lower);
    if (!size.matches()) {
      throw expected(MEMORY, "bytes with k, m, g or t, such as 8g, or a percentage, 80%", said);
    }
    int shift = 10 * " kmgt".indexOf(size.group(2).isEmpty() ? " " : size.group(2));
    long number = Long.parseLong(size.group(1));
    return number > Long.MAX_VALUE >> shift ? Long.MAX_VALUE : number << shift;
  }

  private static Precision precision(String said) {
    return Arrays.stream(Precision.values())
        .filter(p -> p.name().equalsIgnoreCase(said))
        .findFirst()
        .orElseThrow(
            () ->
                expected(
                    PRECISION,
                    Arrays.stream(Precision.values())
                        .map(p -> p.name().toLowerCase(Locale.ROOT))
                        .collect(Collectors.joining(", ")),
                    said));
  }

  private static boolean flag(String said) {
    if (!said.equals("true") && !said.equals("false")) {
      throw expected(DEBUG, "true or false", said);
    }
    return said.equals("true");
  }

  private static IllegalArgumentException expected(String name, String what, String said) {
    return new IllegalArgumentException(
        "the system property " + name + " must be " + what + "; but it is '" + said + "'.");
  }
}
