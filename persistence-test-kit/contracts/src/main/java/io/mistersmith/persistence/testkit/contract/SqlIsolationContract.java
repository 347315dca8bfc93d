package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.CheckpointStore.NewCheckpoint;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The visibility of units of work and reads to each other, by isolation. */
public abstract class SqlIsolationContract extends UnitContract {

  /** For implementations. */
  protected SqlIsolationContract() {}

  @Test
  void readCommittedSeesWhatWasCommittedMeanwhileAndRepeatableReadDoesNot() {
    Agent late = Agent.of("contract", "late");
    for (SqlOptions.Isolation isolation : SqlOptions.Isolation.values()) {
      boolean sees = isolation == SqlOptions.Isolation.READ_COMMITTED;
      sql()
          .inTransaction(
              OPTIONS.withIsolation(isolation),
              unit -> {
                assertThat(unit.agents().find(late.id())).isEmpty();
                save(late);
                assertThat(unit.agents().find(late.id()).isPresent())
                    .as("%s", isolation)
                    .isEqualTo(sees);
                return 0;
              });
      assertThat(sql().agents().delete(late.id(), AgentStore.ANY)).isTrue();
    }
  }

  @Test
  void aRowThatChangedSinceTheSnapshotIsNotWritten() {
    Agent agent = Agent.of("contract", "one");
    save(agent);
    SqlOptions snapshot = OPTIONS.withIsolation(SqlOptions.Isolation.REPEATABLE_READ);
    assertFails(
        DataError.TRANSACTION_CONFLICT,
        () ->
            sql()
                .inTransaction(
                    snapshot,
                    unit -> {
                      assertThat(unit.agents().find(agent.id())).isPresent();
                      save(agent);
                      return unit.agents().save(agent, AgentStore.ANY);
                    }));
    List<Long> seen = new ArrayList<>();
    sql()
        .inTransaction(
            snapshot.withAttempts(2),
            unit -> {
              seen.add(unit.agents().find(agent.id()).orElseThrow().version());
              if (seen.size() == 1) {
                save(agent);
              }
              return unit.agents().save(agent, AgentStore.ANY);
            });
    assertThat(seen).as("versions at the start of each attempt").containsExactly(2L, 3L);
    assertThat(sql().agents().find(agent.id()).orElseThrow().version()).isEqualTo(4);
  }

  @Test
  void theWorkRunsAsOftenAsAttemptsSayAndOnlyAfterAConflict() {
    Agent agent = Agent.of("contract", "one");
    save(agent);
    List<String> runs = new ArrayList<>();
    assertFails(
        DataError.TRANSACTION_CONFLICT,
        () ->
            sql()
                .inTransaction(
                    OPTIONS.withIsolation(SqlOptions.Isolation.REPEATABLE_READ).withAttempts(3),
                    unit -> {
                      runs.add("run");
                      assertThat(unit.agents().find(agent.id())).isPresent();
                      save(agent);
                      return unit.agents().save(agent, AgentStore.ANY);
                    }));
    assertThat(runs).hasSize(3);
    runs.clear();
    assertFails(
        DataError.DUPLICATE_KEY,
        () ->
            sql()
                .inTransaction(
                    OPTIONS.withAttempts(3),
                    unit -> {
                      runs.add("run");
                      return unit.agents().save(agent, AgentStore.NONE);
                    }));
    assertThat(runs).hasSize(1);
  }

  @Test
  void serializableUnitsDoNotDecideByWhatTheOtherChanges() {
    Agent one = Agent.of("contract", "one");
    Agent two = Agent.of("contract", "two");
    save(one);
    save(two);
    SqlOptions serializable = OPTIONS.withIsolation(SqlOptions.Isolation.SERIALIZABLE);
    List<AgentId> both = List.of(one.id(), two.id());
    assertFails(
        DataError.TRANSACTION_CONFLICT,
        () ->
            sql()
                .inTransaction(
                    serializable,
                    first -> {
                      assertThat(first.agents().findAll(both)).hasSize(2);
                      sql()
                          .inTransaction(
                              serializable,
                              second -> {
                                assertThat(second.agents().findAll(both)).hasSize(2);
                                return second.agents().delete(two.id(), 1);
                              });
                      return first.agents().delete(one.id(), 1);
                    }));
    assertThat(sql().agents().findAll(both)).containsOnlyKeys(one.id());
  }

