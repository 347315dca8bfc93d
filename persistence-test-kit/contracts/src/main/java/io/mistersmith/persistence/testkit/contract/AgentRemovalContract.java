package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agent.AgentRepository;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.Gate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What must hold when an agent is deleted while it is saved, or when its deletion fails. */
public abstract class AgentRemovalContract extends PersistenceContract {

  private final Faults faults = new Faults(1);

  /** For implementations. */
  protected AgentRemovalContract() {}

  @Test
  void aSaveThatIsOvertakenByADeleteDoesNotBringTheAgentBack() throws Exception {
    Agent changed = agents().find(agent()).orElseThrow().value().withStatus(Agent.Status.ACTIVE);
    AgentRepository slow = openFaulty().agents();
    var unused = overtaken(faults, () -> slow.save(changed), () -> agents().delete(agent()));
    assertIsDeleted(agent(), slow);
  }

  @Test
  void aProcessThatDiesBeforeItComparesLeavesNoDeletedAgent() throws Exception {
    Agent changed = agents().find(agent()).orElseThrow().value().withStatus(Agent.Status.ACTIVE);
    AgentRepository dying = openFaulty().agents();
    try (Gate publish = faults.on(Call.PUBLISH).pauseBefore()) {
      var saved = CompletableFuture.supplyAsync(() -> dying.save(changed));
      assertThat(publish.awaitArrival(SOON)).isTrue();
      agents().delete(agent());
      try (Gate compare = faults.on(Call.SQL_READ).pauseBefore()) {
        publish.release();
        assertThat(compare.awaitArrival(SOON)).isTrue();
        assertThat(open(config().build()).agents().find(agent())).as("not compared").isEmpty();
        compare.release();
      }
      assertThat(saved).succeedsWithin(SOON);
    }
  }

  @Test
  void anAgentThatIsRegisteredAgainIsReadFromKv() {
    Agent next = Agent.of(agent(), "contract", "next");
    AgentRepository registering = openFaulty().agents();
    registering.delete(agent());
    registering.save(next);
    assertIsInKv(agent(), registering);
    registering.delete(agent());
    assertThat(row(registering.saveAll(Map.of(agent(), next)), agent())).isNotNull();
    assertIsInKv(agent(), registering);
  }

  @Test
  void aBulkSaveThatIsOvertakenByADeleteDoesNotBringTheAgentBack() throws Exception {
    Agent agent = Agent.of("worker", "one");
    AgentRepository slow = openFaulty().agents();
    try (Gate gate = faults.on(Call.PUBLISH).pauseBefore()) {
      var saved = CompletableFuture.supplyAsync(() -> slow.saveAll(Map.of(agent.id(), agent)));
      assertThat(gate.awaitArrival(SOON)).isTrue();
      agents().delete(agent.id());
      gate.release();
      assertThat(row(saved.get(SOON.toSeconds(), TimeUnit.SECONDS), agent.id())).isNotNull();
    }
    assertIsDeleted(agent.id(), slow);
  }

  @Test
  void aSaveThatIsOvertakenByADeleteDoesNotReplaceTheNextRegistration() throws Exception {
    Agent changed = agents().find(agent()).orElseThrow().value().withStatus(Agent.Status.ACTIVE);
    Agent next = Agent.of(agent(), "contract", "next");
    AgentRepository slow = openFaulty().agents();
    var unused =
        overtaken(
            faults,
            () -> slow.save(changed),
            () -> {
              agents().delete(agent());
              agents().save(next);
            });
    AgentRepository others = open(config().build()).agents();
    assertThat(others.find(agent()).orElseThrow().value().name()).isEqualTo("next");
  }

  @Test
  void aDeleteThatFailedOnceTheRowWasGoneRemovesTheStateWhenItIsRepeated() {
    StateKey key = key("a");
    states().save(key, "1");
    AgentRepository failing = openFaulty().agents();
    failSecondMarker();
    assertThat(catchThrowable(() -> failing.delete(agent())))
        .isInstanceOf(TransientPersistenceException.class);
    faults.clear();
    failing.delete(agent());
    assertHasNoState(key);
  }

  @Test
  void soDoesADeleteOfARevisionWhoseAgentIsGone() {
    StateKey key = key("a");
    states().save(key, "1");
    Revision revision = agents().find(agent()).orElseThrow().revision();
    AgentRepository failing = openFaulty().agents();
    failSecondMarker();
    assertThat(catchThrowable(() -> failing.delete(agent(), revision)))
        .isInstanceOf(TransientPersistenceException.class);
    faults.clear();
    assertFails(DataError.VERSION_CONFLICT, () -> failing.delete(agent(), revision));
    assertHasNoState(key);
  }

