package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.monitor.LagStats;
import io.mistersmith.persistence.monitor.MemoryStats;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What a runtime says about how far its two memories are apart. */
public abstract class ConsistencyContract extends PersistenceContract {

  /** For implementations. */
  protected ConsistencyContract() {}

  @Test
  void anEmptyMemoryIsConsistent() {
    MemoryStats stats = persistence().consistency().stats();
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
    states().flush(agent().toString(), SOON);
    MemoryStats stats = persistence().consistency().stats();
    assertThat(stats.kvEntries()).as("a marker is an entry").isEqualTo(10);
    assertThat(stats.sqlRows()).as("a tombstone is no row").hasValue(9);
    assertThat(stats.dirtyEntries()).isZero();
    assertThat(stats.backlog().isEmpty()).isTrue();
  }

  @Test
  void theLagIsThatOfEveryWrite() {
    for (int i = 0; i < 30; i++) {
      states().save(key("k" + i % 3), i);
    }
    states().flush(agent().toString(), SOON);
    LagStats lag = Awaitility.await().atMost(SOON).until(this::lag, s -> s.samples() == 30);
    assertThat(lag.p50()).isLessThanOrEqualTo(lag.p95());
    assertThat(lag.p95()).isLessThanOrEqualTo(lag.p99());
    assertThat(lag.p99()).isLessThanOrEqualTo(lag.max());
    assertThat(lag.max()).isLessThan(SOON);
    assertThat(lag.averageFlush()).isPositive();
    MemoryStats stats = persistence().consistency().stats();
    assertThat(stats.consistencyWindowP95()).isEqualTo(stats.lag().p95());
    assertThat(stats.averageFlushTime()).isEqualTo(stats.lag().averageFlush());
  }

  @Test
  void anotherRuntimeSeesTheSameBacklogButNoLagOfItsOwn() {
    Persistence other = open(config().build());
    Revision last = states().save(key("k"), 1).revision();
    states().awaitDurable(key("k"), last, SOON);
    Awaitility.await().atMost(SOON).until(() -> lag().samples() == 1);
    assertThat(other.consistency().lag().samples()).isZero();
    assertThat(other.consistency().lag().p95()).isEqualTo(Duration.ZERO);
    assertThat(other.consistency().backlog().isEmpty()).isTrue();
    assertThat(other.consistency().stats().kvEntries()).isEqualTo(1);
  }

  private LagStats lag() {
    return persistence().consistency().lag();
  }
}
