package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictResolver.ConflictStrategy;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.crdt.GCounter;
import io.mistersmith.persistence.crdt.OrSet;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceEvent.ConflictMet.Outcome;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.fault.Faults;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The contract of a save that meets a version which its caller had not seen. */
public abstract class ConflictContract extends PersistenceContract {

  private static final int WRITERS = 8;
  private static final int WRITES = 15;

  private final List<PersistenceEvent.ConflictMet> reports = new CopyOnWriteArrayList<>();

  /** For implementations. */
  protected ConflictContract() {}

  private static StateRepository<String> strings(
      Persistence runtime, ConflictResolver<String> resolver) {
    return runtime.states(StateType.untyped(String.class).withRules(ConflictRules.of(resolver)));
  }

  /** Another runtime, whose clock is this much behind. */
  private Persistence behind(Duration late) {
    Clock clock = Clock.offset(config().build().clock(), late.negated());
    return open(config().clock(clock).listener(new Collector()).build());
  }

  private final class Collector implements PersistenceListener {
    @Override
    public void on(PersistenceEvent event) {
      if (event instanceof PersistenceEvent.ConflictMet report) {
        reports.add(report);
      }
    }
  }

  @Test
  void theLaterWriteWinsThoughTheEarlierOneArrivesLast() throws Exception {
    ConflictResolver<String> later = ConflictResolver.lastWriteWins();
    StateRepository<String> fast = strings(persistence(), later);
    Faults faults = new Faults(1);
    StateRepository<String> slow =
        strings(open(config().listener(new Collector()).build(), faults), later);
    Versioned<String> outcome =
        overtaken(faults, () -> slow.save(key("k"), "early"), () -> fast.save(key("k"), "late"));
    assertThat(outcome.value()).isEqualTo("late");
    assertThat(outcome.revision()).isEqualTo(fast.find(key("k")).orElseThrow().revision());
    assertThat(slow.find(key("k")).orElseThrow().value()).isEqualTo("late");
    assertThat(reports)
        .containsExactly(
            new PersistenceEvent.ConflictMet(
                key("k"), ConflictStrategy.LAST_WRITE_WINS, Outcome.KEPT_CURRENT, 0));
  }

  @Test
  void aWriterWhoseClockIsWrongLosesNothingAndBlocksNobody() {
    ConflictResolver<String> later = ConflictResolver.lastWriteWins();
    StateRepository<String> right = strings(persistence(), later);
    for (Duration late : List.of(Duration.ofHours(1), Duration.ofHours(-1))) {
      StateRepository<String> wrong = strings(behind(late), later);
      for (int i = 0; i < 3; i++) {
        String value = late + " " + i;
        elapse(Duration.ofMillis(5));
        assertThat(wrong.save(key("k"), "wrong " + value).value()).isEqualTo("wrong " + value);
        elapse(Duration.ofMillis(5));
        assertThat(right.save(key("k"), value).value()).isEqualTo(value);
        elapse(Duration.ofMillis(5));
        wrong.delete(key("k"));
        assertThat(right.find(key("k"))).isEmpty();
      }
    }
  }

  @Test
  void whatAWriterHasSeenIsNoConflict() {
    ConflictResolver<String> reject = ConflictResolver.reject();
    StateRepository<String> mine = strings(persistence(), reject);
    StateRepository<String> theirs = strings(behind(Duration.ofSeconds(5)), reject);
    Versioned<String> first = mine.save(key("k"), "1");
    assertFails(DataError.VERSION_CONFLICT, () -> mine.save(key("k"), "2"));
    SaveOptions next = SaveOptions.unconditional().basedOn(first);
    assertThat(mine.save(key("k"), "2", next).value()).isEqualTo("2");
    assertFails(DataError.VERSION_CONFLICT, () -> theirs.save(key("k"), "3"));
    SaveOptions old = SaveOptions.unconditional().basedOn(first);
    assertFails(DataError.VERSION_CONFLICT, () -> theirs.save(key("k"), "3", old));
    Versioned<String> read = theirs.find(key("k")).orElseThrow();
    assertThat(read.value()).isEqualTo("2");
    SaveOptions based = SaveOptions.unconditional().basedOn(read);
    assertThat(theirs.save(key("k"), "3", based).value()).isEqualTo("3");
    assertThat(theirs.update(key("k"), value -> value + "4").value()).isEqualTo("34");
    assertFails(DataError.VERSION_CONFLICT, () -> mine.save(key("k"), "5"));
  }

