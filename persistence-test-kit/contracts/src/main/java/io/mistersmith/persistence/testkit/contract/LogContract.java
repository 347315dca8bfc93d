package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Append;
import io.mistersmith.persistence.log.Log.Entry;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.state.StateRepository.Watch;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What a {@link Log} promises about its entries; {@link LogUpkeepContract} has the rest. */
public abstract class LogContract extends PersistenceContract {

  private static final StateType<String> TURNS = StateType.of("turns", String.class);

  /** For the runner's subclass. */
  protected LogContract() {}

  private Log<String> log() {
    return log(persistence());
  }

  private Log<String> log(Persistence runtime) {
    return runtime.log(agent(), "main", TURNS);
  }

  static List<String> values(List<Entry<String>> entries) {
    return entries.stream().map(Entry::value).toList();
  }

  static List<Long> versions(List<Entry<String>> entries) {
    return entries.stream().map(Entry::version).toList();
  }

  @Test
  void anEmptyLogHasNothing() {
    assertThat(log().version()).isZero();
    assertThat(log().size()).isZero();
    assertThat(log().tail(5)).isEmpty();
    assertThat(log().read(1, 5)).isEmpty();
    assertThat(log().readBackwards(Long.MAX_VALUE, 5)).isEmpty();
    assertThat(log().appendAll(List.of())).isZero();
  }

  @Test
  void versionsGrowByOne() {
    assertThat(log().append("one")).isEqualTo(1);
    assertThat(log().append("two")).isEqualTo(2);
    assertThat(log().appendAll(List.of("three", "four"))).isEqualTo(4);
    assertThat(log().version()).isEqualTo(4);
    assertThat(log().size()).isEqualTo(4);
    assertThat(values(log().tail(2))).containsExactly("three", "four");
    assertThat(versions(log().tail(10))).containsExactly(1L, 2L, 3L, 4L);
  }

  @Test
  void anotherProcessReadsAndGoesOn() {
    log().append("one");
    Persistence other = open(config().build());
    assertThat(values(log(other).tail(5))).containsExactly("one");
    assertThat(log(other).append("two")).isEqualTo(2);
    assertThat(log().append("three")).isEqualTo(3);
    assertThat(values(log(other).tail(5))).containsExactly("one", "two", "three");
    assertThat(log(other).appendAll(List.of("4", "5", "6", "7", "8", "9", "10", "11")))
        .isEqualTo(11);
    assertThat(log().version()).isEqualTo(11);
    assertThat(values(log().tail(2))).containsExactly("10", "11");
  }

  @Test
  void isReadInPagesBothWays() {
    log().appendAll(IntStream.rangeClosed(1, 25).mapToObj(i -> "e" + i).toList());
    assertThat(versions(log().read(1, 10))).containsExactlyElementsOf(longs(1, 10));
    assertThat(versions(log().read(11, 10))).containsExactlyElementsOf(longs(11, 20));
    assertThat(versions(log().read(21, 10))).containsExactlyElementsOf(longs(21, 25));
    assertThat(log().read(26, 10)).isEmpty();
    assertThat(log().read(40, 10)).isEmpty();
    assertThat(versions(log().readBackwards(Long.MAX_VALUE, 3))).containsExactly(25L, 24L, 23L);
    assertThat(versions(log().readBackwards(22, 3))).containsExactly(22L, 21L, 20L);
    assertThat(versions(log().readBackwards(2, 3))).containsExactly(2L, 1L);
    assertThat(log().readBackwards(0, 3)).isEmpty();
    assertThatThrownBy(() -> log().tail(0)).isInstanceOf(IllegalArgumentException.class);
  }

  private static List<Long> longs(long from, long to) {
    return LongStream.rangeClosed(from, to).boxed().toList();
  }

  @Test
  void logsOfOtherOwnersNamesAndTypesAreOthers() {
    log().append("mine");
    assertThat(persistence().log(agent(), "main.sub", TURNS).append("other name")).isEqualTo(1);
    assertThat(persistence().log(agent(), "main", String.class).append("untyped")).isEqualTo(1);
    assertThat(persistence().log(AgentId.external("c 7"), "main", TURNS).append("outside"))
        .isEqualTo(1);
    assertThat(values(log().tail(9))).containsExactly("mine");
    assertThat(log().append("again")).isEqualTo(2);
    assertThat(log(open(config().build())).version()).isEqualTo(2);
    assertThat(persistence().states(TURNS).keys(agent(), "")).isEmpty();
    assertThat(persistence().states(String.class).keys(agent(), "")).isEmpty();
  }

