package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Append;
import io.mistersmith.persistence.log.Log.Entry;
import io.mistersmith.persistence.log.Log.Limits;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.LogStore.Name;
import io.mistersmith.persistence.state.StateRepository.Watch;
import io.mistersmith.persistence.state.StateType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Truncation, compaction, copies and deletion of a {@link Log}. */
public abstract class LogUpkeepContract extends PersistenceContract {

  private static final StateType<String> TURNS = StateType.of("turns", String.class);

  /** For the runner's subclass. */
  protected LogUpkeepContract() {}

  private Log<String> log() {
    return log(persistence());
  }

  private Log<String> log(Persistence runtime) {
    return runtime.log(agent(), "main", TURNS);
  }

  private static List<Long> versions(List<Entry<String>> entries) {
    return LogContract.versions(entries);
  }

  private static List<String> values(List<Entry<String>> entries) {
    return LogContract.values(entries);
  }

  private void append(int entries) {
    log().appendAll(IntStream.rangeClosed(1, entries).mapToObj(i -> "e" + i).toList());
  }

  private List<Long> rows() {
    return stores().sql().logs().read(agent(), "turns.main", 1, 10_000).stream()
        .map(row -> row.version())
        .toList();
  }

  @Test
  void truncatesByCount() {
    append(10);
    Persistence other = open(config().build());
    assertThat(log(other).size()).isEqualTo(10);
    assertThat(log().truncate(Limits.entries(3))).isEqualTo(8);
    for (Log<String> log : List.of(log(), log(other))) {
      assertThat(log.size()).isEqualTo(3);
      assertThat(versions(log.tail(10))).containsExactly(8L, 9L, 10L);
      assertThat(versions(log.read(1, 2))).containsExactly(8L, 9L);
      assertThat(versions(log.readBackwards(Long.MAX_VALUE, 9))).containsExactly(10L, 9L, 8L);
      assertThat(log.readBackwards(7, 9)).isEmpty();
    }
    assertThat(log(other).append("e11")).isEqualTo(11);
    assertThat(log().truncate(Limits.entries(100))).isEqualTo(8);
  }

  @Test
  void rowsOfTruncatedEntriesAreDeleted() {
    append(10);
    log().awaitDurable(10, SOON);
    log().truncate(Limits.entries(2));
    log().append("e11");
    log().awaitDurable(11, SOON);
    assertThat(rows()).containsExactly(9L, 10L, 11L);
  }

