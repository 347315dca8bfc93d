package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.checkpoint.Checkpoints.PruneRule;
import io.mistersmith.persistence.checkpoint.ForkOptions;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What needs a registered agent refuses an owner outside the registry. */
public abstract class ExternalOwnerContract extends PersistenceContract {

  private static final AgentId OWNER = AgentId.external("thread 7");

  /** For the engines that pass it. */
  protected ExternalOwnerContract() {}

  static void assertRefused(ThrowingCallable call) {
    assertThatExceptionOfType(NonTransientPersistenceException.class)
        .isThrownBy(call)
        .withMessageContaining(OWNER.toString())
        .withMessageContaining("agents().save")
        .extracting(NonTransientPersistenceException::error)
        .isEqualTo(DataError.INVALID_KEY);
  }

  /** The same, of the durable stores alone. */
  static void assertRefusedBy(SqlAccess sql) {
    AgentStore agents = sql.agents();
    assertRefused(() -> agents.find(OWNER));
    assertRefused(() -> agents.findAll(List.of(OWNER)));
    assertRefused(() -> agents.delete(OWNER, AgentStore.ANY));
    assertRefused(() -> agents.deleteAll(List.of(OWNER)));
    assertRefused(() -> agents.heartbeats(Map.of(OWNER, Instant.EPOCH)));
    assertRefused(() -> agents.lastHeartbeat(OWNER));
    assertRefused(() -> sql.checkpoints().list(OWNER));
    assertRefused(() -> sql.checkpoints().delete(OWNER, List.of(UUID.randomUUID()), "x"));
    assertRefused(() -> sql.lifecycleEvents().list(OWNER, Optional.empty(), 1));
  }

  @Test
  void noAgentIsMadeOfIt() {
    assertRefused(() -> Agent.of(OWNER, "worker", "one"));
    assertRefused(() -> Agent.of("worker", "one").withParent(OWNER));
    assertRefused(() -> LifecycleEvent.of(OWNER, "x", Map.of(), Instant.EPOCH));
  }

  @Test
  void theRegistryRefusesIt() {
    var agents = persistence().agents();
    Agent agent = Agent.of("worker", "one");
    assertRefused(() -> agents.save(OWNER, agent));
    assertRefused(() -> agents.find(OWNER));
    assertRefused(() -> agents.update(OWNER, found -> found));
    assertRefused(() -> agents.delete(OWNER));
    assertRefused(() -> agents.delete(OWNER, Revision.parse("v1")));
    assertRefused(() -> agents.heartbeat(OWNER));
    assertRefused(() -> agents.lastHeartbeat(OWNER));
    List<AgentId> both = List.of(OWNER, agent());
    assertThat(failure(agents.findAll(both), OWNER)).isEqualTo(DataError.INVALID_KEY);
    assertThat(row(agents.findAll(both), agent())).isPresent();
    Map<AgentId, DataResult<Optional<Revision>>> deleted = agents.deleteAll(both);
    assertThat(deleted.keySet()).containsExactlyElementsOf(both);
    assertThat(failure(deleted, OWNER)).isEqualTo(DataError.INVALID_KEY);
    assertThat(row(deleted, agent())).isPresent();
  }

  @Test
  void checkpointsAndEventsRefuseIt() {
    var checkpoints = persistence().checkpoints();
    states().save(StateKey.of(OWNER, "k"), "1");
    Checkpoint made = checkpoints.create(agent(), CheckpointOptions.full());
    assertRefused(() -> checkpoints.create(OWNER, CheckpointOptions.full()));
    assertRefused(() -> checkpoints.list(OWNER));
    assertRefused(() -> checkpoints.prune(OWNER, PruneRule.keepLatest(1)));
    assertRefused(() -> checkpoints.fork(made.id(), OWNER, ForkOptions.replacing(SOON)));
    assertRefused(() -> persistence().lifecycleEvents().list(OWNER, 1));
    assertRefused(() -> persistence().lifecycleEvents().list(OWNER, Instant.EPOCH, 1));
  }
}
