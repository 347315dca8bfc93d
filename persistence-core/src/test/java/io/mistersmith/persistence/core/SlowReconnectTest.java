package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.fault.Gate;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A store is back, and does not answer yet who asks for a bucket's state. */
class SlowReconnectTest {

  private static final Duration SOON = Duration.ofSeconds(5);

  private final Faults faults = new Faults(5);
  private final List<Gate> gates = new ArrayList<>();

  @AfterEach
  void letGo() {
    gates.forEach(Gate::close);
  }

  private void holdAll(Call call) {
    for (int held = 0; held < 1_000; held++) {
      gates.add(faults.on(call).pauseBefore());
    }
  }

  /** A verification gives up after twice this time, when it waits for another one. */
  @Test
  void whatWaitsForTheStoreHoldsUpNobodyElseWhoIsTold() throws Exception {
    PersistenceConfig config = PersistenceConfig.inMemory().build();
    Stores stores = new FaultyStores(new InMemoryStores(), faults).open(config);
    CountDownLatch told = new CountDownLatch(1);
    try (CorePersistence engine =
        new CorePersistence(config, stores, new Services(PersistenceListener.NOOP))) {
      Agent agent = engine.agents().save(Agent.of("test", "tester")).value();
      engine.states(Integer.class).save(StateKey.of(agent.id(), "key"), 1);
      stores.hot().onReconnect(told::countDown);
      faults.hotOutage(true);
      holdAll(Call.BUCKET_STATE);
      faults.hotOutage(false);
      assertThat(gates.get(0).awaitArrival(SOON)).isTrue();
      assertThat(told.await(SOON.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
      letGo();
    }
  }
}
