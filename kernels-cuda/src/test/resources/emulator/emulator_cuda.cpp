// The calls of CUDA's driver that this backend makes, done on the CPU. See README.md.
#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <sys/mman.h>
#include <thread>
#include <ucontext.h>
#include <unistd.h>
#include <vector>

#ifndef __x86_64__
#error "the emulator switches fibers on x86-64 alone"
#endif

namespace {

enum {
  OK = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NO_DEVICE = 100, INVALID_DEVICE = 101, INVALID_IMAGE = 200,
  INVALID_CONTEXT = 201, NOT_FOUND = 500, ILLEGAL_ADDRESS = 700, LAUNCH_FAILED = 719
};
const int ATTRIBUTE_MAJOR = 75, ATTRIBUTE_MINOR = 76, ATTRIBUTE_MULTIPROCESSORS = 16, ATTRIBUTE_SHARED_OPTIN = 97;
const unsigned SHARED = 48 << 10, MOST_SHARED = 99 << 10;
const int MOST_THREADS = 1024;

long environment(const char *name, long absent) {
  const char *said = getenv(name);
  return said == nullptr ? absent : atol(said);
}

std::recursive_mutex everything; // one call at a time
int broken = OK;                 // a fault stays: all calls after it tell it
std::map<std::string, int> calls;

// Counts a call and fails it where EMULATOR_FAIL says so.
int entered(const char *name) {
  if (broken != OK) return broken;
  int number = ++calls[name];
  const char *fail = getenv("EMULATOR_FAIL");
  if (fail != nullptr) {
    std::istringstream list(fail);
    for (std::string one; std::getline(list, one, ',');) {
      int at, code;
      size_t colon = one.find(':');
      if (one.substr(0, colon) == name && sscanf(one.c_str() + colon, ":%d:%d", &at, &code) == 2 && at == number)
        return code;
    }
  }
  return OK;
}
#define ENTER(name)                                         \
  std::lock_guard<std::recursive_mutex> guard(everything); \
  if (int failed = entered(name)) return failed

// ------------------------------------------------------------------------------- memory

struct Block {
  size_t bytes;
  char *mapped; // null where it came from the heap
  size_t pages; // bytes of the mapping
};
std::map<uint64_t, Block> blocks;
std::map<uint64_t, size_t> pinned;
size_t taken = 0;
const size_t PAGE = 4096;
const size_t MOST_GUARDED = 10000; // a process may have some 65000 mappings, three for each
const unsigned char POISON = 0xff; // as floats: NaN

size_t capacity() { return environment("EMULATOR_MEMORY", 4L << 30); }

size_t rounded(size_t n, size_t to) { return (n + to - 1) / to * to; }

// The block ends where a page ends that nobody may touch, but for what rounds it up to 256 bytes.
uint64_t take(size_t bytes) {
  size_t inside = rounded(bytes, 256);
  if (inside > capacity() - std::min(capacity(), taken)) return 0;
  Block block{bytes, nullptr, 0};
  char *address;
  if (blocks.size() < MOST_GUARDED) {
    block.pages = rounded(inside, PAGE) + 2 * PAGE;
    void *all = mmap(nullptr, block.pages, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED) return 0;
    block.mapped = (char *) all;
    mprotect(block.mapped + PAGE, block.pages - 2 * PAGE, PROT_READ | PROT_WRITE);
    address = block.mapped + block.pages - PAGE - inside;
    memset(block.mapped + PAGE, POISON, block.pages - 2 * PAGE);
  } else {
    address = (char *) aligned_alloc(256, inside);
    if (address == nullptr) return 0;
    memset(address, POISON, inside);
  }
  taken += inside;
  blocks[(uint64_t) address] = block;
  return (uint64_t) address;
}

bool intact(uint64_t address, const Block &block) {
  const unsigned char *slack = (const unsigned char *) address + block.bytes;
  for (size_t i = 0; i < rounded(block.bytes, 256) - block.bytes; i++)
    if (slack[i] != POISON) return false;
  return true;
}

// Whether all of these bytes are in one block.
template <class Map, class Bytes> bool inside(const Map &map, uint64_t from, size_t bytes, Bytes length) {
  auto it = map.upper_bound(from);
  return it != map.begin() && (--it, from + bytes <= it->first + length(it->second));
}
bool onCard(uint64_t from, size_t bytes) {
  return inside(blocks, from, bytes, [](const Block &b) { return b.bytes; });
}
bool onHost(const void *from, size_t bytes) {
  return inside(pinned, (uint64_t) from, bytes, [](size_t n) { return n; });
}

// ------------------------------------------------------------------------------- fibers

struct Fault {
  int code;
  std::string message;
};

struct EmulatorRuntime {
  void (*barrier)(int line);
  const uint64_t *(*exchange)(unsigned mask, uint64_t value, int line);
  void *(*dynamicShared)();
  void (*fault)(int code, const char *message);
};
struct Index {
  unsigned x, y, z;
};
struct Copy { // as emulator_cuda.h has it
  const EmulatorRuntime *runtime;
  Index threadIdx, blockIdx, blockDim, gridDim;
};

struct Kernel {
  std::string name;
  std::vector<int> sizes;
  // one for each worker, which has a copy of the library to itself
  std::vector<void (*)(void **)> call;
  std::vector<Copy *> copy;
  std::vector<std::pair<char *, char *>> bss;
  unsigned allowed = SHARED;
  unsigned threads; // most of a block, by __launch_bounds__
};

const int WORKERS = 2;
const size_t STACK = 128 << 10;

// Leaves the current fiber, keeping its place at *from, and goes on at to.
extern "C" void emulator_switch(void **from, void *to);
asm(R"(
  .text
  .globl emulator_switch
  .hidden emulator_switch
  .type emulator_switch, @function
emulator_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .size emulator_switch, .-emulator_switch
)");

struct Warp {
  unsigned mask, arrived;
  int line;
  int turn; // which of the slots is being filled
  uint64_t slots[2][32];
};

// Runs the threads of a block, one after the other. A thread that waits keeps the fiber it ran on, and
// another fiber goes on with the threads that have not begun; so threads that never wait need no fiber
// of their own.
struct Worker {
  int number;
  bool running = false; // a kernel's code is on the stack
  char *stacks = nullptr;
  std::vector<char *> idle; // stacks
  void *home;               // where the block's runner waits
  Kernel *kernel;
  Copy *copy;
  void **arguments;
  int threads;
  bool backwards;
  int begun, ended;
  int current; // thread that runs
  char *stack; // that it runs on
  std::vector<void *> place;
  std::vector<char *> kept;
  std::vector<int> ready, atBarrier;
  size_t nextReady;
  int barrierLine;
  std::vector<Warp> warps;
  std::vector<char> shared;
  void *dynamicShared;
  Fault fault;

