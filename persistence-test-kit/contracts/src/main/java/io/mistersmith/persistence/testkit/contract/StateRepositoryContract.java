package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** The contract of saving, finding, changing and deleting one entry. */
public abstract class StateRepositoryContract extends PersistenceContract {

  /** Longer than 8 writers of one key need, so that the loop alone decides. */
  private static final Duration UPDATE_LIMIT = Duration.ofSeconds(30);

  /** For implementations. */
  protected StateRepositoryContract() {}

  @Test
  void everyKindOfJsonIsReadBack() {
    List<Object> values =
        List.of(
            true,
            false,
            0,
            -17,
            9_007_199_254_740_993L,
            3.25,
            "",
            "text \"quoted\" \\ \u65e5\u672c\u8a9e \ud83e\udd16",
            List.of(),
            Map.of(),
            List.of(1, List.of("two", List.of())),
            Map.of("a", Map.of("b", List.of(true, "c")), "", 0, "null", "null"));
    for (int i = 0; i < values.size(); i++) {
      Versioned<Object> saved = states().save(key("k" + i), values.get(i));
      assertThat(saved.value()).isEqualTo(values.get(i));
      Versioned<Object> found = find(key("k" + i));
      assertThat(found.value()).isEqualTo(values.get(i));
      assertThat(found.revision()).isEqualTo(saved.revision());
      assertThat(found.layer()).isIn(StorageLayer.MEMORY_CACHE, StorageLayer.DISTRIBUTED_KV);
      assertThat(found.expiresAt()).isEmpty();
    }
  }

  @Test
  void rawJsonIsReadBack() {
    for (String json :
        List.of("null", "[null]", "{\"a\":null}", "1.50", "123456789012345678901234567890")) {
      texts().save(key("raw"), json);
      assertThat(texts().find(key("raw")).orElseThrow().value()).isEqualTo(json);
    }
  }

  @Test
  void aMissingKeyIsEmptyAndItsDeleteDoesNothing() throws Exception {
    assertThat(states().find(key("missing"))).isEmpty();
    assertThat(states().findAsync(key("missing")).get(60, TimeUnit.SECONDS)).isEmpty();
    states().delete(key("missing"));
    states().deleteAsync(key("missing")).get(60, TimeUnit.SECONDS);
    assertThat(states().find(key("missing"))).isEmpty();
    assertThat(states().find(StateKey.of(AgentId.external("never registered"), "key"))).isEmpty();
    assertFails(DataError.NOT_FOUND, () -> states().update(key("missing"), value -> value));
  }

  @Test
  void aSavedEntryIsReplacedAndDeleted() {
    states().save(key("a"), "1");
    states().save(key("a"), "2");
    assertThat(find(key("a")).value()).isEqualTo("2");
    states().delete(key("a"));
    assertThat(states().find(key("a"))).isEmpty();
    states().delete(key("a"));
    Versioned<Object> again = states().save(key("a"), "3");
    assertThat(find(key("a")).value()).isEqualTo("3");
    assertThat(find(key("a")).revision()).isEqualTo(again.revision());
  }

  @Test
  void everyWriteHasANewRevisionEvenOfAnEqualValue() {
    Revision first = states().save(key("a"), "same").revision();
    Revision second = states().save(key("a"), "same").revision();
    Revision third = states().save(key("a"), "same", SaveOptions.at(second)).revision();
    assertThat(second.isAfter(first)).isTrue();
    assertThat(third.isAfter(second)).isTrue();
    assertThat(find(key("a")).revision()).isEqualTo(third);
    states().delete(key("a"));
    Revision fourth = states().save(key("a"), "same", SaveOptions.ifAbsent()).revision();
    assertThat(fourth.isAfter(third)).isTrue();
  }

  @Test
  void theFirstWriteWinsWhenItIsAskedFor() {
    Versioned<Object> first = states().save(key("a"), "first", SaveOptions.ifAbsent());
    assertFails(
        DataError.DUPLICATE_KEY, () -> states().save(key("a"), "second", SaveOptions.ifAbsent()));
    unchanged(first);
    states().delete(key("a"));
    states().save(key("a"), "third", SaveOptions.ifAbsent());
    assertThat(find(key("a")).value()).isEqualTo("third");
  }

  @Test
  void aStaleRevisionIsRefusedAndChangesNothing() {
    Revision first = states().save(key("a"), "1").revision();
    Versioned<Object> second = states().save(key("a"), "2", SaveOptions.at(first));
    assertFails(
        DataError.VERSION_CONFLICT, () -> states().save(key("a"), "3", SaveOptions.at(first)));
    unchanged(second);
    Revision.OfJournal made = (Revision.OfJournal) second.revision();
    Revision future = new Revision.OfJournal(made.epoch(), made.sequence() + 50);
    assertFails(
        DataError.VERSION_CONFLICT, () -> states().save(key("a"), "3", SaveOptions.at(future)));
    unchanged(second);
    assertFails(
        DataError.VERSION_CONFLICT,
        () -> states().save(key("missing"), "3", SaveOptions.at(first)));
    assertThat(states().find(key("missing"))).isEmpty();
  }

