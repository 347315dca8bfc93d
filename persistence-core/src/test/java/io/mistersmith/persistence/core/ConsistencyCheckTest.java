package io.mistersmith.persistence.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.ConsistencyConfig;
import io.mistersmith.persistence.config.ConsistencyConfig.OrphanPolicy;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.state.consistency.EngineConsistency;
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
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.fault.Gate;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each way in which the stores can disagree: caused on purpose, found and repaired. */
class ConsistencyCheckTest {

  private static final Duration SOON = Duration.ofSeconds(10);
  private static final Duration YEAR = Duration.ofDays(365);

  private final ManualClock clock = ManualClock.create();
  private final InMemoryStores stores = new InMemoryStores();
  private final Faults faults = new Faults(1);
  private final List<ConsistencyReport> reports = new CopyOnWriteArrayList<>();
  private final List<Inconsistency> heard = new CopyOnWriteArrayList<>();
  private final Agent agent = Agent.of("test", "tester");
  private final StateKey key = StateKey.of(agent.id(), "k");
  private final StateKey other = StateKey.of(agent.id(), "other");
  private Persistence persistence = open(ConsistencyConfig.defaults());
  private StateRepository<Object> states = persistence.states(Object.class);

  @BeforeEach
  void register() {
    persistence.agents().save(agent);
    states.save(other, "other");
  }

  @AfterEach
  void close() {
    faults.clear();
    persistence.close(SOON);
  }

  private Persistence open(ConsistencyConfig consistency) {
    return Persistence.open(
        PersistenceConfig.inMemory()
            .clock(clock)
            .consistency(consistency)
            .flush(
                FlushConfig.builder()
                    .idleTimeToLive(YEAR)
                    .sweepInterval(Duration.ofSeconds(30))
                    .closeDeadline(SOON)
                    .build())
            .listener(
                PersistenceListener.of(
                        PersistenceEvent.InconsistencyFound.class,
                        inconsistency -> {
                          heard.add(inconsistency.found());
                        })
                    .and(
                        PersistenceListener.of(
                            PersistenceEvent.ConsistencyChecked.class,
                            checked -> {
                              reports.add(checked.report());
                            })))
            .build(),
        new FaultyStores(stores, faults));
  }

  private void reopen(ConsistencyConfig consistency) {
    persistence.close(SOON);
    persistence = open(consistency);
    states = persistence.states(Object.class);
  }

  private Revision.OfJournal saved(StateKey which, Object value) {
    Revision.OfJournal revision = (Revision.OfJournal) states.save(which, value).revision();
    states.awaitDurable(which, revision, SOON);
    return revision;
  }

  private ConsistencyReport check() {
    return persistence.operations().consistency().check(CheckScope.everything());
  }

  private Inconsistency only(ConsistencyReport report) {
    assertThat(report.inconsistencies()).hasSize(1);
    assertThat(report.found()).containsOnlyKeys(report.inconsistencies().get(0).kind());
    assertThat(heard).contains(report.inconsistencies().get(0));
    return report.inconsistencies().get(0);
  }

  private void assertMended(Kind kind, Object value) {
    Inconsistency found = only(check());
    assertThat(found.kind()).isEqualTo(kind);
    assertThat(found.key()).contains(key);
    assertThat(found.repair()).isEqualTo(Repair.REPAIRED);
    assertThat(check().isConsistent()).isTrue();
    assertThat(row().map(row -> new String(row.value(), UTF_8))).contains("\"" + value + "\"");
    assertThat(states.find(key).orElseThrow().value()).isEqualTo(value);
    assertThat(states.find(other).orElseThrow().value()).isEqualTo("other");
  }

  private Optional<StoredState> row() {
    try (Stores probe = probe()) {
      return probe.sql().states().find(key);
    }
  }

  private Stores probe() {
    return stores.open(PersistenceConfig.inMemory().clock(clock).build());
  }

  private void tamper(UnaryOperator<StoredState> row) {
    stores.tamper(key, old -> old.map(row));
  }

  private static StoredState with(StoredState row, String json, Revision.OfJournal revision) {
    return new StoredState(
        row.key(),
        json.getBytes(UTF_8),
        revision,
        row.writtenAt(),
        row.expiresAt(),
        row.deleted(),
        row.provenance());
  }

  @Test
  void consistentStoresAreFoundSo() {
    saved(key, Map.of("b", 1, "a", 2.50));
    states.delete(other);
    states.flush(other, SOON);
    ConsistencyReport report = check();
    assertThat(report.isConsistent()).isTrue();
    assertThat(report.compared()).isEqualTo(2);
    assertThat(report.inFlight()).isZero();
    assertThat(reports).containsExactly(report);
  }