  void prepare() {
    if (stacks == nullptr) {
      stacks = (char *) mmap(nullptr, STACK * (MOST_THREADS + 1), PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      place.resize(MOST_THREADS);
      kept.resize(MOST_THREADS);
      warps.resize(MOST_THREADS / 32);
      shared.resize(MOST_SHARED + 256);
    }
    idle.clear();
    for (int i = MOST_THREADS; i >= 0; i--) idle.push_back(stacks + STACK * i);
  }

  void enter(int thread) {
    current = thread;
    Index d = copy->blockDim;
    copy->threadIdx = {thread % d.x, thread / d.x % d.y, thread / (d.x * d.y)};
  }

  // What goes on when the current fiber cannot: a thread that may, or those that have not begun.
  void *next() {
    if (nextReady < ready.size()) {
      int thread = ready[nextReady++];
      if (nextReady == ready.size()) {
        ready.clear();
        nextReady = 0;
      }
      stack = kept[thread];
      enter(thread);
      return place[thread];
    }
    if (begun < threads) {
      stack = idle.back();
      idle.pop_back();
      void **top = (void **) (stack + STACK) - 10; // a function begins 8 bytes off 16
      memset(top, 0, 10 * sizeof *top);
      top[6] = (void *) &fiber; // emulator_switch returns to it
      return top;
    }
    return home;
  }

  void wait() {
    int thread = current;
    kept[thread] = stack;
    void *to = next();
    if (to == home && ended < threads) fail(LAUNCH_FAILED, deadlock());
    emulator_switch(&place[thread], to);
  }

  std::string deadlock() {
    std::ostringstream text;
    text << "threads wait for others that never come: ";
    if (!atBarrier.empty())
      text << atBarrier.size() << " of " << threads << " at __syncthreads in line " << barrierLine << "; ";
    for (size_t w = 0; w < warps.size(); w++)
      if (warps[w].arrived != 0) {
        text << "lanes " << std::hex << warps[w].arrived << " of mask " << warps[w].mask << std::dec << " of warp "
             << w << " in line " << warps[w].line << "; ";
        break;
      }
    text << ended << " threads have ended";
    return text.str();
  }

  // Ends the block, wherever it is.
  [[noreturn]] void fail(int code, const std::string &message) {
    fault = {code, message};
    void *nowhere;
    emulator_switch(&nowhere, home);
    abort();
  }

  static Worker *&self() {
    static thread_local Worker *worker = nullptr;
    return worker;
  }

  static void fiber() {
    Worker *w = self();
    while (w->begun < w->threads) {
      int i = w->begun++;
      w->enter(w->backwards ? w->threads - 1 - i : i);
      w->kernel->call[w->number](w->arguments);
      w->ended++;
    }
    w->idle.push_back(w->stack);
    void *nowhere;
    void *to = w->next();
    if (to == w->home && w->ended < w->threads) w->fail(LAUNCH_FAILED, w->deadlock());
    emulator_switch(&nowhere, to);
  }

  Fault run(Kernel &k, void **values, Index grid, Index dim, Index block, unsigned dynamic, uint64_t count) {
    kernel = &k;
    copy = k.copy[number];
    arguments = values;
    threads = dim.x * dim.y * dim.z;
    copy->gridDim = grid;
    copy->blockDim = dim;
    copy->blockIdx = block;
    backwards = count % 2 == 1;
    begun = ended = 0;
    ready.clear();
    nextReady = 0;
    atBarrier.clear();
    for (int w = 0; w < (threads + 31) / 32; w++) warps[w] = {};
    // the end of dynamic shared memory is where the guard is looked for
    char *start = (char *) rounded((uint64_t) shared.data(), 128);
    dynamicShared = start;
    if (count % 8 == 0) {
      memset(k.bss[number].first, POISON, k.bss[number].second - k.bss[number].first);
      memset(start, POISON, dynamic);
    }
    memset(start + dynamic, POISON, 64);
    fault = {OK, ""};
    self() = this;
    running = true;
    emulator_switch(&home, next());
    running = false;
    if (fault.code != OK) {
      prepare(); // all stacks are free again
    } else {
      for (int i = 0; i < 64; i++)
        if ((unsigned char) start[dynamic + i] != POISON)
          return {ILLEGAL_ADDRESS, "wrote beyond its " + std::to_string(dynamic) + " bytes of dynamic shared memory"};
    }
    return fault;
  }

  void barrier(int line) {
    if (!atBarrier.empty() && barrierLine != line)
      fail(LAUNCH_FAILED, "__syncthreads in lines " + std::to_string(barrierLine) + " and " + std::to_string(line) +
                              " at once");
    barrierLine = line;
    if ((int) atBarrier.size() + 1 == threads) {
      ready.insert(ready.end(), atBarrier.begin(), atBarrier.end());
      atBarrier.clear();
      return;
    }
    atBarrier.push_back(current);
    wait();
  }

  const uint64_t *exchange(unsigned mask, uint64_t value, int line) {
    int lane = current % 32, first = current - lane;
    Warp &w = warps[first / 32];
    unsigned living = threads - first >= 32 ? 0xffffffffu : (1u << (threads - first)) - 1;
    if (!(mask >> lane & 1)) fail(LAUNCH_FAILED, "lane " + std::to_string(lane) + " is not in its own mask");
    if (mask & ~living) fail(LAUNCH_FAILED, "a mask names lanes that the block does not have, line " + std::to_string(line));
    if (w.arrived != 0 && (w.mask != mask || w.line != line))
      fail(LAUNCH_FAILED, "lanes of a warp meet in lines " + std::to_string(w.line) + " and " + std::to_string(line));
    w.mask = mask;
    w.line = line;
    int turn = w.turn;
    w.slots[turn][lane] = value;
    w.arrived |= 1u << lane;
    if (w.arrived == mask) {
      for (int i = 0; i < 32; i++)
        if (i != lane && (mask >> i & 1)) ready.push_back(first + i);
      w.arrived = 0;
      w.turn = 1 - turn;
    } else {
      wait();
    }
    return w.slots[turn];
  }
};

const EmulatorRuntime RUNTIME = {
    [](int line) { Worker::self()->barrier(line); },
    [](unsigned mask, uint64_t value, int line) { return Worker::self()->exchange(mask, value, line); },
    []() { return Worker::self()->dynamicShared; },
    [](int code, const char *message) { Worker::self()->fail(code, message); }};

// --------------------------------------------------- faults of the processor within a kernel

struct sigaction before[64];
__thread uint64_t faultAddress;
__thread int faultSignal;

void faulted() {
  std::ostringstream text;
  if (faultSignal == SIGFPE)
    text << "divided an integer by 0";
  else
    text << "touched address 0x" << std::hex << faultAddress;
  Worker *w = Worker::self();
  text << " in thread " << std::dec << w->current;
  w->fail(ILLEGAL_ADDRESS, text.str());
}

void onSignal(int signal, siginfo_t *info, void *context) {
  Worker *w = Worker::self();
  if (w != nullptr && w->running) {
    faultAddress = (uint64_t) info->si_addr;
    faultSignal = signal;
    auto *registers = ((ucontext_t *) context)->uc_mcontext.gregs;
    registers[REG_RSP] = (registers[REG_RSP] - 1024) / 16 * 16 - 8;
    registers[REG_RIP] = (greg_t) &faulted;
    return;
  }
  struct sigaction &old = before[signal];
  if (old.sa_flags & SA_SIGINFO) {
    old.sa_sigaction(signal, info, context);
  } else if (old.sa_handler != SIG_DFL && old.sa_handler != SIG_IGN) {
    old.sa_handler(signal);
  } else {
    sigaction(signal, &old, nullptr);
  }
}

void catchFaults() {
  static bool done = false;
  if (done) return;
  done = true;
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE}) {
    struct sigaction action = {};
    action.sa_sigaction = onSignal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigaction(signal, &action, &before[signal]);
  }
}

