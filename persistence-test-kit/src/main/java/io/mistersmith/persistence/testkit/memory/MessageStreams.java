package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.stream.StreamPlan.Storage;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** All streams of messages, by their full names. One lock guards them and what is in them. */
final class MessageStreams {

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<String, MessageStream> streams = new HashMap<>();

  /** Does something with the streams, which may change them. */
  <T> T with(Supplier<T> work) {
    lock.lock();
    try {
      T result = work.get();
      changed.signalAll();
      return result;
    } finally {
      lock.unlock();
    }
  }

  /** Waits a moment, or until the streams change; the caller is within {@link #with}. */
  @SuppressWarnings("WaitNotInLoop") // callers look again, since the clock may have moved
  void await(long nanos) throws InterruptedException {
    long unused = changed.awaitNanos(Math.min(LOOK_NANOS, nanos));
  }

  /** The streams; the caller is within {@link #with}. */
  Map<String, MessageStream> all() {
    return streams;
  }

  /** A server that is killed and started again has no streams in memory any more. */
  void restart() {
    boolean unused =
        with(() -> streams.values().removeIf(each -> each.plan().storage() == Storage.MEMORY));
  }
}
