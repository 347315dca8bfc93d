package io.mistersmith.persistence.core.internal.base;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the library's threads: daemons with a common name and a number.
 *
 * <p>Application code runs on them (listeners, codecs, continuations of futures) and may interrupt
 * them. The interrupt would hit the library's next wait, and a thread that takes it for the end
 * would be gone. So {@link #dropInterrupt} is called after each such call. Thread-safe.
 */
public final class LibraryThreads implements ThreadFactory {

  private static final Logger LOG = LoggerFactory.getLogger(LibraryThreads.class);

  private static final long KEPT_SECONDS = 5;

  private final String name;
  private final AtomicInteger count = new AtomicInteger();

  /** Makes threads called {@code name-1}, {@code name-2} and so on. */
  public LibraryThreads(String name) {
    this.name = name;
  }

  @Override
  public Thread newThread(Runnable work) {
    return thread(name + "-" + count.incrementAndGet(), work);
  }

  /**
   * Returns an executor of up to {@code most} such threads that end when they have nothing to do
   * for a few seconds.
   */
  public static ThreadPoolExecutor onDemand(String name, int most) {
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            most,
            most,
            KEPT_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            new LibraryThreads(name));
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }

  /** Makes one thread with this name, and does not start it. */
  static Thread thread(String name, Runnable work) {
    return new LibraryThread(work, name);
  }

  /**
   * Clears an interrupt of the current thread if it is one of the library's; an application's own
   * thread stays interrupted. Call it after application code has run.
   *
   * @param by what ran, for the log
   */
  public static void dropInterrupt(String by) {
    if (Thread.currentThread() instanceof LibraryThread && Thread.interrupted()) {
      LOG.warn(
          "{} interrupted the library's thread {}; the interrupt is dropped. Do not interrupt"
              + " threads that are not your own",
          by,
          Thread.currentThread().getName());
    }
  }

  private static final class LibraryThread extends Thread {

    LibraryThread(Runnable work, String name) {
      super(work, name);
      setDaemon(true);
    }
  }
}