// ------------------------------------------------------------------------------- launches

struct Helper {
  std::mutex mutex;
  std::condition_variable changed;
  std::function<void()> work;
  std::thread thread{[this] {
    std::unique_lock<std::mutex> lock(mutex);
    while (true) {
      changed.wait(lock, [this] { return (bool) work; });
      work();
      work = nullptr;
      changed.notify_all();
    }
  }};
};

Fault execute(Kernel &kernel, std::vector<uint64_t> values, Index grid, Index dim, unsigned dynamic) {
  static Worker *workers = [] {
    auto *all = new Worker[WORKERS];
    for (int i = 0; i < WORKERS; i++) {
      all[i].number = i;
      all[i].prepare();
    }
    return all;
  }();
  static uint64_t seed = 1;
  uint64_t count = (uint64_t) grid.x * grid.y * grid.z;
  std::vector<void *> arguments;
  for (auto &v : values) arguments.push_back(&v);
  // blocks in an order that changes: (first + step i) mod count, step without a factor of count
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  uint64_t first = (seed >> 33) % count, step = 1 + (seed >> 20) % count;
  while (std::__gcd(step, count) != 1) step++;
  uint64_t next = 0;
  Fault fault{OK, ""};
  auto work = [&](int number) {
    while (true) {
      uint64_t i = __atomic_fetch_add(&next, 1, __ATOMIC_SEQ_CST);
      if (i >= count) return;
      uint64_t at = (first + (unsigned __int128) step * i) % count;
      Index block = {(unsigned) (at % grid.x), (unsigned) (at / grid.x % grid.y), (unsigned) (at / grid.x / grid.y)};
      Fault f = workers[number].run(kernel, arguments.data(), grid, dim, block, dynamic, i);
      if (f.code != OK) {
        static std::mutex mutex;
        std::lock_guard<std::mutex> lock(mutex);
        fault = {f.code, "kernel '" + kernel.name + "', block (" + std::to_string(block.x) + ", " +
                             std::to_string(block.y) + ") of (" + std::to_string(grid.x) + ", " +
                             std::to_string(grid.y) + "): " + f.message};
        __atomic_store_n(&next, count, __ATOMIC_SEQ_CST);
      }
    }
  };
  if (count > 1 && count * dim.x * dim.y * dim.z > 16384) {
    static Helper *helper = new Helper;
    {
      std::lock_guard<std::mutex> lock(helper->mutex);
      helper->work = [&] { work(1); };
    }
    helper->changed.notify_all();
    work(0);
    std::unique_lock<std::mutex> lock(helper->mutex);
    helper->changed.wait(lock, [&] { return !helper->work; });
  } else {
    work(0);
  }
  return fault;
}

