package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.Consistency.ConsistencyReport;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Kind;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Repair;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Gate;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Differences that a check counts once or leaves alone, and the properties of an entry that a
 * repair keeps.
 */
class ConsistencyRepairTest extends ChecksConsistency {

  ConsistencyRepairTest() {
    super(ON_DEMAND);
  }

  @Test
  void aKeyThatSeveralMessagesLeadToIsCountedOnce() {
    reopen(ON_DEMAND.toBuilder().repair(false).build());
    states.save(key, 1);
    for (int i = 0; i < 100; i++) {
      states.save(numbered(i), i);
    }
    saved(key, 2);
    stores.tamper(key, row -> Optional.empty());
    assertOnly(Kind.MISSING_IN_SQL, Repair.LEFT);
    long before = faults.on(Call.GET).count();
    assertThat(check().found()).containsEntry(Kind.MISSING_IN_SQL, 1L);
    assertThat(faults.on(Call.GET).count() - before).as("a few at a time").isGreaterThan(3);
  }

  @Test
  void aSampleIsNoLargerThanItIsAskedFor() {
    for (int i = 0; i < 200; i++) {
      states.save(numbered(i), i);
    }
    saved(numbered(200), 200);
    for (int size : new int[] {1, 8, 20}) {
      assertThat(persistence.operations().consistency().check(CheckScope.sample(size)).compared())
          .isBetween(1L, (long) size);
    }
  }

  @Test
  void aCheckOfAnAgentComparesAllOfItsKeysAndNoOthers() {
    reopen(ON_DEMAND.toBuilder().repair(false).build());
    Agent other = Agent.of("test", "other");
    persistence.agents().save(other);
    StateKey others = StateKey.of(other.id(), "k");
    saved(others, 1);
    for (int i = 0; i < 100; i++) {
      states.save(numbered(i), i);
    }
    saved(key, 1);
    stores.tamper(key, row -> Optional.empty());
    stores.tamper(others, row -> Optional.empty());
    ConsistencyReport report =
        persistence.operations().consistency().check(CheckScope.agent(agent.id()));
    assertThat(report.compared()).isEqualTo(101);
    assertThat(report.inconsistencies())
        .singleElement()
        .satisfies(found -> assertThat(found.key()).contains(key));
  }

  @Test
  void aKeyWrittenDuringItsComparisonIsComparedAgain() throws Exception {
    saved(key, "v");
    stores.tamper(key, row -> Optional.empty());
    FutureTask<ConsistencyReport> checking = new FutureTask<>(this::check);
    Thread checker = new Thread(checking, "checker");
    checker.setDaemon(true);
    try (Gate look = faults.on(Call.GET).pauseBefore()) {
      checker.start();
      assertThat(look.awaitArrival(SOON)).isTrue();
      try (Gate again = faults.on(Call.GET).pauseBefore()) {
        look.release();
        assertThat(again.awaitArrival(SOON)).as("there is a suspect").isTrue();
        saved(key, "w");
      }
    }
    ConsistencyReport report = checking.get(SOON.toSeconds(), TimeUnit.SECONDS);
    assertThat(report.isConsistent()).isTrue();
    assertThat(report.compared()).isEqualTo(1);
  }

  @Test
  void aReplicaThatLagsIsNotCompared() {
    faults.staleReplicas(true);
    reopen(ON_DEMAND);
    saved(key, 1);
    saved(key, 2);
    ConsistencyReport report = check();
    assertThat(report.isConsistent()).isTrue();
    assertThat(report.compared()).isEqualTo(1);
    assertThat(report.inFlight()).isZero();
  }

  @Test
  void whatIsMendedKeepsItsEndAndItsProvenance() {
    StateRepository<Object> resolving =
        persistence.states(
            StateType.untyped(Object.class)
                .withRules(ConflictRules.of(ConflictResolver.lastWriteWins())));
    Revision revision =
        resolving.save(key, "v", SaveOptions.unconditional().withTimeToLive(HOUR)).revision();
    states.awaitDurable(key, revision, SOON);
    StoredState before = row(key).orElseThrow();
    assertThat(before.expiresAt()).isPresent();
    assertThat(before.provenance()).isPresent();
    stores.tamper(key, row -> Optional.empty());
    assertOnly(Kind.MISSING_IN_SQL, Repair.REPAIRED);
    StoredState repaired = row(key).orElseThrow();
    assertThat(repaired.expiresAt()).isEqualTo(before.expiresAt());
    assertThat(repaired.provenance()).isEqualTo(before.provenance());
  }

  @Test
  void whatCouldNotBeMendedIsMendedByTheNextCheck() {
    saved(key, "v");
    stores.tamper(key, row -> Optional.empty());
    faults.on(Call.PUBLISH).loseNextRequests(3);
    assertOnly(Kind.MISSING_IN_SQL, Repair.FAILED);
    assertOnly(Kind.MISSING_IN_SQL, Repair.REPAIRED);
    assertThat(check().isConsistent()).isTrue();
  }

  @Test
  void aRevisionWhoseMessageIsGoneIsNobodyElses() throws Exception {
    saved(key, "v");
    Revision.OfJournal gone = saved(numbered(1), 1);
    saved(numbered(2), 2);
    try (Stores probe = probe()) {
      HotBucket bucket = probe.hot().bucket(Bucket.AGENT_STATE);
      bucket
          .writes()
          .evict(bucket.journal().subject(numbered(1)), gone.sequence())
          .get(60, TimeUnit.SECONDS);
    }
    stores.tamper(
        key,
        old ->
            old.map(
                row ->
                    new StoredState(
                        key, row.value(), gone, row.writtenAt(), row.expiresAt(), false)));
    assertOnly(Kind.SQL_AHEAD, Repair.LEFT);
  }
}
