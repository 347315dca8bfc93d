package io.mistersmith.persistence.core;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.stream.MemoryStreams;
import io.mistersmith.persistence.core.internal.stream.OrderLeases;
import io.mistersmith.persistence.core.internal.stream.StoredStreams;
import io.mistersmith.persistence.core.internal.stream.StreamConsumers;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.HandledStore;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.stream.Streams;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;

/** Streams, wired. A runtime that notes handled messages removes old notes. */
final class StreamArea {

  private static final Duration SWEEP = Duration.ofMinutes(10);
  private static final Duration KEPT = Duration.ofDays(7);
  private static final int SWEPT_AT_ONCE = 10_000;

  private final StoredStreams streams;
  private final StreamConsumers consumers;
  private final PeriodicService sweeps;
  private final AtomicBoolean noting = new AtomicBoolean();

  StreamArea(EngineContext engine) {
    Stores unguarded = engine.stores().unguarded();
    SqlAccess background = unguarded.sql().on(PostgresRole.BACKGROUND);
    MemoryStreams memory = new MemoryStreams(unguarded.hot().streams(), engine.services());
    unguarded.hot().onReconnect(memory::look);
    this.consumers =
        new StreamConsumers(
            unguarded.hot().streams(),
            new OrderLeases(
                background.journals(),
                engine.config().nats().namePrefix(),
                engine.config().runtimeName() + "/" + UUID.randomUUID()),
            engine.services(),
            memory);
    this.streams = new StoredStreams(engine.stores().hot().streams(), consumers, memory);
    HandledStore handled = background.handled();
    this.sweeps =
        engine
            .services()
            .every(
                SWEEP,
                "persistence-handled",
                "old notes of handled messages are not deleted",
                () -> sweep(handled));
  }

  private static void sweep(HandledStore handled) {
    int swept = SWEPT_AT_ONCE;
    while (swept == SWEPT_AT_ONCE) {
      swept = handled.sweep(KEPT, SWEPT_AT_ONCE);
    }
  }

  Streams streams() {
    return streams;
  }

  /** Returns the notes of handled messages in a unit. */
  HandledStore handled(SqlUnit unit) {
    if (noting.compareAndSet(false, true)) {
      sweeps.start();
    }
    return unit.handled();
  }

  /** Closes the consumers, within the time. */
  void close(Deadline deadline) {
    consumers.close(deadline.left());
  }
}
