package dev.riffle.kernels.cpu;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that help a caller through the parts of one operation. The caller works, too, and takes
 * part after part like the others, so that a helper that the system holds back only brings less.
 *
 * <p>One caller is helped at a time; who finds the worker pool busy, or is a part of its work, does
 * all parts alone. What a part computes must not depend on who does it.
 */
final class WorkerPool {
  /** Turns of waiting, some tens of microseconds, before a helper sleeps or a caller gives way. */
  private static final int TURNS = 2000;

  /** What is done part by part. */
  @FunctionalInterface
  interface Parts {
    /**
     * @param member who does it: 0 to {@link WorkerPool#size} - 1, each one thing at a time
     * @param part which part
     */
    void run(int member, int part);
  }

  private final class Helper extends Thread {
    private final int member;
    private volatile boolean asleep;

    Helper(int member) {
      super("riffle-cpu-" + member);
      this.member = member;
      setDaemon(true);
      setContextClassLoader(null); // not that of the job that happened to come first
    }

    @Override
    public void run() {
      int turns = 0;
      while (true) {
        Job found = job;
        if (found != null && found.work(member)) {
          turns = 0;
        } else if (turns++ < TURNS) {
          Thread.onSpinWait();
        } else {
          asleep = true;
          if (job == null) { // else it came before the caller could see that this one sleeps
            LockSupport.park(WorkerPool.this);
          }
          asleep = false;
          turns = 0;
        }
      }
    }
  }

  private static final class Job {
    private final Parts body;
    private final int parts;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();
    private volatile Throwable failure;

    Job(Parts body, int parts) {
      this.body = body;
      this.parts = parts;
    }

    /** Does parts as long as there are; false if there were none left. */
    boolean work(int member) {
      boolean worked = false;
      while (next.get() < parts) {
        int part = next.getAndIncrement();
        if (part >= parts) {
          break;
        }
        worked = true;
        try {
          if (failure == null) {
            body.run(member, part);
          }
        } catch (Throwable e) {
          failure = e;
        } finally {
          done.getAndIncrement();
        }
      }
      return worked;
    }
  }

  private final Helper[] helpers;
  private final AtomicBoolean busy = new AtomicBoolean();
  private volatile Job job;

  /**
   * @param threads 1 or more, the caller's counted
   */
  WorkerPool(int threads) {
    helpers = new Helper[threads - 1];
    for (int i = 0; i < helpers.length; i++) {
      helpers[i] = new Helper(i + 1);
      helpers[i].start();
    }
  }

  /** Threads that may work on one operation. */
  int size() {
    return helpers.length + 1;
  }

  /** Does all parts; returns when they are done. What a part throws is thrown here. */
  @SuppressWarnings("ThreadPriorityCheck") // other threads finish their parts meanwhile
  void run(int parts, Parts body) {
    if (helpers.length == 0 || parts < 2 || !busy.compareAndSet(false, true)) {
      for (int part = 0; part < parts; part++) {
        body.run(0, part);
      }
      return;
    }
    try {
      Job mine = new Job(body, parts);
      job = mine;
      for (Helper helper : helpers) {
        if (helper.asleep) {
          LockSupport.unpark(helper);
        }
      }
      mine.work(0);
      for (int turns = 0; mine.done.get() < parts; turns++) {
        if (turns < TURNS) {
          Thread.onSpinWait();
        } else {
          Thread.yield();
        }
      }
      job = null;
      if (mine.failure instanceof Error e) {
        throw e;
      } else if (mine.failure instanceof RuntimeException e) {
        throw e;
      }
    } finally {
      job = null;
      busy.set(false);
    }
  }
}
