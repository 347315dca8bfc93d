package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.ConsistencyConfig;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.Consistency.ConsistencyReport;
import io.mistersmith.persistence.operations.Consistency.Inconsistency;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Kind;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Repair;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;

/** A runtime on in-memory stores that its checks compare. */
abstract class ChecksConsistency {

  static final Duration SOON = Duration.ofSeconds(60);
  static final Duration HOUR = Duration.ofHours(1);

  /** Nothing is compared unless a test asks for it. */
  static final ConsistencyConfig ON_DEMAND =
      ConsistencyConfig.builder().interval(Duration.ZERO).build();

  final ManualClock clock = ManualClock.create();
  final InMemoryStores stores = new InMemoryStores();
  final Faults faults = new Faults(1);
  final List<ConsistencyReport> reports = new CopyOnWriteArrayList<>();
  final List<Inconsistency> heard = new CopyOnWriteArrayList<>();
  final Agent agent = Agent.of("test", "tester");
  final StateKey key = StateKey.of(agent.id(), "k");
  final StateKey other = StateKey.of(agent.id(), "other");
  Persistence persistence;
  StateRepository<Object> states;

  ChecksConsistency(ConsistencyConfig first) {
    persistence = open(first, recording());
    states = persistence.states(Object.class);
  }

  @AfterEach
  void close() {
    faults.clear();
    persistence.close(SOON);
  }

  private PersistenceListener recording() {
    return PersistenceListener.of(
            PersistenceEvent.InconsistencyFound.class,
            inconsistency -> {
              heard.add(inconsistency.found());
            })
        .and(
            PersistenceListener.of(
                PersistenceEvent.ConsistencyChecked.class,
                checked -> {
                  reports.add(checked.report());
                }));
  }

  /** Opens a runtime, with the agent registered. */
  final Persistence open(ConsistencyConfig consistency, PersistenceListener listener) {
    Persistence opened =
        Persistence.open(
            PersistenceConfig.inMemory()
                .clock(clock)
                .consistency(consistency)
                .listener(listener)
                .flush(
                    FlushConfig.builder()
                        .idleTimeToLive(Duration.ofDays(365))
                        .sweepInterval(Duration.ofSeconds(30))
                        .closeDeadline(SOON)
                        .build())
                .build(),
            new FaultyStores(stores, faults));
    if (opened.agents().find(agent.id()).isEmpty()) {
      opened.agents().save(agent);
    }
    return opened;
  }

  final void reopen(ConsistencyConfig consistency) {
    persistence.close(SOON);
    persistence = open(consistency, recording());
    states = persistence.states(Object.class);
  }

  final Revision.OfJournal saved(StateKey which, Object value) {
    Revision.OfJournal revision = (Revision.OfJournal) states.save(which, value).revision();
    states.awaitDurable(which, revision, SOON);
    return revision;
  }

  final StateKey numbered(int number) {
    return StateKey.of(agent.id(), "n" + number);
  }

  final ConsistencyReport check() {
    return persistence.operations().consistency().check(CheckScope.everything());
  }

  /** The one that a check finds, and its listener hears of. */
  final Inconsistency only(ConsistencyReport report) {
    assertThat(report.inconsistencies()).hasSize(1);
    assertThat(report.found()).containsOnlyKeys(report.inconsistencies().get(0).kind());
    assertThat(heard).contains(report.inconsistencies().get(0));
    return report.inconsistencies().get(0);
  }

  final void assertOnly(Kind kind, Repair repair) {
    Inconsistency found = only(check());
    assertThat(found.kind()).isEqualTo(kind);
    assertThat(found.repair()).isEqualTo(repair);
  }

  final Stores probe() {
    return stores.open(PersistenceConfig.inMemory().clock(clock).build());
  }

  final Optional<StoredState> row(StateKey which) {
    try (Stores probe = probe()) {
      return probe.sql().states().find(which);
    }
  }
}
