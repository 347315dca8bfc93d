package io.mistersmith.persistence.core.internal.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.DeadLetters.DeadLetter;
import io.mistersmith.persistence.security.ForgetReport;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.ForgetStore;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Goes on with agents that another runtime has begun to forget. */
class AgentForgettingTest {

  private static final Duration A_WHILE = Duration.ofMinutes(2);
  private static final Duration LATER = Duration.ofMinutes(6);
  private static final Duration SOON = Duration.ofSeconds(60);

  private final ManualClock clock = ManualClock.create();
  private final InMemoryStores memory = new InMemoryStores(clock);
  private final PersistenceConfig config = PersistenceConfig.inMemory().clock(clock).build();
  private final Persistence runtime = Persistence.open(config, memory);
  private final Stores stores = memory.open(config);
  private final ForgetStore store = stores.sql().forgetting();
  private final List<String> steps = new ArrayList<>();
  private final List<AgentId> keys = new ArrayList<>();
  private boolean dies;
  private AgentId agent = AgentId.random();

  private final AgentForgetting forgetting =
      new AgentForgetting(
          store,
          new OwnData() {
            @Override
            public void cancel(UUID task) {
              steps.add("cancel");
              boolean unused = runtime.tasks().cancel(task, "forgotten");
            }

            @Override
            public void delete(AgentId deleted) {
              steps.add("delete");
              if (dies) {
                throw new TransientPersistenceException(DataError.CONNECTION_FAILED, "killed");
              }
              runtime.agents().delete(deleted);
            }

            @Override
            public void awaitApplied(String what) {
              steps.add("await");
            }
          },
          new HotTraces(
              List.of(stores.hot().bucket(Bucket.AGENT_STATE)), List.of(stores.hot().streams())),
          keys::remove);

  @BeforeEach
  void register() {
    agent = runtime.agents().save(Agent.of("contract", "one")).value().id();
    UUID unused = runtime.tasks().enqueue(NewTask.of("work", Map.of()).createdBy(agent));
    var unusedState = runtime.states(String.class).save(StateKey.of(agent, "a"), "1");
  }

  @AfterEach
  void close() {
    stores.close();
    runtime.close(Duration.ofSeconds(2));
  }

  private void dieWhileForgetting() {
    dies = true;
    assertThatThrownBy(() -> forgetting.forget(agent)).hasMessage("killed");
    dies = false;
    steps.clear();
  }

  @Test
  void whatRefersToTheAgentGoesBeforeItsRow() {
    ForgetReport unused = forgetting.forget(agent);
    assertThat(steps).containsExactly("cancel", "delete", "await");
  }

  @Test
  void anotherRuntimeGoesOnOnceNobodyWorksOnIt() {
    dieWhileForgetting();
    forgetting.goOn();
    assertThat(steps).as("somebody may be at work").isEmpty();
    assertThat(forgetting.unfinished()).hasSize(1);

    clock.advance(A_WHILE);
    forgetting.goOn();
    assertThat(steps).containsExactly("delete", "await");
    assertThat(runtime.agents().find(agent)).isEmpty();
    assertThat(store.find(agent).orElseThrow().endedAt()).isPresent();
    assertThat(store.find(agent).orElseThrow().removed()).containsEntry("tasks.queue", 1L);
  }

  @Test
  void oneThatFailsHoldsUpNoOther() {
    dieWhileForgetting();
    AgentId other = AgentId.external("user 1");
    store.begin(other);
    clock.advance(A_WHILE);
    dies = true;
    assertThatThrownBy(forgetting::goOn).isInstanceOf(TransientPersistenceException.class);
    assertThat(steps).containsExactly("delete", "delete");
    assertThat(forgetting.unfinished()).hasSize(2);
  }

  @Test
  void whatALateFlushBringsIsRemovedOnce() {
    ForgetReport unused = forgetting.forget(agent);
    steps.clear();
    refuse("before the end");
    clock.advance(LATER);
    forgetting.goOn();
    assertThat(steps).as("nothing is deleted again").isEmpty();
    assertThat(refused()).isEmpty();
    assertThat(forgetting.unfinished()).isEmpty();

    refuse("after the end");
    clock.advance(LATER);
    forgetting.goOn();
    assertThat(refused()).hasSize(1);
  }

  /** Writes an entry of the agent, which is not registered, and waits until it is refused. */
  private void refuse(String value) {
    StateKey late = StateKey.of(agent, "late");
    var unused = runtime.states(String.class).save(late, value);
    Awaitility.await()
        .atMost(SOON)
        .until(() -> refused().stream().anyMatch(letter -> letter.key().equals(Optional.of(late))));
  }

  private List<DeadLetter> refused() {
    return runtime.operations().deadLetters().open(9);
  }

  @Test
  void theReportSaysWhetherTheAgentHadAKey() {
    assertThat(forgetting.forget(agent).keyDestroyed()).isFalse();
    keys.add(agent);
    ForgetReport report = forgetting.forget(agent);
    assertThat(report.keyDestroyed()).isTrue();
    assertThat(report.remaining()).anyMatch(left -> left.contains("key is unreadable"));
    assertThat(forgetting.forget(agent).keyDestroyed()).as("destroyed before").isTrue();
  }
}
