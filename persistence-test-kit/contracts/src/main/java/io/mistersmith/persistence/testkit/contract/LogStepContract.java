package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Append;
import io.mistersmith.persistence.log.Log.Entry;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository.Watch;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.state.Step;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.Gate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What {@link Log} and {@link Step} promise of entries that are appended by a step. */
public abstract class LogStepContract extends PersistenceContract {

  private static final StateType<Integer> CURSOR = StateType.of("cursor", Integer.class);
  private static final StateType<String> TURNS = StateType.of("turns", String.class);

  /** For the runner's subclass. */
  protected LogStepContract() {}

  private Log<String> log(String name) {
    return persistence().log(agent(), name, TURNS);
  }

  private Log<String> log() {
    return log("main");
  }

  private static List<String> values(Log<String> log) {
    return log.read(1, 1_000).stream().map(Entry::value).toList();
  }

  @Test
  void entriesAreAppendedTogetherWithTheWrites() {
    log().append("before");
    Step step = persistence().step().save(CURSOR, key("it"), 1);
    LongSupplier question = log().append(step, "question");
    LongSupplier answer = log().append(step, "answer", Append.always().keptWith(2));
    LongSupplier other = log("other").append(step, "elsewhere");
    assertThat(values(log())).containsExactly("before");
    assertThatThrownBy(question::getAsLong).isInstanceOf(IllegalStateException.class);

    Step.Committed done = step.commit();

    assertThat(done.revisions()).hasSize(4);
    assertThat(question.getAsLong()).isEqualTo(2);
    assertThat(answer.getAsLong()).isEqualTo(3);
    assertThat(other.getAsLong()).isEqualTo(1);
    assertThat(values(log())).containsExactly("before", "question", "answer");
    assertThat(values(log("other"))).containsExactly("elsewhere");
    assertThat(cursor().value()).isEqualTo(1);
    assertThat(log().append("after")).isEqualTo(4);
    log().awaitDurable(3, SOON);
    log("other").awaitDurable(1, SOON);
  }

  @Test
  void nothingIsAppendedWhenAWriteIsRefused() {
    Revision old = persistence().states(CURSOR).save(key("it"), 1).revision();
    persistence().states(CURSOR).save(key("it"), 2);
    Step step = persistence().step().save(CURSOR, key("it"), 3, SaveOptions.at(old));
    LongSupplier version = log().append(step, "turn");
    assertFails(DataError.VERSION_CONFLICT, step::commit);
    assertThat(values(log())).isEmpty();
    assertThatThrownBy(version::getAsLong).isInstanceOf(IllegalStateException.class);
    assertThat(log().append("next")).isEqualTo(1);
  }

  @Test
  void nothingIsWrittenWhenTheLogHasAnotherVersion() {
    log().append("one");
    Step step = persistence().step().save(CURSOR, key("it"), 1);
    LongSupplier unused = log().append(step, "two", Append.at(0));
    assertFails(DataError.VERSION_CONFLICT, step::commit);
    assertThat(persistence().states(CURSOR).find(key("it"))).isEmpty();
    assertThat(values(log())).containsExactly("one");
  }

  @Test
  void anEntryThatAnotherRuntimeAppendedIsFollowed() {
    log().append("one");
    Step step = persistence().step().save(CURSOR, key("it"), 1);
    LongSupplier version = log().append(step, "three");
    open(config().build()).log(agent(), "main", TURNS).append("two");
    step.commit();
    assertThat(version.getAsLong()).isEqualTo(3);
    assertThat(values(log())).containsExactly("one", "two", "three");
  }

  @Test
  void anIdIsAppendedOnce() {
    long first = log().append("id", "first");
    Step step = persistence().step().save(CURSOR, key("it"), 1);
    LongSupplier known = log().append(step, "again", Append.once("id"));
    LongSupplier fresh = log().append(step, "new", Append.once("new"));
    LongSupplier twice = log().append(step, "new again", Append.once("new"));
    step.commit();
    assertThat(known.getAsLong()).isEqualTo(first);
    assertThat(fresh.getAsLong()).isEqualTo(2);
    assertThat(twice.getAsLong()).isEqualTo(2);
    assertThat(values(log())).containsExactly("first", "new");
    assertThat(cursor().value()).isEqualTo(1);
  }