  @Test
  void manyRowsOfTruncatedEntriesAreDeletedByAndBy() {
    persistence().close(SOON);
    FlushConfig sweeping = FlushConfig.builder().sweepInterval(Duration.ofMillis(100)).build();
    Log<String> log = log(open(config().flush(sweeping).build()));
    int entries = 2 * LogStore.MOST_DELETED + 100;
    log.appendAll(IntStream.rangeClosed(1, entries).mapToObj(i -> "e" + i).toList());
    log.awaitDurable(entries, SOON);
    assertThat(log.truncate(Limits.entries(2))).isEqualTo(entries - 1);
    assertThat(values(log.read(1, 9))).containsExactly("e" + (entries - 1), "e" + entries);
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(rows()).containsExactly((long) entries - 1, (long) entries));
  }

  @Test
  void theRowsOfTruncatedLogsAreFoundByTheirNames() {
    for (String name : List.of("a", "b", "c")) {
      Log<String> log = persistence().log(agent(), name, TURNS);
      log.appendAll(List.of("1", "2"));
      log.awaitDurable(2, SOON);
    }
    LogStore logs = stores().sql().logs();
    List<Name> found = new ArrayList<>();
    Optional<Name> last = Optional.empty();
    List<Name> page;
    do {
      page = logs.names(last, 2);
      found.addAll(page);
      last = page.isEmpty() ? last : Optional.of(page.get(page.size() - 1));
    } while (!page.isEmpty());
    assertThat(found)
        .doesNotHaveDuplicates()
        .filteredOn(name -> name.owner().equals(agent().uuid()))
        .extracting(Name::log)
        .containsExactly("turns.a", "turns.b", "turns.c");
    assertThat(logs.deleteTruncated(found)).as("of logs that were not truncated").isZero();
  }

  @Test
  void truncatesBySize() {
    for (int i = 0; i < 10; i++) {
      log().append("x".repeat(98)); // 100 bytes of JSON
    }
    assertThat(log().truncate(Limits.bytes(storedBytes(100) * 7 / 2))).isEqualTo(8);
    assertThat(log().truncate(Limits.bytes(1))).isEqualTo(11);
    assertThat(log().size()).isZero();
    assertThat(log().append("on")).isEqualTo(11);
  }

  @Test
  void truncatesByAge() {
    append(3);
    elapse(Duration.ofMillis(1_500));
    log().append("young");
    assertThat(log().truncate(Limits.age(Duration.ofMillis(1_200)))).isEqualTo(4);
    assertThat(values(log().tail(9))).containsExactly("young");
  }

  @Test
  void aCallAndItsResultStayTogether() {
    append(4);
    long call = log().append("call");
    log().append("other");
    log().append("result", Append.always().keptWith(call));
    log().append("last");
    assertThat(log().truncate(Limits.entries(2))).isEqualTo(call);
    assertThat(values(log().tail(9))).containsExactly("call", "other", "result", "last");
    assertThat(log().truncate(Limits.entries(1))).isEqualTo(8);
    assertThat(values(log().tail(9))).containsExactly("last");
  }

  @Test
  void keepsItsLimitsByItself() {
    log().keep(Limits.entries(10));
    assertThat(log(open(config().build())).limits()).isEqualTo(Limits.entries(10));
    for (int i = 1; i <= 100; i++) {
      log().append("e" + i);
      assertThat(log().size()).isLessThanOrEqualTo(26);
    }
    assertThat(values(log().tail(10)))
        .containsExactlyElementsOf(IntStream.rangeClosed(91, 100).mapToObj(i -> "e" + i).toList());
    log().keep(Limits.NONE);
    append(50);
    assertThat(log().size()).isGreaterThanOrEqualTo(60);
  }

  @Test
  void keepsItsSizeByItself() {
    log().keep(Limits.bytes(10L * storedBytes(100)));
    for (int i = 0; i < 50; i++) {
      log().append("x".repeat(98));
    }
    assertThat(log().size()).isBetween(10L, 13L);
  }

  @Test
  void compactsToASummaryForAllReadersAtOnce() {
    append(10);
    Persistence other = open(config().build());
    assertThat(log(other).size()).isEqualTo(10);
    log(other).append("e11");
    assertThat(log().compact(10, "ten in short", 2)).isEqualTo(8);
    for (Log<String> log : List.of(log(), log(other))) {
      List<Entry<String>> all = log.tail(20);
      assertThat(values(all)).containsExactly("ten in short", "e9", "e10", "e11");
      assertThat(versions(all)).containsExactly(8L, 9L, 10L, 11L);
      assertThat(all.get(0).isSummary()).isTrue();
      assertThat(all.get(1).isSummary()).isFalse();
      assertThat(log.size()).isEqualTo(4);
      assertThat(values(log.read(1, 2))).containsExactly("ten in short", "e9");
      assertThat(values(log.tail(2))).containsExactly("e10", "e11");
      assertThat(versions(log.readBackwards(9, 9))).containsExactly(9L, 8L);
    }
    Failures.assertFails(DataError.VERSION_CONFLICT, () -> log().compact(10, "again", 2));
    Failures.assertFails(DataError.VERSION_CONFLICT, () -> log().compact(99, "too far", 2));
    assertThat(log().compact(11, "all", 0)).isEqualTo(11);
    assertThat(values(log(other).tail(9))).containsExactly("all");
    assertThat(log(other).append("e12")).isEqualTo(12);
  }

  @Test
  void aSummaryIsReadAfterAllHasLeftTheBucket() {
    append(10);
    log().compact(10, "short", 1);
    evictAll(11);
    Persistence later = open(config().build());
    assertThat(values(log(later).tail(9))).containsExactly("short", "e10");
    assertThat(log(later).append("e11")).isEqualTo(11);
    assertThat(rows()).doesNotContain(1L, 9L);
  }

  @Test
  void deletionRemovesASummaryThatIsAllThereIs() {
    append(5);
    log().compact(5, "short", 0);
    log().delete();
    assertThat(log().tail(9)).isEmpty();
    log().append("later");
    assertThat(values(log().tail(9))).containsExactly("later");
  }

  @Test
  void compactionKeepsACallThatAResultNeeds() {
    append(3);
    long call = log().append("call");
    log().append("result", Append.always().keptWith(call));
    assertThat(log().compact(5, "short", 1)).isEqualTo(3);
    assertThat(values(log().tail(9))).containsExactly("short", "call", "result");
  }

  @Test
  void branchesGoTheirOwnWay() {
    append(5);
    log().append("id-6", "six");
    Log<String> branch = log().branch("branch", 3);
    assertThat(branch.append("b4")).isEqualTo(4);
    assertThat(values(branch.tail(9))).containsExactly("e1", "e2", "e3", "b4");
    Log<String> copy = log().copy("copy");
    assertThat(versions(copy.tail(9))).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
    assertThat(copy.append("id-6", "not again")).isEqualTo(6);
    assertThat(log().version()).isEqualTo(6);
    log().delete();
    assertThat(copy.size()).isEqualTo(6);
    Failures.assertFails(DataError.DUPLICATE_KEY, () -> copy.branch("branch", 2));
    Failures.assertFails(DataError.NOT_FOUND, () -> copy.branch("more", 7));
    copy.awaitDurable(6, SOON);
  }

  @Test
  void aBranchHasTheSummary() {
    append(5);
    log().compact(5, "short", 2);
    assertThat(values(log().copy("copy").tail(9))).containsExactly("short", "e4", "e5");
    assertThat(values(log().branch("start", 3).tail(9))).containsExactly("short");
  }

  @Test
  void aDeletedLogIsEmptyAndGoesOn() {
    append(3);
    log().keep(Limits.entries(100));
    Persistence other = open(config().build());
    assertThat(log(other).size()).isEqualTo(3);
    log().delete();
    assertThat(log(other).tail(9)).isEmpty();
    assertThat(log(other).size()).isZero();
    assertThat(log().limits()).isEqualTo(Limits.NONE);
    assertThat(log(other).append("new")).isEqualTo(4);
    assertThat(values(log().tail(9))).containsExactly("new");
    log().awaitDurable(4, SOON);
    assertThat(rows()).containsExactly(4L);
  }

  @Test
  void aDeletedLogGoesOnAfterAllHasLeftTheBucket() {
    append(3);
    log().delete();
    evictAll(4);
    Persistence later = open(config().build());
    assertThat(log(later).version()).isEqualTo(3);
    assertThat(log(later).append("new")).isEqualTo(4);
  }

  @Test
  void aWatchPassesOverWhatIsGone() {
    append(5);
    log().truncate(Limits.entries(1));
    List<Long> heard = Collections.synchronizedList(new ArrayList<>());
    try (Watch watch = log().watch(0, entry -> heard.add(entry.version()))) {
      assertThat(watch).isNotNull();
      log().append("six");
      Awaitility.await().atMost(SOON).until(() -> heard.size() >= 2);
    }
    assertThat(heard).containsExactly(5L, 6L);
  }

  @Test
  void aLogOfAnOwnerThatIsRegisteredAgainGoesOnEmpty() {
    append(3);
    assertThat(log().compact(3, "old summary", 1)).isEqualTo(2);
    Persistence other = open(config().build());
    assertThat(log(other).size()).isEqualTo(2);
    persistence().agents().delete(agent());
    persistence().agents().save(agent(), Agent.of(agent(), "contract", "again"));
    Persistence later = open(config().build());
    assertThat(log(later).tail(9)).isEmpty();
    long first = log(later).append("one");
    assertThat(log().append("two")).isEqualTo(first + 1);
    assertThat(log(other).append("three")).isEqualTo(first + 2);
    for (Log<String> log : List.of(log(later), log(), log(other))) {
      assertThat(values(log.tail(9))).containsExactly("one", "two", "three");
      assertThat(values(log.read(1, 9))).containsExactly("one", "two", "three");
    }
    log().awaitDurable(first + 2, SOON);
    assertThat(rows()).containsExactly(first, first + 1, first + 2);
  }
}