  @Test
  void appendsAtAnExpectedVersionOnly() {
    log().append("one", Append.at(0));
    Persistence other = open(config().build());
    log(other).append("two", Append.at(1));
    assertConflict(() -> log().append("late", Append.at(1)));
    assertConflict(() -> log().append("early", Append.at(9)));
    assertThat(log().append("three", Append.at(2))).isEqualTo(3);
    assertConflict(() -> log().appendAll(2, List.of("x", "y")));
    assertThat(log().appendAll(3, List.of("four", "five"))).isEqualTo(5);
    assertThat(values(log().tail(9))).containsExactly("one", "two", "three", "four", "five");
  }

  private static void assertConflict(ThrowingCallable call) {
    Failures.assertFails(DataError.VERSION_CONFLICT, call);
  }

  @Test
  void anIdIsAppendedOnce() {
    log().append("zero");
    assertThat(log().append("id-\"1\\", "one")).isEqualTo(2);
    assertThat(log().append("id-\"1\\", "one again")).isEqualTo(2);
    Persistence other = open(config().build());
    assertThat(log(other).append("id-\"1\\", "one there")).isEqualTo(2);
    assertThat(log(other).append("id-2", "two")).isEqualTo(3);
    assertThat(log().append("id-2", "two here")).isEqualTo(3);
    log().awaitDurable(3, SOON);
    assertThat(log().append("id-2", "two late")).isEqualTo(3);
    assertThat(values(log().tail(9))).containsExactly("zero", "one", "two");
    assertThat(log().tail(1).get(0).id()).contains("id-2");
  }

  @Test
  void anIdIsKnownAfterItsEntryHasLeftTheBucket() {
    log().append("id-1", "one");
    evictAll(1);
    Persistence later = open(config().build());
    assertThat(log(later).append("id-1", "again")).isEqualTo(1);
    assertThat(log(later).append("id-2", "two")).isEqualTo(2);
  }

  @Test
  void ofTwoThatAppendAnIdAtOnceOneDoes() throws Exception {
    Persistence other = open(config().build());
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      for (int round = 0; round < 20; round++) {
        String id = "id-" + round;
        List<Future<Long>> appends = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          Log<String> log = log(i % 2 == 0 ? persistence() : other);
          appends.add(pool.submit(() -> log.append(id, id)));
        }
        for (Future<Long> append : appends) {
          assertThat(append.get(SOON.toSeconds(), TimeUnit.SECONDS)).isEqualTo(round + 1);
        }
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(log().size()).isEqualTo(20);
  }

