package io.mistersmith.persistence.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.ConsistencyConfig.OrphanPolicy;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.Consistency.ConsistencyReport;
import io.mistersmith.persistence.operations.Consistency.Inconsistency;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Kind;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Repair;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Gate;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What no agent owns, and what is no entry at all: reported, filed or removed. */
class ConsistencyOrphanTest extends ChecksConsistency {

  private final StateKey lost = StateKey.of(Agent.of("test", "gone").id(), "row");

  ConsistencyOrphanTest() {
    super(ON_DEMAND);
  }

  @BeforeEach
  void saveAnother() {
    states.save(other, "other");
  }

  private void reopen(OrphanPolicy policy, Duration age) {
    reopen(ON_DEMAND.toBuilder().orphans(policy).orphanAge(age).build());
  }

  private void publishRaw(StateKey which, String text) {
    try (Stores probe = probe()) {
      String subject = probe.hot().bucket(Bucket.AGENT_STATE).journal().subject(which);
      stores.publishRaw(Bucket.AGENT_STATE, subject, text.getBytes(UTF_8));
    }
  }

  private void publishForeign() {
    try (Stores probe = probe()) {
      String subject = probe.hot().bucket(Bucket.AGENT_STATE).journal().subject(key);
      String root = subject.substring(0, subject.indexOf(agent.id().toString()));
      stores.publishRaw(Bucket.AGENT_STATE, root + "no-key", new byte[] {'1'});
    }
  }

  private void awaitDeadLetters(long count) {
    await().atMost(SOON).until(() -> persistence.operations().deadLetters().count() == count);
  }

  /** Copies the row of the key to one whose agent was never there. */
  private void copyRow() {
    StoredState row = row(key).orElseThrow();
    stores.tamper(
        lost,
        old ->
            Optional.of(
                new StoredState(
                    lost, row.value(), row.revision(), row.writtenAt(), Optional.empty(), false)));
  }

  @Test
  void orphansAreReportedAndLeft() {
    StateKey strange = StateKey.of(Agent.of("test", "stranger").id(), "k");
    states.save(strange, 1);
    awaitDeadLetters(1);
    clock.advance(Duration.ofHours(2));
    Inconsistency found = only(check());
    assertThat(found.kind()).isEqualTo(Kind.ORPHAN_ENTRY);
    assertThat(found.repair()).isEqualTo(Repair.LEFT);
    assertThat(states.find(strange)).isPresent();
  }

  @Test
  void anOrphanGoesToTheDeadLettersBeforeItLeavesKv() {
    reopen(OrphanPolicy.DEAD_LETTER, Duration.ofMinutes(30));
    saved(key, "v");
    states.delete(other);
    states.flush(other, SOON);
    try (Stores probe = probe()) {
      probe.sql().agents().delete(agent.id(), AgentStore.ANY);
    }
    assertThat(only(check()).repair()).as("too young").isEqualTo(Repair.LEFT);
    clock.advance(Duration.ofHours(1));
    assertThat(only(check()).repair()).isEqualTo(Repair.UNDER_WAY);
    assertThat(persistence.operations().deadLetters().count()).isEqualTo(1);
    clock.advance(Duration.ofHours(1));
    Inconsistency found = only(check());
    assertThat(found.kind()).isEqualTo(Kind.ORPHAN_ENTRY);
    assertThat(found.repair()).isEqualTo(Repair.REPAIRED);
    assertThat(states.find(key)).isEmpty();
    assertThat(persistence.operations().deadLetters().count()).isEqualTo(1);
    assertThat(check().isConsistent()).isTrue();
  }

  @Test
  void rowsMarkersAndRubbishThatNobodyOwnsAreRemoved() {
    reopen(OrphanPolicy.REMOVE, Duration.ZERO);
    saved(key, "v");
    copyRow();
    states.delete(key);
    states.flush(key, SOON);
    stores.tamper(key, old -> Optional.empty());
    publishRaw(StateKey.of(agent.id(), "raw"), "{");
    publishForeign();
    awaitDeadLetters(2);
    clock.advance(Duration.ofDays(30));
    ConsistencyReport report = check();
    assertThat(report.found())
        .containsOnly(
            Map.entry(Kind.ORPHAN_ROW, 1L),
            Map.entry(Kind.ORPHAN_MARKER, 1L),
            Map.entry(Kind.UNDECODABLE, 2L));
    assertThat(report.inconsistencies())
        .allSatisfy(found -> assertThat(found.repair()).isEqualTo(Repair.REPAIRED));
    assertThat(check().isConsistent()).isTrue();
  }

  @Test
  void rubbishOverARowStaysOrAnOlderValueWouldComeBack() {
    reopen(OrphanPolicy.REMOVE, Duration.ZERO);
    saved(key, "v");
    publishRaw(key, "{");
    awaitDeadLetters(1);
    clock.advance(HOUR);
    assertOnly(Kind.UNDECODABLE, Repair.LEFT);
    try (Stores probe = probe()) {
      assertThat(probe.hot().bucket(Bucket.AGENT_STATE).reads().get(key, ReadFrom.LEADER))
          .isPresent();
    }
  }

  @Test
  void anExternalOwnersEntryIsNoOrphan() {
    StateKey key = StateKey.of(AgentId.external(agent.id().toString()), "k");
    publishRaw(key, "1");
    states.flush(key, SOON);
    assertThat(persistence.operations().consistency().check(CheckScope.everything()).found())
        .isEmpty();
  }

  @Test
  void whatHasNoKeyIsLeftWhereOrphansAreReportedAlone() {
    publishForeign();
    awaitDeadLetters(1);
    clock.advance(HOUR.multipliedBy(100));
    assertOnly(Kind.UNDECODABLE, Repair.LEFT);
  }

  @Test
  void whatHasNoKeyIsRemovedOnceItIsOldEnough() {
    reopen(OrphanPolicy.REMOVE, HOUR);
    publishForeign();
    awaitDeadLetters(1);
    clock.advance(HOUR.minusMillis(1));
    assertOnly(Kind.UNDECODABLE, Repair.LEFT);
    clock.advance(Duration.ofMillis(1));
    assertOnly(Kind.UNDECODABLE, Repair.REPAIRED);
    assertThat(check().isConsistent()).isTrue();
  }

  @Test
  void whatHasNoKeyIsFiledBeforeItIsRemoved() throws Exception {
    reopen(OrphanPolicy.DEAD_LETTER, HOUR);
    try (Gate flush = faults.on(Call.APPLY).pauseBefore()) {
      publishForeign();
      assertThat(flush.awaitArrival(SOON)).isTrue();
      clock.advance(HOUR);
      assertOnly(Kind.UNDECODABLE, Repair.LEFT);
    }
    awaitDeadLetters(1);
    assertOnly(Kind.UNDECODABLE, Repair.REPAIRED);
    assertThat(persistence.operations().deadLetters().count()).isEqualTo(1);
  }

  @Test
  void aRowWithoutAnAgentIsLeftWhereOrphansAreReportedAlone() {
    saved(key, "v");
    copyRow();
    assertOnly(Kind.ORPHAN_ROW, Repair.LEFT);
    assertThat(row(lost)).isPresent();
  }
}
