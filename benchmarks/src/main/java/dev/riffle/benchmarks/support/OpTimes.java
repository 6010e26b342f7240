package dev.riffle.benchmarks.support;

import dev.riffle.kernels.Backend;
import dev.riffle.kernels.Kernels;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** CPU time of each operation of a run, without that of operations it calls. For one thread. */
public final class OpTimes {
  private final Kernels timed;
  private final List<Map<String, Long>> runs = new ArrayList<>();
  private long inner; // ns of operations that the current operation has called

  public OpTimes(Kernels kernels) {
    Class<?>[] type = {Backend.class};
    Backend backend = kernels.backend();
    this.timed =
        new Kernels(
            (Backend)
                Proxy.newProxyInstance(
                    Backend.class.getClassLoader(),
                    type,
                    (proxy, method, arguments) ->
                        method.getName().equals("owns")
                            ? method.invoke(backend, arguments)
                            : call(backend, method, arguments)));
  }

  /** The same backend under a clock. */
  public Kernels kernels() {
    return timed;
  }

  /** A run begins. */
  public void begin() {
    runs.add(new HashMap<>());
  }

  private Object call(Backend backend, Method method, Object[] arguments) throws Throwable {
    long before = inner;
    inner = 0;
    long start = now();
    try {
      return method.invoke(backend, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    } finally {
      long whole = now() - start;
      if (!runs.isEmpty()) {
        runs.get(runs.size() - 1).merge(method.getName(), whole - inner, Long::sum);
      }
      inner = before + whole;
    }
  }

  private static long now() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  /** Prints medians over the runs since the last printing, each over {@code unit}. */
  public void print(double unit) {
    Map<String, List<Long>> all = new TreeMap<>();
    for (Map<String, Long> run : runs) {
      run.forEach((op, ns) -> all.computeIfAbsent(op, v -> new ArrayList<>()).add(ns));
    }
    runs.clear();
    all.forEach(
        (op, times) -> {
          double median = times.stream().sorted().skip(times.size() / 2).findFirst().orElseThrow();
          if (median / unit >= 0.01) {
            System.out.printf("      %-20s %45.2f%n", op, median / unit);
          }
        });
  }
}