  @Test
  void deletingNeedsTheRightRevision() {
    Revision first = states().save(key("a"), "1").revision();
    Versioned<Object> second = states().save(key("a"), "2");
    assertFails(DataError.VERSION_CONFLICT, () -> states().delete(key("a"), first));
    unchanged(second);
    states().delete(key("a"), second.revision());
    assertThat(states().find(key("a"))).isEmpty();
    assertFails(DataError.VERSION_CONFLICT, () -> states().delete(key("a"), second.revision()));
    assertFails(DataError.VERSION_CONFLICT, () -> states().delete(key("missing"), first));
  }

  @Test
  void aRevisionFromBeforeADeleteIsStale() {
    Revision before = states().save(key("a"), "1").revision();
    states().delete(key("a"));
    assertFails(
        DataError.VERSION_CONFLICT, () -> states().save(key("a"), "2", SaveOptions.at(before)));
    states().save(key("a"), "3");
    assertFails(
        DataError.VERSION_CONFLICT, () -> states().save(key("a"), "4", SaveOptions.at(before)));
    assertThat(find(key("a")).value()).isEqualTo("3");
  }

  @Test
  void ofConcurrentCreatorsOneWins() throws Exception {
    StateRepository<Object> others = open(config().build()).states(Object.class);
    List<Boolean> created =
        Concurrently.run(
            8,
            i ->
                () ->
                    succeeds(
                        () ->
                            (i % 2 == 0 ? states() : others)
                                .save(key("a"), i, SaveOptions.ifAbsent())));
    assertThat(created).containsOnlyOnce(true);
    assertThat(find(key("a")).value()).isEqualTo(created.indexOf(true));
  }

  @Test
  void anEntryIsCreatedBesideARuntimeThatDeletesItAllTheTime() throws Exception {
    StateRepository<Object> deleting = states(open(config().build()));
    AtomicBoolean created = new AtomicBoolean();
    Concurrently.run(
        2,
        i ->
            () -> {
              for (int n = 0; i == 0 && n < 200; n++) {
                createWhereItIsDeleted(n);
              }
              while (i == 1 && !created.get()) {
                deleting.delete(key("a"));
              }
              created.set(true);
              return true;
            });
  }

  /**
   * The key exists until the other runtime has deleted it once more; no other failure may occur.
   */
  private void createWhereItIsDeleted(int value) {
    while (true) {
      try {
        states().save(key("a"), value, SaveOptions.ifAbsent());
        return;
      } catch (PersistenceException e) {
        assertThat(e.error()).isEqualTo(DataError.DUPLICATE_KEY);
      }
    }
  }

  @Test
  void updatesByManyAreAllApplied() throws Exception {
    states().save(key("a"), 0);
    AtomicInteger conflicts = new AtomicInteger();
    Concurrently.run(
        4,
        i ->
            () -> {
              for (int done = 0; done < 10; ) {
                if (succeeds(() -> states().update(key("a"), n -> (Integer) n + 1))) {
                  done++;
                } else {
                  conflicts.incrementAndGet();
                }
              }
              return true;
            });
    assertThat(find(key("a")).value()).as("conflicts: " + conflicts).isEqualTo(40);
  }

  @Test
  void anUpdateThatThrowsChangesNothing() {
    Versioned<Object> saved = states().save(key("a"), "1");
    try {
      states()
          .update(
              key("a"),
              value -> {
                throw new IllegalStateException("changed my mind");
              });
    } catch (IllegalStateException e) {
      assertThat(e).hasMessage("changed my mind");
    }
    unchanged(saved);
  }

  @Test
  void anUpdateBeginsWithItsInitialValueWhereThereIsNoEntry() {
    Versioned<Object> made = states().update(key("a"), 10, n -> (Integer) n + 1);
    assertThat(made.value()).isEqualTo(11);
    unchanged(made);
    Versioned<Object> changed = states().update(key("a"), 10, n -> (Integer) n + 1);
    assertThat(changed.value()).isEqualTo(12);
    assertThat(changed.revision()).isGreaterThan(made.revision());
    unchanged(changed);
    states().delete(key("a"));
    assertThat(states().update(key("a"), 10, n -> (Integer) n + 1).value()).isEqualTo(11);
  }

