package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A runtime that does not flush hears of the one that does instead of asking PostgreSQL. */
class FollowerTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  /** Long enough for six questions if a runtime asked for the lease as often as it renews it. */
  private static final Duration STRETCH = Duration.ofSeconds(4);

  private final InMemoryStores stores = new InMemoryStores();
  private final Faults faults = new Faults(1);
  private final PersistenceConfig config = PersistenceConfig.inMemory().build();
  private final Persistence leader = Persistence.open(config, stores);
  private final Agent agent = leader.agents().save(Agent.of("worker", "one")).value();
  private final Persistence follower;

  FollowerTest() {
    write(leader, "first");
    follower = Persistence.open(config, new FaultyStores(stores, faults));
  }

  @AfterEach
  void close() {
    faults.clear();
    follower.close();
    leader.close();
  }

  private void write(Persistence by, String value) {
    StateRepository<String> states = by.states(String.class);
    states.save(
        StateKey.of(agent.id(), "key"),
        value,
        SaveOptions.unconditional().withDurability(Durability.SQL_COMMITTED));
  }

  private long asked() {
    return faults.on(Call.LEASE).count() + faults.on(Call.POSITION).count();
  }

  @Test
  void asksSeldomWhileItHears() {
    long begin = System.nanoTime();
    long before = asked();
    await().atMost(SOON).until(() -> System.nanoTime() - begin > STRETCH.toNanos());
    assertThat(asked() - before).isLessThanOrEqualTo(2);
  }

  @Test
  void aWaitForDurabilityNamesWhyTheLeaseCannotBeHad() {
    faults.on(Call.LEASE).loseRequests(1);
    faults.on(Call.APPLY).loseRequests(1); // nor does it stand in without the lease
    leader.close();
    StateRepository<String> states = follower.states(String.class);
    StateKey key = StateKey.of(agent.id(), "key");
    Revision revision = states.save(key, "kept").revision();
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThatThrownBy(() -> states.awaitDurable(key, revision, Duration.ofMillis(100)))
                    .isInstanceOf(TransientPersistenceException.class)
                    .hasMessageContaining("LEASE"));
    faults.clear();
    states.awaitDurable(key, revision, SOON);
  }

  @Test
  void aWaitForDurabilityEndsInTimeWhileNatsDoesNotSayWhichStreamItHas() {
    StateRepository<String> states = follower.states(String.class);
    StateKey key = StateKey.of(agent.id(), "key");
    Revision revision = states.save(key, "kept").revision();
    states.awaitDurable(key, revision, SOON);
    faults.on(Call.BUCKET_STATE).latency(SOON.dividedBy(3), SOON.dividedBy(3));
    long begin = System.nanoTime();
    states.awaitDurable(key, revision, Duration.ofMillis(200));
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(SOON.dividedBy(5));
  }

  @Test
  void flushesOnceTheOtherRuntimeIsClosed() {
    await().pollDelay(1, TimeUnit.SECONDS).atMost(SOON).until(() -> true);
    leader.close();
    write(follower, "second");
    assertThat(faults.on(Call.APPLY).count()).isPositive();
  }
}