  @Test
  void aMissingRowIsWrittenAgain() {
    saved(key, "v");
    stores.tamper(key, row -> Optional.empty());
    assertMended(Kind.MISSING_IN_SQL, "v");
  }

  @Test
  void anotherValueAtTheSameRevisionIsReplaced() {
    saved(key, "v");
    tamper(row -> with(row, "\"w\"", row.revision()));
    assertMended(Kind.VALUE_DIFFERS, "v");
  }

  @Test
  void aRowThatWentBackIsBroughtUpToDate() {
    Revision.OfJournal first = saved(key, "u");
    saved(key, "v");
    tamper(row -> with(row, "\"u\"", first));
    assertMended(Kind.SQL_BEHIND, "v");
  }

  @Test
  void aDeleteThatIsUndoneIsDoneAgain() {
    saved(key, "v");
    StoredState live = row().orElseThrow();
    states.delete(key);
    states.flush(key, SOON);
    stores.tamper(key, row -> Optional.of(live));
    assertThat(only(check()).kind()).isEqualTo(Kind.SQL_BEHIND);
    assertThat(row().orElseThrow().deleted()).isTrue();
  }

  @Test
  void aRevisionOfAnotherKeyIsTakenFromTheRow() {
    saved(key, "v");
    Revision.OfJournal others = saved(other, "other");
    tamper(row -> with(row, "\"w\"", others));
    assertMended(Kind.SQL_AHEAD, "v");
  }

  @Test
  void aRevisionThatTheStreamHasNotReachedIsLeftToAnOperator() {
    Revision.OfJournal revision = saved(key, "v");
    Revision.OfJournal future = new Revision.OfJournal(revision.epoch(), 1_000_000);
    tamper(row -> with(row, "\"w\"", future));
    Inconsistency found = only(check());
    assertThat(found.kind()).isEqualTo(Kind.SQL_AHEAD);
    assertThat(found.kvRevision()).contains(revision);
    assertThat(found.sqlRevision()).contains(future);
    assertThat(found.repair()).isEqualTo(Repair.LEFT);
  }

  @Test
  void anOldEntryThatALostTailLeftInKvIsTakenOut() {
    Revision.OfJournal kept = saved(key, "old");
    clock.advance(Duration.ofMillis(1));
    saved(key, "new");
    stores.loseTail(Bucket.AGENT_STATE, kept.sequence());
    clock.advance(Duration.ofMillis(1));
    saved(other, "other");
    Inconsistency found = only(check());
    assertThat(found.kind()).isEqualTo(Kind.KV_BEHIND);
    assertThat(found.repair()).isEqualTo(Repair.REPAIRED);
    assertThat(states.find(key).orElseThrow().value()).isEqualTo("new");
    assertThat(check().isConsistent()).isTrue();
  }

  @Test
  void aStaleHydrationIsTakenOut() {
    hydrateAnother("\"forged\"");
    assertMended(Kind.STALE_HYDRATION, "v");
  }

  /** A copy of the row in KV that is not like it. */
  private void hydrateAnother(String json) {
    Revision.OfJournal revision = saved(key, "v");
    try (Stores probe = probe()) {
      HotBucket bucket = probe.hot().bucket(Bucket.AGENT_STATE);
      bucket.writes().evict(bucket.journal().subject(key), revision.sequence()).join();
      bucket
          .writes()
          .publish(
              key,
              Operation.PUT,
              json.getBytes(UTF_8),
              EntryMetadata.hydrated(revision, Optional.empty()),
              HotWrites.NONE);
    }
  }

  @Test
  void nothingIsMendedWhereRepairIsOff() {
    reopen(ConsistencyConfig.builder().repair(false).build());
    saved(key, "v");
    stores.tamper(key, row -> Optional.empty());
    assertThat(only(check()).repair()).isEqualTo(Repair.LEFT);
    assertThat(row()).isEmpty();
  }

  @Test
  void whatIsInFlightIsNoDifference() throws Exception {
    saved(key, "v");
    try (Gate beforeApply = faults.on(Call.APPLY).pauseBefore()) {
      states.save(key, "w");
      assertThat(beforeApply.awaitArrival(SOON)).isTrue();
      ConsistencyReport report = check();
      assertThat(report.isConsistent()).isTrue();
      assertThat(report.inFlight()).isEqualTo(1);
    }
  }

  @Test
  void aWriteThatComesBeforeTheMendingOneStays() throws Exception {
    saved(key, "v");
    stores.tamper(key, row -> Optional.empty());
    CompletableFuture<ConsistencyReport> checking;
    try (Gate beforePublish = faults.on(Call.PUBLISH).pauseBefore()) {
      checking = CompletableFuture.supplyAsync(this::check);
      assertThat(beforePublish.awaitArrival(SOON)).isTrue();
      saved(key, "newer");
    }
    assertThat(only(checking.get(10, TimeUnit.SECONDS)).repair()).isEqualTo(Repair.SUPERSEDED);
    assertThat(states.find(key).orElseThrow().value()).isEqualTo("newer");
    assertThat(check().isConsistent()).isTrue();
  }