typedef std::function<Fault()> Operation;
struct Stream {
  std::vector<Operation> waiting;
};
std::vector<Stream *> streams;

void enqueue(Stream *s, Operation what) { s->waiting.push_back(std::move(what)); }

int finish(Stream *s) {
  std::vector<Operation> all;
  all.swap(s->waiting);
  for (auto &one : all) {
    Fault fault = one();
    if (fault.code != OK) {
      fprintf(stderr, "emulator for CUDA: %s\n", fault.message.c_str());
      return broken = fault.code;
    }
  }
  return OK;
}
int finishAll() {
  for (Stream *s : streams)
    if (int failed = finish(s)) return failed;
  return OK;
}

struct Event {
  Stream *stream = nullptr;
};
struct Module {
  std::map<std::string, std::unique_ptr<Kernel>> kernels;
};

Fault fine(std::function<void()> what) {
  what();
  return {OK, ""};
}

} // namespace

// For emulator_cublaslt.cpp.
extern "C" __attribute__((visibility("default"))) void emulator_enqueue(void *stream, const std::function<void()> &work) {
  std::lock_guard<std::recursive_mutex> guard(everything);
  enqueue((Stream *) stream, [work] { return fine(work); });
}
extern "C" __attribute__((visibility("default"))) bool emulator_on_card(uint64_t address, size_t bytes) {
  std::lock_guard<std::recursive_mutex> guard(everything);
  return onCard(address, bytes);
}

