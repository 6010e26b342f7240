package dev.riffle.kernels.cuda;

import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_INVALID_VALUE;
import static org.bytedeco.cuda.global.cudart.cuFuncGetParamInfo;
import static org.bytedeco.cuda.global.cudart.cuModuleGetFunction;
import static org.bytedeco.cuda.global.cudart.cuModuleLoadData;
import static org.bytedeco.cuda.global.nvrtc.*;

import dev.riffle.kernels.DeviceException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUmod_st;
import org.bytedeco.cuda.nvrtc._nvrtcProgram;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;

/**
 * Compiles CUDA C++ for one GPU, by NVRTC, and loads it.
 *
 * <p>Products and sums may be contracted to fused multiply-adds, which round once instead of twice;
 * nothing else departs from IEEE 754: no fast math, denormals are kept, division and square root
 * are rounded correctly.
 */
final class Compiler {
  private static final String BOUNDS = "(?:__launch_bounds__\\s*\\([^)]*\\)\\s+)?";
  private static final Pattern KERNEL =
      Pattern.compile("__global__\\s+" + BOUNDS + "void\\s+" + BOUNDS + "([A-Za-z_]\\w*)\\s*\\(");

  /** A kernel that was compiled and loaded; bytes of each of its parameters. */
  record Compiled(String name, CUfunc_st function, int[] parameters) {}

  /**
   * What to compile for.
   *
   * @param architecture as passed to the compiler: {@code sm_90} for machine code, {@code
   *     compute_90} for PTX, which the driver compiles to machine code
   */
  record Target(String architecture) {

    boolean ptx() {
      return architecture.startsWith("compute");
    }

    /**
     * The best that a compiler of these architectures can do for a GPU: its own machine code, or
     * that of an older GPU of its generation, or PTX of an older generation.
     *
     * @param known numbers such as 90
     * @return empty if all are newer than the GPU
     */
    static Optional<Target> of(ComputeCapability gpu, int[] known) {
      int[] older = Arrays.stream(known).filter(k -> k <= gpu.number()).sorted().toArray();
      if (older.length == 0) {
        return Optional.empty();
      }
      int best = older[older.length - 1];
      String kind = best / 10 == gpu.major() ? "sm_" : "compute_";
      return Optional.of(new Target(kind + best));
    }
  }

  private final Target target;

  Compiler(ComputeCapability gpu) {
    int[] count = new int[1];
    Calls.checkNvrtc("nvrtcGetNumSupportedArchs", nvrtcGetNumSupportedArchs(count));
    int[] known = new int[count[0]];
    Calls.checkNvrtc("nvrtcGetSupportedArchs", nvrtcGetSupportedArchs(known));
    this.target =
        Target.of(gpu, known)
            .orElseThrow(
                () ->
                    new DeviceException(
                        "NVRTC compiles for compute capabilities "
                            + Arrays.toString(known)
                            + " but the GPU has "
                            + gpu
                            + ": install another CUDA 13.",
                        null));
  }

  /** The kernels of a unit: all {@code __global__} functions in its text. */
  List<Compiled> compile(Source unit, List<Source> headers) {
    CUmod_st module = new CUmod_st();
    try (BytePointer code = code(unit, headers)) {
      Calls.check("cuModuleLoadData of " + unit.name(), cuModuleLoadData(module, code));
    }
    List<Compiled> kernels = new ArrayList<>();
    Matcher matcher = KERNEL.matcher(unit.text());
    while (matcher.find()) {
      String name = matcher.group(1);
      CUfunc_st function = new CUfunc_st();
      Calls.check(
          "cuModuleGetFunction of " + name + " in " + unit.name(),
          cuModuleGetFunction(function, module, name));
      kernels.add(new Compiled(name, function, parameters(name, function)));
    }
    return kernels;
  }

  private static int[] parameters(String name, CUfunc_st function) {
    List<Integer> sizes = new ArrayList<>();
    try (SizeTPointer offset = new SizeTPointer(1);
        SizeTPointer size = new SizeTPointer(1)) {
      while (true) {
        int result = cuFuncGetParamInfo(function, sizes.size(), offset, size);
        if (result == CUDA_ERROR_INVALID_VALUE) { // there is no such parameter
          return sizes.stream().mapToInt(i -> i).toArray();
        }
        Calls.check("cuFuncGetParamInfo of " + name, result);
        sizes.add((int) size.get());
      }
    }
  }

  private BytePointer code(Source unit, List<Source> headers) {
    String[] options = {
      "--gpu-architecture=" + target.architecture(),
      "--std=c++17",
      "--fmad=true",
      "--ftz=false",
      "--prec-div=true",
      "--prec-sqrt=true",
      "--generate-line-info"
    };
    _nvrtcProgram program = new _nvrtcProgram();
    try (BytePointer text = new BytePointer(unit.text());
        BytePointer name = new BytePointer(unit.name());
        PointerPointer<BytePointer> texts = strings(headers.stream().map(Source::text).toList());
        PointerPointer<BytePointer> names = strings(headers.stream().map(Source::name).toList());
        PointerPointer<BytePointer> said = strings(List.of(options));
        SizeTPointer size = new SizeTPointer(1)) {
      Calls.checkNvrtc(
          "nvrtcCreateProgram",
          nvrtcCreateProgram(program, text, name, headers.size(), texts, names));
      try {
        int compiled = nvrtcCompileProgram(program, options.length, said);
        if (compiled != NVRTC_SUCCESS) {
          throw new DeviceException(
              "NVRTC does not compile "
                  + unit.name()
                  + " for "
                  + target.architecture()
                  + " ("
                  + nvrtcGetErrorString(compiled).getString()
                  + "). It is to be of CUDA 13.0 or later. It says:\n"
                  + log(program),
              null);
        }
        String call = target.ptx() ? "nvrtcGetPTXSize" : "nvrtcGetCUBINSize";
        Calls.checkNvrtc(
            call, target.ptx() ? nvrtcGetPTXSize(program, size) : nvrtcGetCUBINSize(program, size));
        BytePointer code = new BytePointer(size.get());
        Calls.checkNvrtc(
            target.ptx() ? "nvrtcGetPTX" : "nvrtcGetCUBIN",
            target.ptx() ? nvrtcGetPTX(program, code) : nvrtcGetCUBIN(program, code));
        return code;
      } finally {
        nvrtcDestroyProgram(program);
      }
    }
  }

  private static PointerPointer<BytePointer> strings(List<String> texts) {
    return new PointerPointer<>(texts.toArray(String[]::new));
  }

  private static String log(_nvrtcProgram program) {
    try (SizeTPointer size = new SizeTPointer(1)) {
      Calls.checkNvrtc("nvrtcGetProgramLogSize", nvrtcGetProgramLogSize(program, size));
      try (BytePointer log = new BytePointer(size.get())) {
        Calls.checkNvrtc("nvrtcGetProgramLog", nvrtcGetProgramLog(program, log));
        return log.getString();
      }
    }
  }
}
