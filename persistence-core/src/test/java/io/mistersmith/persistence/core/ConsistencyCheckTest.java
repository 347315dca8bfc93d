package io.mistersmith.persistence.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.ConsistencyConfig;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.operations.Consistency.ConsistencyReport;
import io.mistersmith.persistence.operations.Consistency.Inconsistency;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Kind;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Repair;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Gate;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each way in which the stores can disagree: caused on purpose, found and repaired. */
class ConsistencyCheckTest extends ChecksConsistency {

  ConsistencyCheckTest() {
    super(ConsistencyConfig.defaults());
  }

  @BeforeEach
  void saveAnother() {
    states.save(other, "other");
  }

  private void assertMended(Kind kind, Object value) {
    Inconsistency found = only(check());
    assertThat(found.kind()).isEqualTo(kind);
    assertThat(found.key()).contains(key);
    assertThat(found.repair()).isEqualTo(Repair.REPAIRED);
    assertThat(check().isConsistent()).isTrue();
    assertThat(row(key).map(row -> new String(row.value(), UTF_8))).contains("\"" + value + "\"");
    assertThat(states.find(key).orElseThrow().value()).isEqualTo(value);
    assertThat(states.find(other).orElseThrow().value()).isEqualTo("other");
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
    StoredState live = row(key).orElseThrow();
    states.delete(key);
    states.flush(key, SOON);
    stores.tamper(key, row -> Optional.of(live));
    assertThat(only(check()).kind()).isEqualTo(Kind.SQL_BEHIND);
    assertThat(row(key).orElseThrow().deleted()).isTrue();
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
    assertThat(row(key)).isEmpty();
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
    assertThat(only(checking.get(60, TimeUnit.SECONDS)).repair()).isEqualTo(Repair.SUPERSEDED);
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
    assertThat(only(checking.get(60, TimeUnit.SECONDS)).kind()).isEqualTo(Kind.STALE_HYDRATION);
    states.flush(key, SOON);
    assertThat(states.find(key).orElseThrow().value()).isEqualTo("newer");
    assertThat(check().isConsistent()).isTrue();
  }
}
