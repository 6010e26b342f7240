package dev.riffle.kernels.cuda;

import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_NO_DEVICE;
import static org.bytedeco.cuda.global.cudart.CUDA_SUCCESS;
import static org.bytedeco.cuda.global.cudart.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static org.bytedeco.cuda.global.cudart.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;
import static org.bytedeco.cuda.global.cudart.cuDeviceGet;
import static org.bytedeco.cuda.global.cudart.cuDeviceGetAttribute;
import static org.bytedeco.cuda.global.cudart.cuDeviceGetCount;
import static org.bytedeco.cuda.global.cudart.cuDeviceGetName;
import static org.bytedeco.cuda.global.cudart.cuDeviceTotalMem;
import static org.bytedeco.cuda.global.cudart.cuDriverGetVersion;
import static org.bytedeco.cuda.global.cudart.cuInit;
import static org.bytedeco.cuda.global.nvrtc.nvrtcVersion;

import dev.riffle.kernels.DeviceException;
import dev.riffle.kernels.cuda.Libraries.Found;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.SizeTPointer;

/**
 * The requirements of the backend on this machine. Detection allocates nothing on a GPU.
 *
 * @param libraries CUDA's libraries, found or not; empty if the binding itself does not load
 * @param driver newest CUDA version that the driver supports, 13000 for 13.0; 0 without a driver
 * @param compiler version of NVRTC, 13000 for 13.0; 0 without NVRTC
 * @param gpus GPUs that CUDA_VISIBLE_DEVICES allows
 * @param problem why the backend cannot work, and what to do; empty if it can
 */
record Machine(
    List<Found> libraries, int driver, int compiler, List<GpuInfo> gpus, Optional<String> problem) {

  private static final int CUDA_13 = 13000;

  /**
   * A GPU.
   *
   * @param memory its bytes
   */
  record GpuInfo(String name, ComputeCapability capability, long memory) {}

  /** Looks at this machine. */
  static Machine look() {
    CudaOptions options;
    try {
      options = CudaOptions.ofSystem();
    } catch (IllegalArgumentException e) {
      return nothing(List.of(), e.getMessage());
    }
    List<Found> libraries;
    try {
      libraries = Libraries.load(options.libraries());
    } catch (LinkageError e) {
      return nothing(
          List.of(),
          "its binding does not load ("
              + e.getMessage()
              + "). It is shipped for Linux on x86-64: on the class path must be the jars cuda and"
              + " javacpp of org.bytedeco, each also with the classifier linux-x86_64, and the"
              + " directory of -Dorg.bytedeco.javacpp.cachedir must be writable.");
    }
    Optional<String> missing = Libraries.missing(libraries);
    if (missing.isPresent()) {
      return nothing(libraries, missing.get());
    }
    try {
      return ask(libraries, options);
    } catch (LinkageError | DeviceException e) {
      return nothing(libraries, "CUDA does not start here: " + e.getMessage());
    }
  }

  private static Machine nothing(List<Found> libraries, String problem) {
    return new Machine(libraries, 0, 0, List.of(), Optional.of(problem));
  }

  private static Machine ask(List<Found> libraries, CudaOptions options) {
    int[] value = new int[1];
    int[] minor = new int[1];
    Calls.check("cuDriverGetVersion", cuDriverGetVersion(value));
    int driver = value[0];
    Calls.checkNvrtc("nvrtcVersion", nvrtcVersion(value, minor));
    int compiler = 1000 * value[0] + 10 * minor[0];
    int started = cuInit(0);
    List<GpuInfo> gpus = started == CUDA_SUCCESS ? visible() : List.of();
    return new Machine(
        libraries, driver, compiler, gpus, problem(driver, started, gpus, options.device()));
  }

  private static List<GpuInfo> visible() {
    int[] value = new int[1];
    Calls.check("cuDeviceGetCount", cuDeviceGetCount(value));
    List<GpuInfo> gpus = new ArrayList<>();
    for (int ordinal = 0, count = value[0]; ordinal < count; ordinal++) {
      Calls.check("cuDeviceGet", cuDeviceGet(value, ordinal));
      gpus.add(gpu(value[0]));
    }
    return gpus;
  }

  /** What the driver says of a GPU. */
  static GpuInfo gpu(int device) {
    byte[] text = new byte[256];
    Calls.check("cuDeviceGetName", cuDeviceGetName(text, text.length, device));
    int length = 0;
    while (text[length] != 0) {
      length++;
    }
    try (SizeTPointer memory = new SizeTPointer(1)) {
      Calls.check("cuDeviceTotalMem", cuDeviceTotalMem(memory, device));
      return new GpuInfo(
          new String(text, 0, length, StandardCharsets.UTF_8),
          new ComputeCapability(
              attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device),
              attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device)),
          memory.get());
    }
  }

  /** What the driver says of one property of a GPU. */
  static int attribute(int attribute, int device) {
    int[] value = new int[1];
    Calls.check("cuDeviceGetAttribute", cuDeviceGetAttribute(value, attribute, device));
    return value[0];
  }

  private static Optional<String> problem(int driver, int started, List<GpuInfo> gpus, int device) {
    if (driver < CUDA_13) { // first: an old driver may fail in its own ways
      return Optional.of(
          "the driver is for CUDA "
              + version(driver)
              + " at most, but CUDA 13 needs one of 580 or later (nvidia-smi tells which it is)."
              + " Install a newer driver.");
    }
    if (started == CUDA_ERROR_NO_DEVICE || (started == CUDA_SUCCESS && gpus.isEmpty())) {
      return Optional.of(
          "there is no GPU to be seen. Look at nvidia-smi and at CUDA_VISIBLE_DEVICES; in a"
              + " container, start it with --gpus all.");
    }
    if (started != CUDA_SUCCESS) {
      return Optional.of(Calls.failure("cuInit", started, "").getMessage());
    }
    if (device >= gpus.size()) {
      return Optional.of(
          "-D"
              + CudaOptions.DEVICE
              + " asks for GPU "
              + device
              + " but there are "
              + gpus.size()
              + ", counted from 0. Look at nvidia-smi -L and at CUDA_VISIBLE_DEVICES.");
    }
    return gpus.get(device).capability().refusal();
  }

  /** As people write it: {@code 13.0}. */
  static String version(int number) {
    return number / 1000 + "." + number % 1000 / 10;
  }
}