#pragma GCC visibility push(default)
extern "C" {

int cuGetErrorName(int error, const char **name) {
  static const std::map<int, const char *> names = {
      {OK, "CUDA_SUCCESS"}, {INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE"}, {OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY"},
      {NO_DEVICE, "CUDA_ERROR_NO_DEVICE"}, {INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE"},
      {INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE"}, {INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT"},
      {NOT_FOUND, "CUDA_ERROR_NOT_FOUND"}, {ILLEGAL_ADDRESS, "CUDA_ERROR_ILLEGAL_ADDRESS"},
      {LAUNCH_FAILED, "CUDA_ERROR_LAUNCH_FAILED"}, {214, "CUDA_ERROR_ECC_UNCORRECTABLE"},
      {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"}};
  auto it = names.find(error);
  *name = it == names.end() ? nullptr : it->second;
  return it == names.end() ? INVALID_VALUE : OK;
}
int cuGetErrorString(int error, const char **text) {
  int result = cuGetErrorName(error, text);
  if (result == OK) *text = "the emulator's text";
  return result;
}

int cuInit(unsigned) {
  ENTER("cuInit");
  return environment("EMULATOR_GPUS", 1) == 0 ? NO_DEVICE : OK;
}
int cuDriverGetVersion(int *version) { *version = environment("EMULATOR_DRIVER", 13000); return OK; }
int cuDeviceGetCount(int *count) { ENTER("cuDeviceGetCount"); *count = environment("EMULATOR_GPUS", 1); return OK; }
int cuDeviceGet(int *device, int ordinal) {
  ENTER("cuDeviceGet");
  *device = ordinal;
  return ordinal < environment("EMULATOR_GPUS", 1) ? OK : INVALID_DEVICE;
}
int cuDeviceGetName(char *name, int length, int device) {
  snprintf(name, length, "emulator %d", device);
  return OK;
}
int cuDeviceGetAttribute(int *value, int attribute, int) {
  const char *said = getenv("EMULATOR_CAPABILITY");
  int major = 8, minor = 6;
  if (said != nullptr) sscanf(said, "%d.%d", &major, &minor);
  switch (attribute) {
    case ATTRIBUTE_MAJOR: *value = major; return OK;
    case ATTRIBUTE_MINOR: *value = minor; return OK;
    case ATTRIBUTE_MULTIPROCESSORS: *value = 4; return OK;
    case ATTRIBUTE_SHARED_OPTIN: *value = MOST_SHARED; return OK;
    default: return INVALID_VALUE;
  }
}
int cuDeviceTotalMem_v2(size_t *bytes, int) { *bytes = capacity(); return OK; }
int cuDevicePrimaryCtxRetain(void **context, int) {
  ENTER("cuDevicePrimaryCtxRetain");
  catchFaults();
  *context = &broken;
  return OK;
}
int cuCtxSetCurrent(void *context) { ENTER("cuCtxSetCurrent"); return context == &broken ? OK : INVALID_CONTEXT; }

int cuMemGetInfo_v2(size_t *free, size_t *total) {
  ENTER("cuMemGetInfo");
  *total = capacity();
  *free = capacity() - taken;
  return OK;
}
int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
  ENTER("cuMemAlloc");
  if (bytes == 0) return INVALID_VALUE;
  *address = take(bytes);
  return *address == 0 ? OUT_OF_MEMORY : OK;
}
int cuMemFree_v2(uint64_t address) {
  ENTER("cuMemFree");
  if (int failed = finishAll()) return failed;
  auto it = blocks.find(address);
  if (it == blocks.end()) return INVALID_VALUE;
  Block block = it->second;
  bool whole = intact(address, block);
  blocks.erase(it);
  taken -= rounded(block.bytes, 256);
  if (block.mapped != nullptr)
    munmap(block.mapped, block.pages);
  else
    free((void *) address);
  if (!whole) {
    fprintf(stderr, "emulator for CUDA: somebody wrote beyond a block of %zu bytes\n", block.bytes);
    return broken = ILLEGAL_ADDRESS;
  }
  return OK;
}
int cuMemHostAlloc(void **address, size_t bytes, unsigned) {
  ENTER("cuMemHostAlloc");
  *address = aligned_alloc(PAGE, rounded(bytes, PAGE));
  memset(*address, POISON, bytes);
  pinned[(uint64_t) *address] = bytes;
  return OK;
}
int cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t bytes, Stream *s) {
  ENTER("cuMemcpyHtoDAsync");
  if (!onCard(to, bytes) || !onHost(from, bytes)) return INVALID_VALUE;
  enqueue(s, [=] { return fine([=] { memcpy((void *) to, from, bytes); }); });
  return OK;
}
int cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t bytes, Stream *s) {
  ENTER("cuMemcpyDtoHAsync");
  if (!onCard(from, bytes) || !onHost(to, bytes)) return INVALID_VALUE;
  enqueue(s, [=] { return fine([=] { memcpy(to, (void *) from, bytes); }); });
  return OK;
}
int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, Stream *s) {
  ENTER("cuMemcpyDtoDAsync");
  if (!onCard(from, bytes) || !onCard(to, bytes) || (to < from + bytes && from < to + bytes)) return INVALID_VALUE;
  enqueue(s, [=] { return fine([=] { memcpy((void *) to, (void *) from, bytes); }); });
  return OK;
}
int cuMemsetD32Async(uint64_t to, unsigned word, size_t count, Stream *s) {
  ENTER("cuMemsetD32Async");
  if (to % 4 != 0 || !onCard(to, 4 * count)) return INVALID_VALUE;
  enqueue(s, [=] { return fine([=] { std::fill_n((unsigned *) to, count, word); }); });
  return OK;
}

