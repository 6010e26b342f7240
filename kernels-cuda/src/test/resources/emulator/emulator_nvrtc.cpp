// NVRTC by g++: a "cubin" is the name of a shared library, which emulator_cuda.cpp loads.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <functional>
#include <regex>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

struct _nvrtcProgram {
  std::string name, text, log, code;
  std::vector<std::pair<std::string, std::string>> headers;
};

static const int ARCHITECTURES[] = {75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121};
static const int NO_INPUT = 3, NO_PROGRAM = 4, NO_OPTION = 5, NO_COMPILATION = 6;

static std::string folder() {
  Dl_info info;
  dladdr((void *) &folder, &info);
  std::string path = info.dli_fname;
  return path.substr(0, path.rfind('/'));
}
static std::string read(const std::string &path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}
static void write(const std::string &path, const std::string &text) { std::ofstream(path) << text; }

extern "C" {
const char *nvrtcGetErrorString(int result) {
  static const char *names[] = {
      "NVRTC_SUCCESS", "NVRTC_ERROR_OUT_OF_MEMORY", "NVRTC_ERROR_PROGRAM_CREATION_FAILURE",
      "NVRTC_ERROR_INVALID_INPUT", "NVRTC_ERROR_INVALID_PROGRAM", "NVRTC_ERROR_INVALID_OPTION",
      "NVRTC_ERROR_COMPILATION"};
  return result < 7 ? names[result] : "NVRTC_ERROR unknown";
}
int nvrtcVersion(int *major, int *minor) { *major = 13; *minor = 0; return 0; }
int nvrtcGetNumSupportedArchs(int *count) { *count = sizeof ARCHITECTURES / sizeof(int); return 0; }
int nvrtcGetSupportedArchs(int *known) { memcpy(known, ARCHITECTURES, sizeof ARCHITECTURES); return 0; }
int nvrtcCreateProgram(_nvrtcProgram **made, const char *text, const char *name, int count,
                       const char *const *headers, const char *const *names) {
  if (text == nullptr || count < 0) return NO_INPUT;
  *made = new _nvrtcProgram{name, text, "", "", {}};
  for (int i = 0; i < count; i++) (*made)->headers.push_back({names[i], headers[i]});
  return 0;
}
int nvrtcDestroyProgram(_nvrtcProgram **p) { delete *p; *p = nullptr; return 0; }
int nvrtcGetProgramLogSize(_nvrtcProgram *p, size_t *size) { *size = p->log.size() + 1; return 0; }
int nvrtcGetProgramLog(_nvrtcProgram *p, char *log) { strcpy(log, p->log.c_str()); return 0; }
static int size(_nvrtcProgram *p, size_t *size) {
  *size = p->code.size();
  return p->code.empty() ? NO_PROGRAM : 0;
}
static int get(_nvrtcProgram *p, char *code) { memcpy(code, p->code.data(), p->code.size()); return 0; }
int nvrtcGetCUBINSize(_nvrtcProgram *p, size_t *s) { return size(p, s); }
int nvrtcGetCUBIN(_nvrtcProgram *p, char *code) { return get(p, code); }
int nvrtcGetPTXSize(_nvrtcProgram *p, size_t *s) { return size(p, s); }
int nvrtcGetPTX(_nvrtcProgram *p, char *code) { return get(p, code); }

int nvrtcCompileProgram(_nvrtcProgram *p, int count, const char *const *options) {
  static const std::regex known("--gpu-architecture=(sm|compute)_(\\d+)|--std=c\\+\\+17|--fmad=true|"
                                "--(ftz)=false|--prec-(div|sqrt)=true|--generate-line-info");
  bool architecture = false;
  for (int i = 0; i < count; i++) {
    std::cmatch match;
    if (!std::regex_match(options[i], match, known)) {
      p->log = std::string("unrecognized option ") + options[i];
      return NO_OPTION;
    }
    for (int a : ARCHITECTURES) architecture |= match[2].matched && std::to_string(a) == match[2];
  }
  if (!architecture) {
    p->log = "no such --gpu-architecture";
    return NO_OPTION;
  }
  // a block's dynamic shared memory, and each kernel's way in
  static const std::regex dynamic("extern\\s+__shared__\\s+(\\w+)\\s+(\\w+)\\s*\\[\\s*\\]");
  static const std::string bounds = "(?:__launch_bounds__\\s*\\((\\w+)[^)]*\\)\\s+)?";
  static const std::regex kernel("__global__\\s+" + bounds + "void\\s+" + bounds + "(\\w+)\\s*\\(");
  const char *pointer = "$1 *$2 = ($1 *) emulator.runtime->dynamicShared()";
  std::string text = std::regex_replace(p->text, dynamic, pointer);
  std::ostringstream unit, names;
  unit << "#include \"emulator_cuda.h\"\n#line 1 \"" << p->name << "\"\n" << text << "\n";
  for (std::sregex_iterator it(p->text.begin(), p->text.end(), kernel), end; it != end; ++it) {
    unit << "EMULATOR_KERNEL(" << (*it)[3] << ")\n";
    // threads of a block that every GPU has registers for, where the kernel says nothing
    std::string bound = (*it)[1].matched ? (*it)[1] : (*it)[2].matched ? (*it)[2] : std::string("256");
    names << (*it)[3] << " " << (isdigit(bound[0]) ? bound : "1024") << "\n";
  }
  std::string home = folder();
  std::string flags = " -std=c++17 -O2 -march=native -ffp-contract=fast -fno-strict-aliasing -fno-exceptions"
                      " -fno-gnu-unique -fPIC -shared -w";
  std::string all = unit.str() + flags + read(home + "/emulator_cuda.h");
  std::vector<std::pair<std::string, std::string>> headers;
  for (auto &h : p->headers) {
    headers.push_back({h.first, std::regex_replace(h.second, dynamic, pointer)});
    all += headers.back().first + headers.back().second;
  }
  std::string cache = home + "/cache";
  mkdir(cache.c_str(), 0777);
  std::string base = cache + "/" + std::to_string(std::hash<std::string>()(all));
  if (access((base + ".so").c_str(), R_OK) != 0) {
    std::string work = base + "." + std::to_string(getpid());
    mkdir(work.c_str(), 0777);
    for (auto &h : headers) write(work + "/" + h.first, h.second);
    write(work + "/unit.cpp", unit.str());
    std::string command = "g++" + flags + " -I" + work + " -I" + home + " -o " + work + "/unit.so " + work +
                          "/unit.cpp 2> " + work + "/log";
    int status = system(command.c_str());
    p->log = read(work + "/log");
    if (status != 0) {
      system(("rm -rf " + work).c_str());
      return NO_COMPILATION;
    }
    rename((work + "/unit.so").c_str(), (base + ".so").c_str());
    system(("rm -rf " + work).c_str());
  }
  p->code = "EMULATOR\n" + base + ".so\n" + names.str();
  p->code.push_back('\0');
  return 0;
}
}
