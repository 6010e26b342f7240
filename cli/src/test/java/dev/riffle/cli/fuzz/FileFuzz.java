package dev.riffle.cli.fuzz;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Feeds damaged files to readers, and reports what no reader may do: throw an exception that it
 * does not document, throw one without a message for its user, or not end.
 *
 * <p>Each input depends only on the seed, the reader and its index, so that it can be repeated
 * alone.
 */
final class FileFuzz {
  /** Different findings of a reader that are written to files. */
  private static final int MOST_FINDINGS = 10;

  private static final int SHORTEST_MESSAGE = 20;

  /** Limits that an input may wait for a processor that others use. */
  private static final int WAIT = 10;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /**
   * What to run.
   *
   * @param seed of all random numbers
   * @param time for each reader
   * @param limit for one input
   * @param directory that receives the inputs of findings
   */
  record Options(long seed, Duration time, Duration limit, Path directory) {}

  /** What a reader did with its inputs. */
  static final class Result {
    final String reader;
    final List<String> findings = new ArrayList<>();
    long inputs;
    long accepted;
    long slowestNanos;
    long slowest;

    Result(String reader) {
      this.reader = reader;
    }
  }

  private final Options options;
  private final FuzzedReader reader;
  private final Result result;
  private final Set<String> kinds = new HashSet<>(); // of findings
  private volatile long reading; // index of the input
  private volatile long begun; // when reading began; 0 between two inputs
  private volatile long cpuBefore; // time of the processor before it
  private volatile boolean stopped;

  private FileFuzz(FuzzedReader reader, Options options) {
    this.reader = reader;
    this.options = options;
    this.result = new Result(reader.name());
  }

  /** Runs a reader for its time, or until an input takes longer than the limit. */
  static Result run(FuzzedReader reader, Options options) throws InterruptedException {
    return new FileFuzz(reader, options).run(0, Long.MAX_VALUE);
  }

  /** Runs some inputs; all of them, if the time suffices. */
  static Result run(FuzzedReader reader, Options options, long first, int count)
      throws InterruptedException {
    return new FileFuzz(reader, options).run(first, first + count);
  }

  private Result run(long first, long end) throws InterruptedException {
    long stop = System.nanoTime() + options.time().toNanos();
    Thread worker = new Thread(() -> readAll(first, end, stop), "fuzz " + reader.name());
    worker.setDaemon(true);
    worker.start();
    while (worker.isAlive()) {
      worker.join(100);
      if (isOverdue(worker)) {
        stopped = true; // the worker is left behind
        reportHang(worker, reading);
        return result;
      }
    }
    return result;
  }

  /** True if an input takes more time of the processor than the limit, or waits for much longer. */
  private boolean isOverdue(Thread worker) {
    long since = begun;
    long limit = options.limit().toNanos();
    long wall = System.nanoTime() - since;
    if (since == 0 || wall < limit) {
      return false;
    }
    return THREADS.getThreadCpuTime(worker.getId()) - cpuBefore > limit || wall > WAIT * limit;
  }

  private void readAll(long first, long end, long stop) {
    long index = first;
    do {
      readOne(index++);
    } while (!stopped && index < end && System.nanoTime() < stop);
  }

  private void readOne(long index) {
    reading = index;
    byte[] input;
    try {
      input = reader.input(options.seed(), index);
    } catch (Exception e) {
      throw new IllegalStateException("Input " + index + " of " + reader.name(), e);
    }
    cpuBefore = THREADS.getCurrentThreadCpuTime();
    long start = System.nanoTime();
    begun = start;
    boolean accepted = false;
    try {
      accepted = reader.reading().read(input);
    } catch (Throwable e) { // whatever it is, the next input is read
      Optional<String> problem = problem(e);
      problem.ifPresent(text -> report(text, kind(e), trace(e), index));
    }
    begun = 0;
    if (stopped) {
      return;
    }
    result.inputs++;
    result.accepted += accepted ? 1 : 0;
    long nanos = System.nanoTime() - start;
    if (nanos > result.slowestNanos) {
      result.slowestNanos = nanos;
      result.slowest = index;
    }
  }

  /** What is wrong with an exception; empty if it is a refusal as documented. */
  private Optional<String> problem(Throwable thrown) {
    if (reader.refusals().stream().noneMatch(type -> type.isInstance(thrown))) {
      return Optional.of("it throws " + thrown);
    }
    for (Throwable e = thrown.getCause(); e != null; e = e.getCause()) {
      if (e instanceof VirtualMachineError) {
        return Optional.of("the cause of its refusal is " + e);
      }
    }
    String message = String.valueOf(thrown.getMessage());
    boolean teaches = message.length() >= SHORTEST_MESSAGE && !message.contains("java.lang.");
    return teaches
        ? Optional.empty()
        : Optional.of("its refusal has no message for a user: " + thrown);
  }