  @Test
  void aSerializableUnitPassesBesideCommitsThatAreNone() {
    Agent one = Agent.of("contract", "one");
    Agent beside = Agent.of("contract", "beside");
    save(one);
    SqlOptions options =
        OPTIONS
            .withIsolation(SqlOptions.Isolation.SERIALIZABLE)
            .withCorrelationId(TransactionTests.id());
    sql()
        .inTransaction(
            options,
            unit -> {
              assertThat(unit.agents().find(one.id())).isPresent();
              save(beside);
              return unit.agents().save(one, AgentStore.ANY);
            });
    assertThat(sql().isCommitted(options)).isTrue();
    assertThat(sql().agents().findAll(List.of(one.id(), beside.id()))).hasSize(2);
  }

  @Test
  void readsOfASnapshotSeeTheDataOfOneMoment() {
    Agent late = Agent.of("contract", "late");
    sql()
        .read(
            OPTIONS.withIsolation(SqlOptions.Isolation.REPEATABLE_READ),
            access -> {
              assertThat(access.agents().find(late.id())).isEmpty();
              save(late);
              assertThat(access.agents().find(late.id())).isEmpty();
              return 0;
            });
    sql()
        .read(
            OPTIONS,
            access -> {
              assertThat(access.agents().find(late.id())).isPresent();
              return 0;
            });
  }

  @Test
  void readsRefuseWrites() {
    AgentId agent = register();
    JournalPosition position = position();
    for (SqlOptions.Isolation isolation : SqlOptions.Isolation.values()) {
      SqlOptions options = OPTIONS.withIsolation(isolation);
      assertThat(sql().<Boolean>read(options, a -> a.agents().find(agent).isPresent())).isTrue();
      for (Runnable write :
          List.<Runnable>of(
              () -> sql().read(options, a -> a.agents().delete(agent, AgentStore.ANY)),
              () -> sql().read(options, a -> a.agents().save(Agent.of("x", "y"), -1)),
              () -> sql().read(options, a -> a.journals().acquireLease("b", "h", Duration.ZERO)),
              () ->
                  sql()
                      .read(
                          options,
                          a ->
                              a.journals()
                                  .apply(position, position.advancedTo(9, now()), List.of())))) {
        assertThatThrownBy(write::run)
            .as("%s", isolation)
            .isInstanceOf(IllegalStateException.class);
      }
    }
    assertThat(sql().agents().find(agent)).isPresent();
    assertThat(position()).isEqualTo(position);
  }

  @Test
  void aUnitThatReadsGoesOnAfterAWriteThatItsStoreRefused() {
    Agent agent = Agent.of("contract", "one");
    save(agent);
    long version =
        sql()
            .inTransaction(
                OPTIONS.withReadOnly(),
                unit -> {
                  assertThatThrownBy(() -> unit.agents().save(agent, AgentStore.ANY))
                      .isInstanceOf(IllegalStateException.class);
                  return unit.agents().find(agent.id()).orElseThrow().version();
                });
    assertThat(version).isEqualTo(1);
  }

  @Test
  void aCheckpointNeedsASnapshotAndIsRolledBackWithItsUnit() {
    AgentId agent = register();
    NewCheckpoint checkpoint =
        new NewCheckpoint(
            UUID.randomUUID(),
            agent,
            BUCKET,
            Optional.empty(),
            now(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            false);
    assertThatThrownBy(
            () -> sql().inTransaction(OPTIONS, unit -> unit.checkpoints().create(checkpoint)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("REPEATABLE_READ");
    SqlOptions snapshot = OPTIONS.withIsolation(SqlOptions.Isolation.REPEATABLE_READ);
    assertThatThrownBy(
            () ->
                sql()
                    .inTransaction(
                        snapshot,
                        unit -> {
                          unit.checkpoints().create(checkpoint);
                          assertThat(unit.checkpoints().list(agent)).hasSize(1);
                          throw new IllegalStateException("roll back");
                        }))
        .hasMessage("roll back");
    assertThat(sql().checkpoints().list(agent)).isEmpty();
    assertThat(sql().lifecycleEvents().list(agent, Optional.empty(), 9))
        .extracting(LifecycleEvent::type)
        .containsExactly(LifecycleEvent.REGISTERED);
    sql().inTransaction(snapshot, unit -> unit.checkpoints().create(checkpoint));
    assertThat(sql().checkpoints().find(checkpoint.id())).isPresent();
  }
}
