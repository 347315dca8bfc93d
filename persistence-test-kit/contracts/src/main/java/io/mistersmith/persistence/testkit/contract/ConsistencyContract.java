package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.Consistency.ConsistencyReport;
import io.mistersmith.persistence.operations.Consistency.Inconsistency;
import io.mistersmith.persistence.operations.Consistency.LagStats;
import io.mistersmith.persistence.operations.Consistency.MemoryStats;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A runtime's reports about differences between its two stores. */
public abstract class ConsistencyContract extends PersistenceContract {

  /** For implementations. */
  protected ConsistencyContract() {}

  @Test
  void anEmptyMemoryIsConsistent() {
    MemoryStats stats = persistence().operations().consistency().stats();
    assertThat(stats.kvEntries()).isZero();
    assertThat(stats.sqlRows()).hasValue(0);
    assertThat(stats.dirtyEntries()).isZero();
    assertThat(stats.backlog().isEmpty()).isTrue();
    assertThat(stats.violations()).isZero();
    assertThat(stats.lag().samples()).isZero();
  }

  @Test
  void whatIsFlushedIsCountedOnBothSides() {
    for (int i = 0; i < 20; i++) {
      states().save(key("k" + i % 10), i);
    }
    states().delete(key("k0"));
    persistence().lifecycle().flush(agent(), SOON);
    MemoryStats stats = persistence().operations().consistency().stats();
    assertThat(stats.kvEntries()).as("a marker is an entry").isEqualTo(10);
    assertThat(stats.sqlRows()).as("a tombstone is no row").hasValue(9);
    assertThat(stats.dirtyEntries()).isZero();
    assertThat(stats.backlog().isEmpty()).isTrue();
  }

  @Test
  void theLagIsThatOfEveryWrite() {
    for (int i = 0; i < 30; i++) {
      states().save(key("k" + i), i);
    }
    persistence().lifecycle().flush(agent(), SOON);
    LagStats lag = Awaitility.await().atMost(SOON).until(this::lag, s -> s.samples() == 30);
    assertThat(lag.p50()).isLessThanOrEqualTo(lag.p95());
    assertThat(lag.p95()).isLessThanOrEqualTo(lag.p99());
    assertThat(lag.p99()).isLessThanOrEqualTo(lag.max());
    assertThat(lag.max()).isLessThan(SOON);
    assertThat(lag.averageFlush()).isPositive();
    MemoryStats stats = persistence().operations().consistency().stats();
    assertThat(stats.consistencyWindowP95()).isEqualTo(stats.lag().p95());
    assertThat(stats.averageFlushTime()).isEqualTo(stats.lag().averageFlush());
  }

  @Test
  void anotherRuntimeSeesTheSameBacklogButNoLagOfItsOwn() {
    Persistence other = open(config().build());
    Revision last = states().save(key("k"), 1).revision();
    states().awaitDurable(key("k"), last, SOON);
    Awaitility.await().atMost(SOON).until(() -> lag().samples() == 1);
    assertThat(other.operations().consistency().lag().samples()).isZero();
    assertThat(other.operations().consistency().lag().p95()).isEqualTo(Duration.ZERO);
    assertThat(other.operations().consistency().backlog().isEmpty()).isTrue();
    assertThat(other.operations().consistency().stats().kvEntries()).isEqualTo(1);
  }

  @Test
  void anUntouchedStoreIsFoundConsistent() {
    for (int i = 0; i < 60; i++) {
      states().save(key("k" + i), Map.of("n", i, "half", i / 2.0, "text", "\u65e5"));
    }
    states().delete(key("k1"));
    texts().save(key("raw"), " {\"b\" : 1.50, \"a\" : [1e2, -0.0] } ");
    for (CheckScope scope :
        List.of(CheckScope.agent(agent()), CheckScope.sample(40), CheckScope.everything())) {
      ConsistencyReport report = persistence().operations().consistency().check(scope);
      assertThat(report.inconsistencies()).isEmpty();
      assertThat(report.inFlight()).isZero();
      assertThat(report.compared()).isPositive();
      assertThat(report.scope()).isEqualTo(scope);
    }
  }

  @Test
  void anEntryOfAnUnknownAgentIsAnOrphan() {
    states().save(StateKey.of(AgentId.random(), "k"), 1);
    Awaitility.await()
        .atMost(SOON)
        .until(() -> persistence().operations().deadLetters().count() == 1);
    ConsistencyReport report =
        persistence().operations().consistency().check(CheckScope.everything());
    assertThat(report.found()).containsOnlyKeys(Inconsistency.Kind.ORPHAN_ENTRY);
    assertThat(persistence().operations().consistency().check(CheckScope.agent(agent())).found())
        .isEmpty();
  }

  private LagStats lag() {
    return persistence().operations().consistency().lag();
  }
}