  @Test
  void manyEntriesAreAppendedTogetherOrNotAtAll() throws Exception {
    Faults faults = new Faults(1);
    Log<String> slow = open(config().build(), faults).log(agent(), "main", TURNS);
    assertThat(slow.append("one")).isEqualTo(1);
    try (Gate gate = faults.on(Call.PUBLISH).pauseBefore()) {
      CompletableFuture<Long> together =
          CompletableFuture.supplyAsync(() -> slow.appendAll(List.of("a", "b", "c")));
      assertThat(gate.awaitArrival(SOON)).isTrue();
      assertThat(log().append("two")).isEqualTo(2);
      assertThat(values(log())).containsExactly("one", "two");
      gate.release();
      assertThat(together).succeedsWithin(SOON).isEqualTo(5L);
    }
    assertThat(values(log())).containsExactly("one", "two", "a", "b", "c");
    faults.on(Call.PUBLISH).passNext(1).loseRequests(1); // of entries one by one, the first passes
    assertThat(slow.appendAll(List.of("d", "e", "f"))).isEqualTo(8);
    assertThatThrownBy(() -> slow.appendAll(List.of("x", "y", "z")))
        .isInstanceOf(TransientPersistenceException.class)
        .hasMessageNotContaining("are appended");
    faults.clear();
    assertThat(log().version()).isEqualTo(8);
  }

  @Test
  void moreEntriesThanAStepCanHaveAreAppendedInPieces() {
    int many = Step.MOST_WRITES + 7;
    List<String> texts = LongStream.rangeClosed(1, many).mapToObj(i -> "e" + i).toList();
    assertThat(log().appendAll(0, texts)).isEqualTo(many);
    assertThat(log().read(1, many)).extracting(Entry::value).isEqualTo(texts);
    assertFails(DataError.VERSION_CONFLICT, () -> log().appendAll(1, List.of("x", "y")));
    assertThat(log().version()).isEqualTo(many);
  }

  @Test
  void aStepOfAppendsAloneIsAStep() {
    Step step = persistence().step();
    LongSupplier only = log().append(step, "only");
    step.commit();
    assertThat(only.getAsLong()).isEqualTo(1);
    Step nothing = persistence().step();
    LongSupplier known = log().append(nothing, "x", Append.once("id"));
    nothing.commit();
    Step again = persistence().step();
    LongSupplier same = log().append(again, "x", Append.once("id"));
    assertThat(again.commit().revisions()).isEmpty();
    assertThat(same.getAsLong()).isEqualTo(known.getAsLong()).isEqualTo(2);
  }

  @Test
  void aStepHasOneOwner() {
    Step step = persistence().step().save(CURSOR, key("it"), 1);
    Log<String> strange = persistence().log(AgentId.external("other"), "main", TURNS);
    assertFails(DataError.INVALID_KEY, () -> strange.append(step, "turn"));
  }

  @Test
  void stepsThatAppendAtOnceLoseAndRepeatNothing() throws Exception {
    int writers = 4;
    int each = 25;
    ExecutorService threads = Executors.newFixedThreadPool(writers);
    try {
      List<Future<List<Long>>> running = new ArrayList<>();
      for (int i = 0; i < writers; i++) {
        int writer = i;
        running.add(threads.submit(() -> write(writer, each)));
      }
      List<Long> versions = new ArrayList<>();
      for (Future<List<Long>> one : running) {
        versions.addAll(one.get(60, TimeUnit.SECONDS));
      }
      assertThat(versions)
          .containsExactlyInAnyOrderElementsOf(
              LongStream.rangeClosed(1, (long) writers * each).boxed().toList());
      assertThat(values(log())).hasSize(writers * each).doesNotHaveDuplicates();
      for (int i = 0; i < writers; i++) {
        assertThat(persistence().states(CURSOR).find(key("writer" + i)).orElseThrow().value())
            .isEqualTo(each);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private List<Long> write(int writer, int steps) {
    List<Long> versions = new ArrayList<>();
    for (int i = 1; i <= steps; i++) {
      Step step = persistence().step().save(CURSOR, key("writer" + writer), i);
      LongSupplier version = log().append(step, writer + "-" + i);
      step.commit();
      versions.add(version.getAsLong());
    }
    return versions;
  }

  private Versioned<Integer> cursor() {
    return persistence().states(CURSOR).find(key("it")).orElseThrow();
  }

  @Test
  void aListenerOfALogReadsTheWholeStep() {
    Persistence other = open(config().build());
    persistence().states(CURSOR).save(key("it"), 0);
    List<Integer> read = new CopyOnWriteArrayList<>();
    try (Watch watch =
        other
            .log(agent(), "main", TURNS)
            .watch(
                0,
                entry ->
                    read.add(
                        other.states(CURSOR).find(key("it")).map(Versioned::value).orElse(-1)))) {
      assertThat(watch).isNotNull();
      for (int i = 1; i <= 50; i++) {
        assertThat(other.states(CURSOR).find(key("it"))).isPresent();
        Step step = persistence().step();
        LongSupplier unused = log().append(step, "e" + i);
        step.save(CURSOR, key("it"), i).commit();
        int heard = i;
        Awaitility.await()
            .pollInterval(Duration.ofMillis(5))
            .atMost(SOON)
            .until(() -> read.size() >= heard);
      }
    }
    for (int i = 1; i <= read.size(); i++) {
      assertThat(read.get(i - 1)).isGreaterThanOrEqualTo(i);
    }
  }
}