  @Test
  void aWriteThatComesBeforeTheEvictionStays() throws Exception {
    hydrateAnother("\"forged\"");
    CompletableFuture<ConsistencyReport> checking;
    try (Gate beforeEvict = faults.on(Call.EVICT).pauseBefore()) {
      checking = CompletableFuture.supplyAsync(this::check);
      assertThat(beforeEvict.awaitArrival(SOON)).isTrue();
      states.save(key, "newer");
    }
    assertThat(only(checking.get(10, TimeUnit.SECONDS)).kind()).isEqualTo(Kind.STALE_HYDRATION);
    states.flush(key, SOON);
    assertThat(states.find(key).orElseThrow().value()).isEqualTo("newer");
    assertThat(check().isConsistent()).isTrue();
  }

  @Test
  void orphansAreReportedAndLeft() {
    StateKey strange = StateKey.of(Agent.of("test", "stranger").id(), "k");
    states.save(strange, 1);
    await().atMost(SOON).until(() -> persistence.operations().deadLetters().count() == 1);
    clock.advance(Duration.ofHours(2));
    Inconsistency found = only(check());
    assertThat(found.kind()).isEqualTo(Kind.ORPHAN_ENTRY);
    assertThat(found.repair()).isEqualTo(Repair.LEFT);
    assertThat(states.find(strange)).isPresent();
  }

  @Test
  void anOrphanGoesToTheDeadLettersBeforeItLeavesKv() {
    reopen(
        ConsistencyConfig.builder()
            .orphans(OrphanPolicy.DEAD_LETTER)
            .orphanAge(Duration.ofMinutes(30))
            .build());
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
    reopen(
        ConsistencyConfig.builder().orphans(OrphanPolicy.REMOVE).orphanAge(Duration.ZERO).build());
    saved(key, "v");
    StateKey lost = StateKey.of(Agent.of("test", "gone").id(), "row");
    StoredState row = row().orElseThrow();
    stores.tamper(
        lost,
        old ->
            Optional.of(
                new StoredState(
                    lost, row.value(), row.revision(), row.writtenAt(), Optional.empty(), false)));
    states.delete(key);
    states.flush(key, SOON);
    stores.tamper(key, old -> Optional.empty());
    try (Stores probe = probe()) {
      HotBucket bucket = probe.hot().bucket(Bucket.AGENT_STATE);
      stores.publishRaw(
          Bucket.AGENT_STATE,
          bucket.journal().subject(StateKey.of(agent.id(), "raw")),
          new byte[] {'{'});
      String root =
          bucket
              .journal()
              .subject(key)
              .substring(0, bucket.journal().subject(key).indexOf(agent.id() + ""));
      stores.publishRaw(Bucket.AGENT_STATE, root + "no-key", new byte[] {'1'});
    }
    await().atMost(SOON).until(() -> persistence.operations().deadLetters().count() == 2);
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
  void aSampleIsComparedByItself() {
    reopen(ConsistencyConfig.builder().interval(Duration.ofMillis(50)).sampleSize(20).build());
    saved(key, "v");
    stores.tamper(key, row -> Optional.empty());
    await().atMost(SOON).until(() -> row().isPresent());
    assertThat(heard).extracting(Inconsistency::kind).contains(Kind.MISSING_IN_SQL);
  }

  @Test
  void whatIsCommittedTooLateIsLookedAt() throws Exception {
    reopen(ConsistencyConfig.builder().interval(Duration.ofHours(1)).sampleSize(20).build());
    try (Gate beforeApply = faults.on(Call.APPLY).pauseBefore()) {
      states.save(key, "v");
      assertThat(beforeApply.awaitArrival(SOON)).isTrue();
      clock.advance(Duration.ofMillis(300));
    }
    await().atMost(SOON).until(() -> !reports.isEmpty());
    assertThat(reports.get(0).compared()).isPositive();
    assertThat(persistence.operations().consistency().stats().violations()).isPositive();
  }

  @Test
  void zeroIntervalMeansNever() throws Exception {
    reopen(ConsistencyConfig.builder().interval(Duration.ZERO).sampleSize(20).build());
    saved(key, "v");
    assertThat(((EngineConsistency) persistence.operations().consistency()).services().names())
        .anyMatch(name -> name.startsWith("persistence-flush"))
        .noneMatch(name -> name.startsWith("persistence-consistency"));
  }
}
