package io.mistersmith.persistence.core.internal.store.nats;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Bounds how many requests are under way; who finds it full waits. Thread-safe. */
final class Window {

  private final Semaphore places;
  private final Duration limit;

  Window(int places, Duration limit) {
    this.places = new Semaphore(places);
    this.limit = limit;
  }

  /** Waits for a place, and fails as transient when none gets free in time. */
  void enter(Supplier<String> what) {
    if (places.tryAcquire()) {
      return;
    }
    try {
      if (!places.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS)) {
        throw NatsFailures.unreachable(
            what.get(), "nothing was sent, no place in the window of requests under way got free");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw NatsFailures.unreachable(what.get(), "interrupted; nothing was sent", e);
    }
  }

  void leave() {
    places.release();
  }
}