  @Test
  void vectorClocksHandOnlyConcurrentVersionsToTheNextResolver() {
    ConflictResolver<String> order =
        ConflictResolver.vectorClock(ConflictResolver.customMerge((a, b) -> a + "+" + b));
    StateRepository<String> mine = strings(persistence(), order);
    StateRepository<String> theirs = strings(behind(Duration.ofSeconds(5)), order);
    Versioned<String> base = mine.save(key("k"), "base");
    SaveOptions based = SaveOptions.unconditional().basedOn(base);
    assertThat(mine.save(key("k"), "a", based).value()).isEqualTo("a");
    Versioned<String> merged = theirs.save(key("k"), "b", based);
    assertThat(merged.value()).isEqualTo("a+b");
    assertThat(mine.save(key("k"), "c", SaveOptions.unconditional().basedOn(merged)).value())
        .isEqualTo("c");
  }

  @Test
  void aLaterDeleteStaysAndAnEarlierOneDoesNot() throws Exception {
    ConflictResolver<String> later = ConflictResolver.lastWriteWins();
    StateRepository<String> fast = strings(persistence(), later);
    Faults faults = new Faults(1);
    StateRepository<String> slow = strings(open(config().build(), faults), later);
    boolean unused =
        overtaken(
            faults,
            () -> {
              slow.delete(key("k"));
              return true;
            },
            () -> fast.save(key("k"), "1"));
    assertThat(fast.find(key("k"))).isPresent();
    DataError refused =
        overtaken(
            faults,
            () -> {
              try {
                return fail("saved " + slow.save(key("k"), "late"));
              } catch (PersistenceException e) {
                return e.error();
              }
            },
            () -> fast.delete(key("k")));
    assertThat(refused).isEqualTo(DataError.VERSION_CONFLICT);
    assertThat(fast.find(key("k"))).isEmpty();
    assertThat(fast.save(key("k"), "2").value()).isEqualTo("2");
  }

  @Test
  void theClockOfAVersionReachesTheDurableStoreAndComesBack() {
    ConflictResolver<String> later = ConflictResolver.lastWriteWins();
    StateRepository<String> fast = strings(persistence(), later);
    Versioned<String> saved = fast.save(key("k"), "late");
    fast.flush(key("k"), SOON);
    assertThat(strings(open(config().build()), later).find(key("k")).orElseThrow().clock())
        .isEqualTo(saved.clock());
    assertThat(saved.clock().ticks()).hasSize(1);
  }

  @Test
  void writesWithoutAClockAreOrderedByTheTimeOfTheStore() {
    StateRepository<String> resolving = strings(persistence(), ConflictResolver.lastWriteWins());
    persistence().states(String.class).save(key("k"), "plain");
    elapse(Duration.ofMillis(5));
    assertThat(resolving.save(key("k"), "stamped").value()).isEqualTo("stamped");
  }

  @Test
  void eachKeyGoesByTheRulesOfItsPrefix() {
    ConflictRules<String> rules =
        ConflictRules.of(ConflictResolver.<String>reject())
            .withPrefix("log.", ConflictResolver.customMerge((a, b) -> a + b));
    StateRepository<String> mine =
        persistence().states(StateType.untyped(String.class).withRules(rules));
    StateRepository<String> theirs =
        behind(Duration.ofSeconds(5)).states(StateType.untyped(String.class).withRules(rules));
    mine.save(key("log.x"), "a");
    mine.save(key("plan"), "a");
    assertThat(theirs.save(key("log.x"), "b").value()).isEqualTo("ab");
    assertFails(DataError.VERSION_CONFLICT, () -> theirs.save(key("plan"), "b"));
    assertThat(reports)
        .extracting(PersistenceEvent.ConflictMet::outcome)
        .containsExactly(Outcome.MERGED, Outcome.REJECTED);
  }

