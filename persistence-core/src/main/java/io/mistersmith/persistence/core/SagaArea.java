package io.mistersmith.persistence.core;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.saga.DurableSagas;
import io.mistersmith.persistence.core.internal.saga.SagaRunners;
import io.mistersmith.persistence.saga.Sagas;
import io.mistersmith.persistence.spi.hot.HotStore;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** Sagas, wired. A runtime looks for runs that nobody carries on once it has used them. */
final class SagaArea {

  private static final Duration LOOK_FOR_MISSED = Duration.ofSeconds(10);

  private static final String TOPIC = "sagas";

  private final SagaRunners runners;
  private final DurableSagas sagas;
  private final PeriodicService signaller;
  private final PeriodicService missed;
  private final AtomicBoolean used = new AtomicBoolean();

  SagaArea(EngineContext engine, StateArea state, TransactionArea transactions) {
    HotStore hot = engine.stores().hot();
    this.runners =
        new SagaRunners(
            engine.stores().sql(),
            transactions.runner(),
            state.entries().store().placed(),
            engine.services(),
            engine.listener(),
            hot.clock(),
            this::changed);
    this.sagas = new DurableSagas(engine.stores().sql().sagas(), runners, this::changed);
    this.signaller =
        engine
            .services()
            .onDemand(
                "persistence-saga-signal",
                "other runtimes find new sagas by polling alone",
                () -> hot.signal(TOPIC));
    hot.onSignal(TOPIC, runners::wake);
    this.missed =
        engine
            .services()
            .every(
                LOOK_FOR_MISSED,
                "persistence-saga-search",
                "sagas that wait for an unknown definition are not reported",
                runners::lookForMissed);
  }

  /** Wakes this runtime's runners, and by one signal for many changes those of the others. */
  private void changed() {
    runners.wake();
    signaller.wake();
  }

  Sagas sagas() {
    if (used.compareAndSet(false, true)) {
      signaller.start();
      missed.start();
    }
    return sagas;
  }

  /** Closes the runners, within the time. */
  void close(Deadline deadline) {
    runners.close(deadline.left());
  }
}