  @Test
  void aBulkDeleteThatFailedOnceTheRowsWereGoneRemovesTheStateWhenItIsRepeated() {
    StateKey key = key("a");
    states().save(key, "1");
    AgentRepository failing = openFaulty().agents();
    failSecondMarker();
    assertThat(failing.deleteAll(List.of(agent())).values()).noneMatch(DataResult::isSuccess);
    faults.clear();
    assertThat(row(failing.deleteAll(List.of(agent())), agent())).isEmpty();
    assertHasNoState(key);
  }

  @Test
  void aDeleteKeepsWhatTheNextRegistrationHasWritten() throws Exception {
    states().save(key("old"), "1");
    states().save(key("both"), "1");
    AgentRepository slow = openFaulty().agents();
    try (Gate gate = faults.on(Call.SQL_WRITE).pauseAfter()) {
      CompletableFuture<Void> deleted = CompletableFuture.runAsync(() -> slow.delete(agent()));
      assertThat(gate.awaitArrival(SOON)).isTrue();
      agents().save(Agent.of(agent(), "contract", "next"));
      states().save(key("both"), "2");
      states().save(key("new"), "2");
      gate.release();
      deleted.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }
    StateRepository<Object> others = open(config().build()).states(Object.class);
    assertThat(others.find(key("old"))).isEmpty();
    assertThat(others.find(key("both")).orElseThrow().value()).isEqualTo("2");
    assertThat(others.find(key("new")).orElseThrow().value()).isEqualTo("2");
    assertThat(others.keys(agent(), "")).containsExactly(key("both"), key("new"));
  }

  @Test
  void anAgentWhoseDeletionIsRefusedIsStillReadFromKv() {
    AgentRepository deleting = openFaulty().agents();
    Versioned<Agent> first = deleting.find(agent()).orElseThrow();
    deleting.save(first.value().withStatus(Agent.Status.ACTIVE));
    agents().save(Agent.of("worker", "child").withParent(agent()));
    assertFails(DataError.VERSION_CONFLICT, () -> deleting.delete(agent(), first.revision()));
    assertIsInKv(agent(), deleting);
    assertFails(DataError.CONSTRAINT_VIOLATION, () -> deleting.delete(agent()));
    assertIsInKv(agent(), deleting);
    AgentId other = register();
    assertThat(deleting.deleteAll(List.of(agent(), other)).values())
        .extracting(DataResult::isSuccess)
        .containsExactly(false, true);
    assertIsInKv(agent(), deleting);
    assertIsDeleted(other, deleting);
  }

  @Test
  void aDeleteWhilePostgreSqlIsAwayLeavesTheAgentInKv() {
    AgentRepository deleting = openFaulty().agents();
    faults.sqlOutage(true);
    assertThat(catchThrowable(() -> deleting.delete(agent())))
        .isInstanceOf(TransientPersistenceException.class);
    assertIsInKv(agent(), deleting);
    faults.sqlOutage(true);
    assertThat(deleting.deleteAll(List.of(agent())).values()).noneMatch(DataResult::isSuccess);
    assertIsInKv(agent(), deleting);
  }

  @Test
  void aDeleteLeavesTheNextRegistrationInKv() throws Exception {
    AgentRepository slow = openFaulty().agents();
    try (Gate gate = faults.on(Call.SQL_WRITE).pauseAfter()) {
      CompletableFuture<Void> deleted = CompletableFuture.runAsync(() -> slow.delete(agent()));
      assertThat(gate.awaitArrival(SOON)).isTrue();
      agents().save(Agent.of(agent(), "contract", "next"));
      gate.release();
      deleted.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }
    assertIsInKv(agent(), slow);
  }

  /** Also while PostgreSQL is away. */
  private void assertIsInKv(AgentId agent, AgentRepository faulty) {
    assertThat(open(config().build()).agents().find(agent).orElseThrow().layer())
        .isEqualTo(StorageLayer.DISTRIBUTED_KV);
    faults.sqlOutage(true);
    assertThat(faulty.find(agent).orElseThrow().layer()).isEqualTo(StorageLayer.DISTRIBUTED_KV);
    faults.sqlOutage(false);
  }

  /**
   * Lets deletes mark the agent and delete its row, and then fail, until the faults are cleared.
   */
  private void failSecondMarker() {
    faults.on(Call.PUBLISH).passNext(1).loseRequests(1);
  }

  private void assertHasNoState(StateKey key) {
    assertThat(open(config().build()).states(Object.class).find(key)).isEmpty();
  }

  private void assertIsDeleted(AgentId agent, AgentRepository slow) {
    assertThat(agents().find(agent)).isEmpty();
    assertThat(slow.find(agent)).isEmpty();
    assertThat(open(config().build()).agents().find(agent)).isEmpty();
  }

  private Persistence openFaulty() {
    return open(config().build(), faults);
  }

  private AgentRepository agents() {
    return persistence().agents();
  }
}