  @Test
  void processesThatAppendAtOnceLoseAndReorderNothing() throws Exception {
    Persistence other = open(config().build());
    int each = 100;
    ExecutorService pool = Executors.newFixedThreadPool(4);
    List<Future<List<Long>>> writers = new ArrayList<>();
    try {
      for (int w = 0; w < 4; w++) {
        Log<String> log = log(w % 2 == 0 ? persistence() : other);
        String name = "w" + w + "-";
        writers.add(
            pool.submit(
                () -> {
                  List<Long> versions = new ArrayList<>();
                  for (int i = 0; i < each; i++) {
                    versions.add(log.append(name + i));
                  }
                  return versions;
                }));
      }
      TreeSet<Long> all = new TreeSet<>();
      for (int w = 0; w < 4; w++) {
        List<Long> versions = writers.get(w).get(60, TimeUnit.SECONDS);
        assertThat(versions).isSorted();
        all.addAll(versions);
      }
      assertThat(all).hasSize(4 * each);
      List<Entry<String>> entries = log().read(1, 1_000);
      assertThat(versions(entries)).containsExactlyElementsOf(longs(1, 4L * each));
      for (int w = 0; w < 4; w++) {
        List<Long> versions = writers.get(w).get();
        for (int i = 0; i < each; i++) {
          assertThat(entries.get((int) (versions.get(i) - 1)).value()).isEqualTo("w" + w + "-" + i);
        }
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void readsTheSameFromPostgres() {
    Log<String> texts =
        persistence()
            .log(agent(), "exact", StateType.of("exact", String.class).withCodec(new TextCodec()));
    texts.append("{\"n\":1.0E7,\"b\":-0.0}");
    texts.append("id-ä", "[1,2,3]");
    List<Entry<String>> before = texts.tail(9);
    texts.awaitDurable(2, SOON);
    evictAll(2);
    Persistence later = open(config().build());
    Log<String> there =
        later.log(agent(), "exact", StateType.of("exact", String.class).withCodec(new TextCodec()));
    List<Entry<String>> after = there.tail(9);
    assertThat(values(after)).isEqualTo(values(before));
    assertThat(after.get(1).id()).contains("id-ä");
    assertThat(there.append("3")).isEqualTo(3);
    assertThat(values(there.read(1, 9)))
        .containsExactly("{\"n\":1.0E7,\"b\":-0.0}", "[1,2,3]", "3");
  }

  @Test
  void goesOnAfterAllEntriesHaveLeftTheBucket() {
    log().appendAll(IntStream.rangeClosed(1, 30).mapToObj(i -> "e" + i).toList());
    evictAll(30);
    Persistence later = open(config().build());
    assertThat(values(log(later).tail(2))).containsExactly("e29", "e30");
    assertThat(log(later).version()).isEqualTo(30);
    assertThat(log(later).append("e31")).isEqualTo(31);
    assertThat(versions(log(later).read(28, 9))).containsExactly(28L, 29L, 30L, 31L);
  }

  @Test
  void awaitsTheCommitOfAnEntry() {
    long version = log().append("one");
    log().awaitDurable(version, SOON);
    assertThat(stores().sql().logs().last(agent(), "turns.main").orElseThrow().version())
        .isEqualTo(version);
    Failures.assertFails(DataError.NOT_FOUND, () -> log().awaitDurable(7, SOON));
  }

  @Test
  void entriesOfAnUnknownAgentBecomeDeadLetters() {
    Log<String> stray = persistence().log(AgentId.random(), "main", TURNS);
    stray.append("one");
    Failures.assertFails(DataError.DEAD_LETTERED, () -> stray.awaitDurable(1, SOON));
    assertThat(values(stray.tail(9))).containsExactly("one");
    assertThat(log().append("others go on")).isEqualTo(1);
    log().awaitDurable(1, SOON);
  }

  @Test
  void aWatchDeliversAllInOrder() {
    log().appendAll(List.of("1", "2", "3"));
    List<Long> heard = Collections.synchronizedList(new ArrayList<>());
    try (Watch watch = log().watch(1, entry -> heard.add(entry.version()))) {
      assertThat(watch).isNotNull();
      assertThat(heard).containsExactly(2L, 3L);
      Persistence other = open(config().build());
      log(other).appendAll(IntStream.rangeClosed(4, 40).mapToObj(String::valueOf).toList());
      Awaitility.await().atMost(SOON).until(() -> heard.size() >= 39);
    }
    assertThat(heard).containsExactlyElementsOf(longs(2, 40));
  }

  @Test
  void aLostAcknowledgementIsNoSecondEntry() {
    Faults faults = new Faults(3);
    Persistence shaky = open(config().build(), faults);
    log(shaky).append("one");
    faults.on(Call.PUBLISH).loseNextAcknowledgements(1);
    Throwable unknown = catchThrowable(() -> log(shaky).append("id-2", "two"));
    assertThat(
            unknown == null ? DataError.OUTCOME_UNKNOWN : ((PersistenceException) unknown).error())
        .isEqualTo(DataError.OUTCOME_UNKNOWN);
    assertThat(log(shaky).append("id-2", "two")).isEqualTo(2);
    assertThat(log().append("three")).isEqualTo(3);
    assertThat(values(log(shaky).tail(9))).containsExactly("one", "two", "three");
  }

  @Test
  void aHintThatIsTooOldIsNotUsed() {
    log().append("one");
    Persistence other = open(config().build());
    log(other).append("two");
    log(other).append("three");
    assertThat(log().append("four")).isEqualTo(4);
    assertThat(values(log().tail(9))).containsExactly("one", "two", "three", "four");
  }

  @Test
  void isNoPartOfCheckpointsAndSurvivesTheirRestore() {
    log().append("before");
    log().awaitDurable(1, SOON);
    persistence().states(String.class).save(key("plan"), "Lisbon");
    var checkpoint = persistence().checkpoints().create(agent(), CheckpointOptions.full());
    log().append("after");
    persistence().checkpoints().restore(checkpoint.id(), SOON);
    assertThat(values(log().tail(9))).containsExactly("before", "after");
  }

  @Test
  void refusesWhatALogCannotBe() {
    Failures.assertFails(
        DataError.MISCONFIGURED,
        () -> persistence().log(agent(), "x", TURNS.in(DataType.SESSION_DATA)));
    Failures.assertFails(
        DataError.MISCONFIGURED,
        () -> persistence().log(agent(), "x", TURNS.withTimeToLive(Duration.ofHours(1))));
    Failures.assertFails(DataError.INVALID_KEY, () -> persistence().log(agent(), "", TURNS));
    Failures.assertFails(
        DataError.INVALID_KEY,
        () -> persistence().log(agent(), "x".repeat(Log.MAX_NAME + 1), TURNS));
    Failures.assertFails(DataError.INVALID_KEY, () -> log().append("", "no id"));
    Failures.assertFails(DataError.VALUE_TOO_LARGE, () -> log().append("x".repeat(1 << 20)));
    assertThat(persistence().log(agent(), "x".repeat(Log.MAX_NAME), TURNS).append("fits")).isOne();
    assertThat(log().version()).isZero();
  }

  @Test
  void theEntriesOfADeletedAgentAreGone() {
    log().append("one");
    log().awaitDurable(1, SOON);
    persistence().agents().delete(agent());
    assertThat(stores().sql().logs().last(agent(), "turns.main")).isEmpty();
  }
}