int cuStreamCreate(Stream **s, unsigned) {
  ENTER("cuStreamCreate");
  streams.push_back(*s = new Stream);
  return OK;
}
int cuStreamSynchronize(Stream *s) {
  ENTER("cuStreamSynchronize");
  return finish(s);
}
int cuEventCreate(Event **e, unsigned) { ENTER("cuEventCreate"); *e = new Event; return OK; }
int cuEventRecord(Event *e, Stream *s) { ENTER("cuEventRecord"); e->stream = s; return OK; }
int cuEventSynchronize(Event *e) { ENTER("cuEventSynchronize"); return e->stream == nullptr ? OK : finish(e->stream); }

int cuModuleLoadData(Module **made, const void *image) {
  ENTER("cuModuleLoadData");
  std::istringstream in((const char *) image);
  std::string magic, library, name;
  std::getline(in, magic);
  std::getline(in, library);
  if (magic != "EMULATOR") return INVALID_IMAGE;
  std::vector<void *> handles;
  for (int i = 0; i < WORKERS; i++) {
    // a file of its own has statics of its own
    std::string copy = library + "." + std::to_string(getpid()) + "." + std::to_string(calls["cuModuleLoadData"]) + "." + std::to_string(i) + ".so";
    FILE *from = fopen(library.c_str(), "rb"), *to = fopen(copy.c_str(), "wb");
    char buffer[65536];
    for (size_t n; (n = fread(buffer, 1, sizeof buffer, from)) > 0;) fwrite(buffer, 1, n, to);
    fclose(from);
    fclose(to);
    void *handle = dlopen(copy.c_str(), RTLD_NOW | RTLD_LOCAL);
    unlink(copy.c_str());
    if (handle == nullptr) {
      fprintf(stderr, "emulator for CUDA: %s\n", dlerror());
      return INVALID_IMAGE;
    }
    handles.push_back(handle);
  }
  auto *module = new Module;
  for (unsigned threads; in >> name >> threads;) {
    auto kernel = std::make_unique<Kernel>();
    kernel->threads = threads;
    kernel->name = name;
    for (void *handle : handles) {
      kernel->call.push_back((void (*)(void **)) dlsym(handle, ("emulator_call_" + name).c_str()));
      kernel->copy.push_back(((Copy * (*) ()) dlsym(handle, "emulator_copy"))());
      kernel->copy.back()->runtime = &RUNTIME;
      char *from, *to;
      ((void (*)(char **, char **)) dlsym(handle, "emulator_bss"))(&from, &to);
      kernel->bss.push_back({from, to});
    }
    int sizes[128];
    int count = ((int (*)(int *)) dlsym(handles[0], ("emulator_sizes_" + name).c_str()))(sizes);
    kernel->sizes.assign(sizes, sizes + count);
    module->kernels[name] = std::move(kernel);
  }
  *made = module;
  return OK;
}
int cuModuleGetFunction(Kernel **kernel, Module *module, const char *name) {
  ENTER("cuModuleGetFunction");
  auto it = module->kernels.find(name);
  if (it == module->kernels.end()) return NOT_FOUND;
  *kernel = it->second.get();
  return OK;
}
int cuFuncGetParamInfo(Kernel *kernel, size_t index, size_t *offset, size_t *size) {
  ENTER("cuFuncGetParamInfo");
  if (index >= kernel->sizes.size()) return INVALID_VALUE;
  size_t at = 0;
  for (size_t i = 0; i <= index; i++) {
    *size = kernel->sizes[i];
    *offset = at = rounded(at, *size);
    at += *size;
  }
  return OK;
}
int cuFuncSetAttribute(Kernel *kernel, int attribute, int value) {
  ENTER("cuFuncSetAttribute");
  if (attribute != 8 || value < 0 || (unsigned) value > MOST_SHARED) return INVALID_VALUE;
  kernel->allowed = value;
  return OK;
}
int cuLaunchKernel(Kernel *kernel, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                   unsigned dynamic, Stream *s, void **parameters, void **) {
  ENTER("cuLaunchKernel");
  uint64_t threads = (uint64_t) bx * by * bz;
  if (gx == 0 || gy == 0 || gz == 0 || gx > 0x7fffffffu || gy > 65535 || gz > 65535 || threads == 0 ||
      threads > kernel->threads || dynamic > kernel->allowed)
    return INVALID_VALUE;
  std::vector<uint64_t> values;
  for (size_t i = 0; i < kernel->sizes.size(); i++) {
    uint64_t value = 0;
    memcpy(&value, parameters[i], kernel->sizes[i]);
    values.push_back(value);
  }
  enqueue(s, [=] { return execute(*kernel, values, {gx, gy, gz}, {bx, by, bz}, dynamic); });
  return OK;
}
}
#pragma GCC visibility pop
