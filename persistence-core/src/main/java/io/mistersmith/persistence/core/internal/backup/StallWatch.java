package io.mistersmith.persistence.core.internal.backup;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Ends a program that keeps this process waiting for too long. The time that this process takes for
 * what it read does not count. Its streams are used by one thread, its {@link #run} by another.
 */
final class StallWatch implements Runnable {

  private static final long POLL_MILLIS = 500;

  private final Process process;
  private final long limit;
  private volatile boolean waiting;
  private volatile long since;
  private volatile boolean stalled;

  StallWatch(Process process, Duration limit) {
    this.process = process;
    this.limit = limit.toNanos();
  }

  @Override
  public void run() {
    try {
      while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        if (waiting && System.nanoTime() - since > limit) {
          stalled = true;
          process.destroyForcibly();
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the run ends the program in any case
    }
  }

  /** Whether it has ended the program. */
  boolean hasStalled() {
    return stalled;
  }

  private void enter() {
    since = System.nanoTime();
    waiting = true;
  }

  private void leave() {
    waiting = false;
  }

  /** Returns the stream, with each read watched. */
  InputStream watched(InputStream in) {
    return new FilterInputStream(in) {
      @Override
      public int read() throws IOException {
        enter();
        try {
          return super.read();
        } finally {
          leave();
        }
      }

      @Override
      public int read(byte[] bytes, int from, int length) throws IOException {
        enter();
        try {
          return super.read(bytes, from, length);
        } finally {
          leave();
        }
      }
    };
  }

  /** Returns the stream, with each write watched. */
  OutputStream watched(OutputStream out) {
    return new FilterOutputStream(out) {
      @Override
      public void write(byte[] bytes, int from, int length) throws IOException {
        enter();
        try {
          out.write(bytes, from, length);
        } finally {
          leave();
        }
      }
    };
  }
}
