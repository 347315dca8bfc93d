package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.agent.LifecycleState.ACTIVE;
import static io.mistersmith.persistence.agent.LifecycleState.COLD;
import static io.mistersmith.persistence.agent.LifecycleState.EXPIRED;
import static io.mistersmith.persistence.agent.LifecycleState.FLUSHING;
import static io.mistersmith.persistence.agent.LifecycleState.HYDRATING;
import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agent.AgentLifecycle;
import io.mistersmith.persistence.agent.Hydration;
import io.mistersmith.persistence.agent.LifecycleState;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.Gate;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The contract of the lifecycle of an agent's state, also under failures. */
public abstract class LifecycleContract extends PersistenceContract {

  private static final Duration IDLE = Duration.ofMillis(400);
  private static final Duration SWEEP = Duration.ofMillis(50);
  private static final int KEYS = 120;

  private final LifecycleChanges changes = new LifecycleChanges();
  private final Faults faults = new Faults(1);

  /** For implementations. */
  protected LifecycleContract() {}

  @Test
  void anAgentThatNobodyUsedIsCold() {
    AgentId stranger = AgentId.random();
    assertThat(persistence().lifecycle().state(stranger)).isEqualTo(COLD);
    assertThat(states().find(StateKey.of(stranger, "a"))).isEmpty();
    assertThat(persistence().lifecycle().state(stranger)).isEqualTo(COLD);
    persistence().lifecycle().flush(stranger, SOON);
    assertThat(persistence().lifecycle().state(stranger)).isEqualTo(COLD);
  }

  @Test
  void aWriteMakesItActiveAndSoDoesAReadElsewhere() {
    states().save(key("a"), 1);
    assertThat(persistence().lifecycle().state(id())).isEqualTo(ACTIVE);
    assertThat(persistence().lifecycle().tracked()).isEqualTo(1);
    Persistence other = openFaulty(FlushConfig.defaults());
    assertThat(other.lifecycle().state(id())).isEqualTo(COLD);
    assertThat(states(other).find(key("a"))).isPresent();
    assertThat(other.lifecycle().state(id())).isEqualTo(ACTIVE);
    assertThat(changes.of(id()))
        .extracting(
            PersistenceEvent.LifecycleChanged::from,
            PersistenceEvent.LifecycleChanged::to,
            PersistenceEvent.LifecycleChanged::cause)
        .containsExactly(tuple(COLD, ACTIVE, LifecycleState.Cause.READ));
  }

  @Test
  void anIdleAgentGoesColdAndComesBackWithAReadThatHydrates() {
    Persistence runtime = alone(impatient());
    states(runtime).save(key("a"), 1);
    runtime.lifecycle().flush(id(), SOON);
    elapse(IDLE.plusMillis(100));
    Awaitility.await().atMost(SOON).until(() -> runtime.lifecycle().state(id()) == COLD);
    Awaitility.await().atMost(SOON).until(() -> changes.evicted() == 1);
    assertThat(changes.reached(id())).containsExactly(ACTIVE, FLUSHING, ACTIVE, EXPIRED, COLD);
    assertThat(runtime.lifecycle().tracked()).isZero();

    assertThat(states(runtime).find(key("a")).orElseThrow().layer())
        .isEqualTo(StorageLayer.RELATIONAL_DB);
    assertThat(changes.reached(id())).startsWith(ACTIVE, FLUSHING, ACTIVE, EXPIRED, COLD);
    assertThat(changes.reached(id()).subList(5, 7)).containsExactly(HYDRATING, ACTIVE);
  }

  @Test
  void anIdleAgentComesBackWithAWrite() {
    Persistence runtime = openFaulty(impatient());
    states(runtime).save(key("a"), 1);
    elapse(IDLE.plusMillis(100));
    Awaitility.await().atMost(SOON).until(() -> runtime.lifecycle().state(id()) == COLD);
    states(runtime).save(key("b"), 1);
    assertThat(changes.reached(id()).subList(0, 4)).containsExactly(ACTIVE, EXPIRED, COLD, ACTIVE);
  }

  @Test
  void hydratesAllKeysAtOnceAndSaysHowFarItIs() {
    Persistence runtime = afterAnEviction();
    List<Hydration.Progress> progress = new CopyOnWriteArrayList<>();
    Hydration hydration = runtime.lifecycle().hydrate(id(), progress::add);

    assertThat(hydration.keys()).isEqualTo(KEYS);
    assertThat(hydration.brought()).isEqualTo(KEYS);
    assertThat(hydration.bytes()).isPositive();
    assertThat(hydration.took()).isPositive();
    assertThat(progress).hasSizeGreaterThan(10).isSortedAccordingTo(LifecycleContract::byDone);
    assertThat(progress.get(progress.size() - 1))
        .isEqualTo(new Hydration.Progress(id(), KEYS, KEYS, hydration.bytes()));
    assertThat(changes.reached(id())).containsExactly(HYDRATING, ACTIVE);
    assertThat(changes.hydrations()).containsExactly(hydration);
    assertThat(find(runtime, 7)).isEqualTo(StorageLayer.DISTRIBUTED_KV);

    Hydration again = runtime.lifecycle().hydrate(id(), progress::add);
    assertThat(again.keys()).isEqualTo(KEYS);
    assertThat(again.brought()).isZero();
    assertThat(progress.get(progress.size() - 1).done()).isEqualTo(KEYS);
  }

