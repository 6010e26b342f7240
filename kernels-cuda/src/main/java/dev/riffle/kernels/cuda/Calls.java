package dev.riffle.kernels.cuda;

import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_ECC_UNCORRECTABLE;
import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_ILLEGAL_ADDRESS;
import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_INVALID_VALUE;
import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_LAUNCH_FAILED;
import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES;
import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_LAUNCH_TIMEOUT;
import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_NO_BINARY_FOR_GPU;
import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_NO_DEVICE;
import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_OUT_OF_MEMORY;
import static org.bytedeco.cuda.global.cudart.CUDA_SUCCESS;
import static org.bytedeco.cuda.global.cudart.cuGetErrorName;
import static org.bytedeco.cuda.global.cudart.cuGetErrorString;

import dev.riffle.kernels.DeviceException;
import org.bytedeco.cuda.global.cublas;
import org.bytedeco.cuda.global.nvrtc;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;

/** Checks the results of CUDA calls. */
final class Calls {
  private Calls() {}

  /**
   * Checks a result of the driver.
   *
   * @param call name of the function
   * @throws DeviceException with the call, the name and text of the error, and a hint
   */
  static void check(String call, int result) {
    if (result != CUDA_SUCCESS) {
      throw failure(call, result, "");
    }
  }

  /**
   * Returns the exception for a failed driver call.
   *
   * @param detail another sentence for the message, with a leading space; may be empty
   */
  static DeviceException failure(String call, int result, String detail) {
    String message =
        "CUDA failed in " + call + ": " + text(result) + "." + detail + " " + advice(result);
    return result == CUDA_ERROR_OUT_OF_MEMORY
        ? new DeviceException.OutOfMemory(message, null)
        : new DeviceException(message, null);
  }

  /** Name, number and text of a result of the driver. */
  static String text(int result) {
    return told(cuGetErrorName(result, NAME), NAME)
        + " ("
        + result
        + ", "
        + told(cuGetErrorString(result, NAME), NAME)
        + ")";
  }

  private static final PointerPointer<BytePointer> NAME = new PointerPointer<>(1);

  private static synchronized String told(int found, PointerPointer<BytePointer> text) {
    return found == CUDA_SUCCESS ? text.get(BytePointer.class, 0).getString() : "unknown to it";
  }

  private static String advice(int result) {
    if (result == CUDA_ERROR_OUT_OF_MEMORY) {
      return "Send smaller batches or shorter windows, or end what else uses the GPU (nvidia-smi"
          + " lists it).";
    }
    if (result == CUDA_ERROR_ILLEGAL_ADDRESS || result == CUDA_ERROR_LAUNCH_FAILED) {
      return "A kernel left its memory: a defect of this backend. Run with -D"
          + CudaOptions.DEBUG
          + "=true to see which kernel, report that, and use the backend 'cpu' meanwhile.";
    }
    if (result == CUDA_ERROR_LAUNCH_TIMEOUT) {
      return "The GPU also drives a display, which ends long kernels: use a GPU without one.";
    }
    if (result == CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES || result == CUDA_ERROR_INVALID_VALUE) {
      return "This backend asked for what the GPU does not have: report it with this message.";
    }
    if (result == CUDA_ERROR_ECC_UNCORRECTABLE) {
      return "The GPU's memory is damaged: see nvidia-smi -q -d ECC, and reset or replace it.";
    }
    if (result == CUDA_ERROR_NO_BINARY_FOR_GPU) {
      return "The GPU is newer than this CUDA: install a newer CUDA 13.";
    }
    if (result == CUDA_ERROR_NO_DEVICE) {
      return "No GPU is seen: look at nvidia-smi and at CUDA_VISIBLE_DEVICES.";
    }
    return "See nvidia-smi and dmesg (Xid) for what has happened to the GPU.";
  }

  /** Checks a result of NVRTC. */
  static void checkNvrtc(String call, int result) {
    if (result != nvrtc.NVRTC_SUCCESS) {
      throw new DeviceException(
          "NVRTC failed in "
              + call
              + ": "
              + nvrtc.nvrtcGetErrorString(result).getString()
              + " ("
              + result
              + ").",
          null);
    }
  }

  /** Checks a result of cuBLASLt. */
  static void checkBlas(String call, int result) {
    if (result != cublas.CUBLAS_STATUS_SUCCESS) {
      throw new DeviceException(
          "cuBLASLt failed in "
              + call
              + ": "
              + cublas.cublasLtGetStatusName(result).getString()
              + " ("
              + cublas.cublasLtGetStatusString(result).getString()
              + "). See nvidia-smi and dmesg (Xid) for what has happened to the GPU.",
          null);
    }
  }
}