  @Test
  void concurrentUpdatesOfAKeyThatWasAbsentLoseNothing() throws Exception {
    StateRepository<Object> others = states(open(config().build()));
    Concurrently.run(
        8,
        i ->
            () -> {
              for (int done = 0; done < 25; done++) {
                (i % 2 == 0 ? states() : others)
                    .update(key("a"), 0, n -> (Integer) n + 1, UPDATE_LIMIT);
              }
              return true;
            });
    assertThat(find(key("a")).value()).isEqualTo(200);
  }

  @Test
  void anUpdateThatLosesTheCreateChangesWhatWasCreated() {
    StateRepository<Object> others = states(open(config().build()));
    List<Object> seen = new ArrayList<>();
    UnaryOperator<Object> change =
        value -> {
          if (seen.isEmpty()) {
            others.save(key("a"), 41);
          }
          seen.add(value);
          return (Integer) value + 1;
        };
    assertThat(states().update(key("a"), 0, change).value()).isEqualTo(42);
    assertThat(find(key("a")).value()).isEqualTo(42);
    assertThat(seen).startsWith(0).endsWith(41);
  }

  @Test
  void whatAChangeThrowsPassesThroughAndNothingIsWritten() {
    IllegalStateException changedItsMind = new IllegalStateException("changed my mind");
    UnaryOperator<Object> change =
        value -> {
          throw changedItsMind;
        };
    assertThatThrownBy(() -> states().update(key("a"), 0, change)).isSameAs(changedItsMind);
    assertThat(states().find(key("a"))).isEmpty();
    Versioned<Object> saved = states().save(key("a"), "1");
    assertThatThrownBy(() -> states().update(key("a"), 0, change)).isSameAs(changedItsMind);
    unchanged(saved);
  }

  @Test
  void anUpdateThatAlwaysLosesEndsAtItsDeadline() {
    StateRepository<Object> others = states(open(config().build()));
    states().save(key("a"), 0);
    AtomicInteger attempts = new AtomicInteger();
    UnaryOperator<Object> overtaken =
        value -> {
          int attempt = attempts.incrementAndGet();
          others.update(key("a"), 0, before -> attempt);
          return "lost";
        };
    long begin = System.nanoTime();
    assertFails(
        DataError.VERSION_CONFLICT,
        () -> states().update(key("a"), 0, overtaken, Duration.ofMillis(300)));
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isBetween(Duration.ofMillis(250), SOON);
    assertThat(attempts.get()).isGreaterThan(1);
    assertThat(find(key("a")).value()).isEqualTo(attempts.get());
  }

  @Test
  void asynchronousWritesOfOneThreadAreAppliedInOrder() throws Exception {
    List<CompletableFuture<Versioned<Object>>> writes = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      writes.add(states().saveAsync(key("a"), i, SaveOptions.unconditional()));
    }
    Optional<Revision> last = Optional.empty();
    for (CompletableFuture<Versioned<Object>> write : writes) {
      Revision revision = write.get(60, TimeUnit.SECONDS).revision();
      assertThat(last.map(before -> revision.isAfter(before)).orElse(true)).isTrue();
      last = Optional.of(revision);
    }
    assertThat(find(key("a")).value()).isEqualTo(499);
    assertFails(DataError.DUPLICATE_KEY, states().saveAsync(key("a"), 500, SaveOptions.ifAbsent()));
    states().deleteAsync(key("a")).get(60, TimeUnit.SECONDS);
    assertThat(states().findAsync(key("a")).get(60, TimeUnit.SECONDS)).isEmpty();
  }

  @Test
  void aSecondRuntimeSeesWhatTheFirstWrote() {
    Versioned<Object> saved = states().save(key("a"), "1");
    StateRepository<Object> others = open(config().build()).states(Object.class);
    assertThat(others.find(key("a")).orElseThrow().revision()).isEqualTo(saved.revision());
    others.save(key("a"), "2", SaveOptions.at(saved.revision()));
    assertFails(
        DataError.VERSION_CONFLICT,
        () -> states().save(key("a"), "3", SaveOptions.at(saved.revision())));
  }

  @Test
  void afterCloseEverythingFailsAsClosed() throws Exception {
    StateRepository<Object> states = states();
    persistence().close(Duration.ofSeconds(10));
    assertFails(DataError.CLOSED, () -> states.save(key("a"), "1"));
    assertFails(DataError.CLOSED, () -> states.find(key("a")));
    assertFails(DataError.CLOSED, states.saveAsync(key("a"), "1", SaveOptions.unconditional()));
    persistence().close();
  }

  private void unchanged(Versioned<Object> before) {
    Versioned<Object> now = find(key("a"));
    assertThat(now.value()).isEqualTo(before.value());
    assertThat(now.revision()).isEqualTo(before.revision());
  }

  private static boolean succeeds(Runnable call) {
    try {
      call.run();
      return true;
    } catch (PersistenceException e) {
      assertThat(e.error()).isIn(DataError.VERSION_CONFLICT, DataError.DUPLICATE_KEY);
      return false;
    }
  }
}
