package dev.riffle.kernels.cpu;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that share the parts of an operation with the calling thread. The caller and the workers
 * take one part after another, so that a descheduled worker delays at most one part.
 *
 * <p>The pool serves one caller at a time. A caller that finds the pool busy, or is itself part of
 * an operation, computes all parts on its own thread. The result of a part must not depend on the
 * thread that computes it.
 */
final class WorkerPool {
  /** Spins, some tens of microseconds, before a worker parks or a caller yields. */
  private static final int TURNS = 2000;

  /** The parts of an operation. */
  @FunctionalInterface
  interface Parts {
    /**
     * @param member index of the thread, 0 to {@link WorkerPool#size} - 1; a member runs one part
     *     at a time
     * @param part index of the part
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
      setContextClassLoader(null); // or it would keep the class loader of the first job alive
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
          if (job == null) { // else the job was published before the caller saw this worker parked
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

    /** Runs parts while there are any; returns false if none was left. */
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
   * @param threads 1 or more, including the calling thread
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

  /** Runs all parts and waits for them. Throws the exception of a failed part. */
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