  @Test
  void conditionsHoldAsEverywhere() {
    StateRepository<String> states = strings(persistence(), ConflictResolver.lastWriteWins());
    Versioned<String> first = states.save(key("k"), "1", SaveOptions.ifAbsent());
    assertFails(DataError.DUPLICATE_KEY, () -> states.save(key("k"), "2", SaveOptions.ifAbsent()));
    Versioned<String> second = states.save(key("k"), "2", SaveOptions.at(first.revision()));
    assertFails(
        DataError.VERSION_CONFLICT,
        () -> states.save(key("k"), "3", SaveOptions.at(first.revision())));
    assertFails(DataError.VERSION_CONFLICT, () -> states.delete(key("k"), first.revision()));
    states.delete(key("k"), second.revision());
    assertThat(states.find(key("k"))).isEmpty();
  }

  @Test
  void noIncrementOfAnyWriterIsLost() throws Exception {
    List<StateRepository<GCounter>> repositories =
        repositories(GCounter.class, ConflictResolver.crdtMerge());
    Concurrently.run(
        WRITERS,
        writer ->
            () -> {
              GCounter own = GCounter.empty();
              for (int i = 0; i < WRITES; i++) {
                own = own.increment("writer-" + writer);
                own = repositories.get(writer % 2).save(key("count"), own).value();
              }
              return own;
            });
    assertThat(repositories.get(0).find(key("count")).orElseThrow().value().value())
        .isEqualTo(WRITERS * WRITES);
  }

  @Test
  void noElementOfAnyWriterIsLost() throws Exception {
    List<StateRepository<OrSet>> repositories =
        repositories(OrSet.class, ConflictResolver.crdtMerge());
    Concurrently.run(
        WRITERS,
        writer ->
            () -> {
              OrSet own = OrSet.empty();
              for (int i = 0; i < WRITES; i++) {
                own = own.add("writer-" + writer, writer + "-" + i);
                own = repositories.get(writer % 2).save(key("set"), own).value();
              }
              return own;
            });
    assertThat(repositories.get(1).find(key("set")).orElseThrow().value().value())
        .hasSize(WRITERS * WRITES);
  }

  @Test
  void aCustomMergeSeesEveryVersion() throws Exception {
    ConflictResolver<String> union = ConflictResolver.customMerge(ConflictContract::union);
    List<StateRepository<String>> repositories = repositories(String.class, union);
    Concurrently.run(
        WRITERS, writer -> () -> repositories.get(writer % 2).save(key("k"), "w" + writer));
    assertThat(repositories.get(0).find(key("k")).orElseThrow().value())
        .isEqualTo(
            IntStream.range(0, WRITERS).mapToObj(i -> "w" + i).collect(Collectors.joining(" ")));
  }

  private static String union(String one, String other) {
    Set<String> words = new TreeSet<>(List.of(one.split(" ")));
    words.addAll(List.of(other.split(" ")));
    return String.join(" ", words);
  }

  @Test
  void ofConcurrentWritesTheLatestStays() throws Exception {
    List<StateRepository<String>> repositories =
        repositories(String.class, ConflictResolver.lastWriteWins());
    StateKey key = key("k");
    List<Versioned<String>> outcomes =
        Concurrently.run(
            WRITERS, writer -> () -> repositories.get(writer % 2).save(key, "w" + writer));
    Versioned<String> stored = repositories.get(0).find(key).orElseThrow();
    assertThat(outcomes).extracting(Versioned::value).contains(stored.value());
    assertThat(outcomes)
        .allSatisfy(outcome -> assertThat(outcome.revision().isAfter(stored.revision())).isFalse());
  }

  private <T> List<StateRepository<T>> repositories(Class<T> type, ConflictResolver<T> resolver) {
    ConflictRules<T> rules = ConflictRules.of(resolver);
    return List.of(
        persistence().states(StateType.untyped(type).withRules(rules)),
        open(config().listener(new Collector()).build())
            .states(StateType.untyped(type).withRules(rules)));
  }
}