  @Test
  void aRepositoryHydratesAndFlushesThroughTheSameStates() {
    Persistence runtime = afterAnEviction();
    assertThat(runtime.lifecycle().hydrate(id()).brought()).isEqualTo(KEYS);
    states(runtime).save(key("a"), 1);
    runtime.lifecycle().flush(id(), SOON);
    assertThat(changes.reached(id())).containsExactly(HYDRATING, ACTIVE, FLUSHING, ACTIVE);
  }

  @Test
  void callersThatHydrateAtOnceShareOneHydration() throws Exception {
    Persistence runtime = afterAnEviction();
    AgentLifecycle lifecycle = runtime.lifecycle();
    CompletableFuture<Hydration> first;
    CompletableFuture<Hydration> second;
    CompletableFuture<Integer> third;
    try (Gate gate = faults.on(Call.PUBLISH).pauseBefore()) {
      first = lifecycle.hydrateAsync(id());
      assertThat(gate.awaitArrival(SOON)).isTrue();
      assertThat(lifecycle.state(id())).isEqualTo(HYDRATING);
      List<Hydration.Progress> rest = new CopyOnWriteArrayList<>();
      second = lifecycle.hydrateAsync(id(), rest::add);
      third = OwnThread.supply(() -> runtime.lifecycle().hydrate(id()).brought());
      assertThat(second.cancel(true)).isTrue();
      second = lifecycle.hydrateAsync(id());
      assertThat(first).isNotDone();
    }
    assertThat(within(first).brought()).isEqualTo(KEYS);
    assertThat(within(second)).isEqualTo(within(first));
    assertThat(within(third)).isIn(KEYS, 0);
    assertThat(changes.hydrations().get(0)).isEqualTo(within(first));
    assertThat(changes.hydrations()).filteredOn(each -> each.brought() > 0).hasSize(1);
    assertThat(changes.reached(id())).startsWith(HYDRATING, ACTIVE);
  }

  @Test
  void aHydrationThatFailsFailsForAllAndLeavesTheAgentCold() throws Exception {
    Persistence runtime = afterAnEviction();
    CompletableFuture<Hydration> first;
    CompletableFuture<Hydration> second;
    faults.on(Call.PUBLISH).passNext(KEYS / 2).loseNextRequests(1);
    try (Gate gate = faults.on(Call.PUBLISH).pauseBefore()) {
      first = runtime.lifecycle().hydrateAsync(id());
      assertThat(gate.awaitArrival(SOON)).isTrue();
      second = runtime.lifecycle().hydrateAsync(id());
    }
    assertFails(DataError.CONNECTION_FAILED, first);
    assertFails(DataError.CONNECTION_FAILED, second);
    assertThat(runtime.lifecycle().state(id())).isEqualTo(COLD);
    assertThat(changes.of(id()))
        .extracting(PersistenceEvent.LifecycleChanged::to, PersistenceEvent.LifecycleChanged::cause)
        .containsExactly(
            tuple(HYDRATING, LifecycleState.Cause.HYDRATION),
            tuple(COLD, LifecycleState.Cause.HYDRATION_FAILED));
    assertThat(changes.hydrations()).isEmpty();

    Hydration rest = runtime.lifecycle().hydrate(id());
    assertThat(rest.keys()).isEqualTo(KEYS);
    assertThat(rest.brought()).isPositive().isLessThan(KEYS);
    assertThat(runtime.lifecycle().state(id())).isEqualTo(ACTIVE);
  }

  @Test
  void aHydrationFailsWhenThePostgresIsAway() {
    Persistence runtime = afterAnEviction();
    faults.sqlOutage(true);
    assertFails(DataError.CONNECTION_FAILED, () -> runtime.lifecycle().hydrate(id()));
    assertThat(runtime.lifecycle().state(id())).isEqualTo(COLD);
    faults.sqlOutage(false);
    assertThat(runtime.lifecycle().hydrate(id()).brought()).isEqualTo(KEYS);
  }