  private static String kind(Throwable e) {
    StackTraceElement[] frames = e.getStackTrace();
    return e.getClass().getName() + (frames.length == 0 ? "" : " at " + frames[0]);
  }

  private static String trace(Throwable e) {
    StringWriter text = new StringWriter();
    e.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  private void reportHang(Thread worker, long at) {
    StringBuilder stack = new StringBuilder();
    for (StackTraceElement frame : worker.getStackTrace()) {
      stack.append("\tat ").append(frame).append('\n');
    }
    String limit = options.limit().toMillis() + " ms";
    report("it is not read within " + limit, "hang", stack.toString(), at);
  }

  private void report(String what, String kind, String trace, long at) {
    if (!kinds.add(kind) || kinds.size() > MOST_FINDINGS) {
      return;
    }
    String file = reader.name() + "-" + options.seed() + "-" + at;
    Path input = options.directory().resolve(file + ".bin");
    try {
      Files.createDirectories(options.directory());
      Files.write(input, reader.input(options.seed(), at));
      Files.writeString(options.directory().resolve(file + ".txt"), what + "\n" + trace);
    } catch (Exception e) {
      throw new IllegalStateException("Cannot write " + input, e);
    }
    synchronized (result) {
      result.findings.add(
          String.format(
              Locale.ROOT,
              "%s, input %d: %s%n  The input is in %s. Repeat it with:%n  mvn -pl cli -am verify"
                  + " -Dit.test=FileFuzzIT -Dfuzz.reader=%s -Dfuzz.seed=%d -Dfuzz.input=%d%n%s",
              reader.name(),
              at,
              what.length() > 500 ? what.substring(0, 500) + "..." : what,
              input,
              reader.name(),
              options.seed(),
              at,
              trace.lines().limit(12).reduce("", (a, b) -> a + "    " + b + "\n")));
    }
  }

  // ---- all readers, in a JVM of their own ----

  /** Prints a table of what each reader did. */
  static void print(List<Result> results, PrintStream out) {
    out.printf(
        Locale.ROOT,
        "%-20s %12s %12s %12s %10s %14s%n",
        "reader",
        "inputs",
        "accepted",
        "refused",
        "findings",
        "slowest");
    long inputs = 0;
    long accepted = 0;
    long findings = 0;
    for (Result r : results) {
      inputs += r.inputs;
      accepted += r.accepted;
      findings += r.findings.size();
      out.printf(
          Locale.ROOT,
          "%-20s %12d %12d %12d %10d %8d ms (input %d)%n",
          r.reader,
          r.inputs,
          r.accepted,
          r.inputs - r.accepted,
          r.findings.size(),
          r.slowestNanos / 1_000_000,
          r.slowest);
    }
    out.printf(
        Locale.ROOT,
        "%-20s %12d %12d %12d %10d%n",
        "all",
        inputs,
        accepted,
        inputs - accepted,
        findings);
  }

  /**
   * Runs all readers, or the one that {@code fuzz.reader} names; exit code 1 if there are findings.
   * Further properties: {@code fuzz.seed}, {@code fuzz.seconds} for all readers, {@code fuzz.input}
   * for one input, {@code fuzz.directory} for findings.
   */
  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(System.getProperty("fuzz.directory", "target/fuzz"));
    List<FuzzedReader> readers = selected(FuzzedReaders.all(directory));
    double seconds = Double.parseDouble(System.getProperty("fuzz.seconds", "45"));
    Options options =
        new Options(
            Long.getLong("fuzz.seed", 20_261_201),
            Duration.ofMillis((long) (1000 * seconds / readers.size())),
            Duration.ofSeconds(Integer.getInteger("fuzz.limit", 5)),
            directory);
    long input = Long.getLong("fuzz.input", -1);
    System.out.printf(
        "Fuzz of %d file readers, seed %d, at most %d MiB of heap%n",
        readers.size(), options.seed(), Runtime.getRuntime().maxMemory() >> 20);
    List<Result> results = new ArrayList<>();
    for (FuzzedReader reader : readers) {
      Result result = input < 0 ? run(reader, options) : run(reader, options, input, 1);
      result.findings.forEach(System.out::println);
      results.add(result);
    }
    print(results, System.out);
    System.out.println("resident memory: " + residentMiB() + " MiB");
    boolean clean = results.stream().allMatch(r -> r.findings.isEmpty());
    System.exit(clean ? 0 : 1);
  }

  private static List<FuzzedReader> selected(List<FuzzedReader> all) {
    String name = System.getProperty("fuzz.reader", "");
    List<FuzzedReader> some =
        all.stream().filter(r -> name.isEmpty() || r.name().equals(name)).toList();
    if (some.isEmpty()) {
      throw new IllegalArgumentException(
          "No reader is called '" + name + "': " + all.stream().map(FuzzedReader::name).toList());
    }
    return some;
  }

  private static long residentMiB() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return 0;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) >> 10)
        .findFirst()
        .orElse(0);
  }
}