  @Test
  void aFlushThatFailsLeavesTheAgentActiveAndItsWritesQueued() {
    Persistence runtime = alone(FlushConfig.defaults());
    faults.sqlOutage(true);
    states(runtime).save(key("a"), 1);
    assertFails(
        DataError.CONNECTION_FAILED, () -> runtime.lifecycle().flush(id(), Duration.ofMillis(300)));
    assertThat(runtime.lifecycle().state(id())).isEqualTo(ACTIVE);
    assertThat(changes.of(id()))
        .extracting(PersistenceEvent.LifecycleChanged::to, PersistenceEvent.LifecycleChanged::cause)
        .containsExactly(
            tuple(ACTIVE, LifecycleState.Cause.WRITE),
            tuple(FLUSHING, LifecycleState.Cause.FLUSH),
            tuple(ACTIVE, LifecycleState.Cause.FLUSH_FAILED));
    assertThat(states(runtime).find(key("a"))).isPresent();

    faults.sqlOutage(false);
    runtime.lifecycle().flush(id(), SOON);
    assertThat(changes.of(id()).get(4).cause()).isEqualTo(LifecycleState.Cause.FLUSH);
    assertThat(states(runtime).find(key("a"))).isPresent();
  }

  @Test
  void readsAndWritesGoOnWhileAnAgentIsFlushed() throws Exception {
    Persistence runtime = alone(FlushConfig.defaults());
    CompletableFuture<Void> first;
    CompletableFuture<Void> second;
    try (Gate gate = faults.on(Call.APPLY).pauseBefore()) {
      states(runtime).save(key("a"), 1);
      first = OwnThread.run(() -> runtime.lifecycle().flush(id(), SOON));
      assertThat(gate.awaitArrival(SOON)).isTrue();
      Awaitility.await().atMost(SOON).until(() -> runtime.lifecycle().state(id()) == FLUSHING);
      states(runtime).save(key("b"), 2);
      assertThat(states(runtime).find(key("b"))).isPresent();
      second = OwnThread.run(() -> runtime.lifecycle().flush(id(), SOON));
      assertThat(runtime.lifecycle().state(id())).isEqualTo(FLUSHING);
      assertThat(first).isNotDone();
    }
    assertThat(within(first)).isNull();
    assertThat(within(second)).isNull();
    assertThat(runtime.lifecycle().state(id())).isEqualTo(ACTIVE);
    assertThat(changes.reached(id())).startsWith(ACTIVE, FLUSHING, ACTIVE);
  }

  @Test
  void beyondItsBoundAgentsSeemCold() {
    Persistence runtime = open(config().trackedAgents(3).listener(changes).build());
    for (int i = 0; i < 20; i++) {
      states(runtime).save(StateKey.of(AgentId.random(), "a"), i);
      assertThat(runtime.lifecycle().tracked()).isLessThanOrEqualTo(3);
    }
    states(runtime).save(key("a"), 1);
    assertThat(runtime.lifecycle().state(id())).isEqualTo(ACTIVE);
  }

  /** A runtime that flushes alone, and whose stores can be made to fail. */
  private Persistence alone(FlushConfig flush) {
    persistence().close(SOON);
    return openFaulty(flush);
  }

  private Persistence openFaulty(FlushConfig flush) {
    PersistenceConfig config = config().flush(flush).listener(changes).build();
    return open(config, faults);
  }

  private static FlushConfig impatient() {
    return FlushConfig.builder().idleTimeToLive(IDLE).sweepInterval(SWEEP).build();
  }

  /** A runtime to which the agent is cold; its keys are in PostgreSQL alone. */
  private Persistence afterAnEviction() {
    persistence().close(SOON);
    LifecycleChanges evictions = new LifecycleChanges();
    Persistence evicting = open(config().flush(impatient()).listener(evictions).build());
    Map<StateKey, Object> values = new LinkedHashMap<>();
    for (int i = 0; i < KEYS; i++) {
      values.put(key("key-" + i), "value-" + i);
    }
    assertThat(states(evicting).saveAll(values).values()).allMatch(DataResult::isSuccess);
    evicting.lifecycle().flush(id(), SOON);
    elapse(IDLE.plusMillis(100));
    Awaitility.await().atMost(SOON).until(() -> evictions.evicted() == KEYS);
    evicting.close(SOON);
    return openFaulty(FlushConfig.defaults());
  }

  private StorageLayer find(Persistence runtime, int key) {
    StateRepository<Object> states = states(runtime);
    return states.find(key("key-" + key)).orElseThrow().layer();
  }

  private AgentId id() {
    return agent();
  }

  private static int byDone(Hydration.Progress one, Hydration.Progress other) {
    return Integer.compare(one.done(), other.done());
  }

  private static <T> T within(CompletableFuture<T> future) throws Exception {
    return future.get(SOON.toSeconds(), TimeUnit.SECONDS);
  }
}
