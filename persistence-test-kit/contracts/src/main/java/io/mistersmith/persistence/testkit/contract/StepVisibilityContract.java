package io.mistersmith.persistence.testkit.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.spi.sql.StateStore;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateRepository.StateChangeEvent;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.state.Step;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.Gate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What readers see of a {@link Step}: all of it or nothing. */
public abstract class StepVisibilityContract extends PersistenceContract {

  private static final StateType<Integer> CURSOR = StateType.of("cursor", Integer.class);
  private static final StateType<String> TURNS = StateType.of("turns", String.class);
  private static final StateType<String> BOARD = StateType.of("board", String.class);

  /** For implementations. */
  protected StepVisibilityContract() {}

  @Test
  void aStepThatWaitsForPostgresIsThereWhole() {
    Step.Committed done =
        persistence()
            .step()
            .save(CURSOR, key("it"), 1)
            .save(
                TURNS,
                key("it"),
                "hello",
                SaveOptions.unconditional().withDurability(Durability.SQL_COMMITTED))
            .commit();
    List<StateKey> keys = List.of(key("it").withType("cursor"), key("it").withType("turns"));
    Map<StateKey, StoredState> rows = stores().sql().states().findAll(keys);
    assertThat(rows).hasSize(2);
    rows.forEach((key, row) -> assertThat(row.revision()).isEqualTo(done.revisions().get(key)));
  }

  @Test
  void rowsShowEachStepWhole() throws Exception {
    Persistence small = openAlone(3, new Faults(1), flushed -> {});
    AtomicBoolean over = new AtomicBoolean();
    Callable<Boolean> writer =
        () -> {
          try {
            for (int i = 0; i < 60; i++) {
              Step step = small.step();
              for (int k = 0; k < 5; k++) {
                step.save(CURSOR, key("s" + i + "." + k), i);
              }
              step.commit();
            }
            return true;
          } finally {
            over.set(true);
          }
        };
    StateStore sql = stores().sql().states();
    Callable<Boolean> reader =
        () -> {
          while (!over.get()) {
            assertThat(sql.findByAgent(agent(), "cursor.").size() % 5).isZero();
          }
          return true;
        };
    assertThat(Concurrently.run(2, thread -> thread == 0 ? writer : reader))
        .containsExactly(true, true);
  }

  /** The cursor is overwritten more often than the bucket keeps versions of it. */
  @Test
  void rowsShowStepsWholeThatWereOverwrittenWhileTheyWaited() throws Exception {
    Faults faults = new Faults(1);
    StateStore sql = stores().sql().states();
    List<String> looks = new CopyOnWriteArrayList<>();
    Persistence small =
        openAlone(50, faults, flushed -> looks.add(look(sql.findByAgent(agent(), ""))));
    small.step().save(CURSOR, key("it"), 0).save(TURNS, key("0"), "turn").commit();
    small.lifecycle().flush(agent(), SOON);
    try (Gate gate = faults.on(Call.APPLY).pauseBefore()) {
      for (int i = 1; i < 200; i++) {
        small.step().save(CURSOR, key("it"), i).save(TURNS, key("" + i), "turn").commit();
      }
      assertThat(gate.awaitArrival(SOON)).isTrue();
    }
    Awaitility.await()
        .atMost(SOON)
        .until(() -> looks.contains("199 turns after the first, at 199"));
    assertThat(looks)
        .allSatisfy(
            look ->
                assertThat(look.substring(look.lastIndexOf(' ')))
                    .isEqualTo(" " + look.substring(0, look.indexOf(' '))));
  }

  private static String look(List<StoredState> rows) {
    String cursor =
        rows.stream()
            .filter(row -> row.key().type().equals("cursor"))
            .map(row -> new String(row.value(), UTF_8))
            .collect(Collectors.joining());
    return rows.size() - 2 + " turns after the first, at " + cursor;
  }

  /** Opens the one runtime, whose batches end after so many entries. */
  private Persistence openAlone(
      int maxEntries, Faults faults, Consumer<PersistenceEvent.Flushed> listener) {
    assertThat(persistence().close(SOON)).isZero();
    FlushConfig flush = FlushConfig.builder().dirtyKeys(2).maxEntries(maxEntries).build();
    PersistenceListener told = PersistenceListener.of(PersistenceEvent.Flushed.class, listener);
    return open(config().flush(flush).listener(told).build(), faults);
  }

  @Test
  void anotherRuntimeReadsEachStepWhole() throws Exception {
    persistence().step().save(CURSOR, key("a"), 0).save(CURSOR, key("b"), 0).commit();
    StateRepository<Integer> other = open(config().build()).states(CURSOR);
    AtomicBoolean over = new AtomicBoolean();
    Callable<Boolean> writer =
        () -> {
          try {
            for (int i = 1; i < 100; i++) {
              persistence().step().save(CURSOR, key("a"), i).save(CURSOR, key("b"), i).commit();
            }
            return true;
          } finally {
            over.set(true);
          }
        };
    Callable<Boolean> together =
        () -> {
          while (!over.get()) {
            Map<StateKey, DataResult<Optional<Versioned<Integer>>>> rows =
                other.findAll(List.of(key("a"), key("b")));
            assertThat(row(rows, key("a")).orElseThrow().value())
                .isEqualTo(row(rows, key("b")).orElseThrow().value());
          }
          return true;
        };
    Callable<Boolean> oneByOne =
        () -> {
          while (!over.get()) {
            int a = other.find(key("a")).orElseThrow().value();
            int b = other.find(key("b")).orElseThrow().value();
            assertThat(b).isGreaterThanOrEqualTo(a);
          }
          return true;
        };
    List<Callable<Boolean>> calls = List.of(writer, together, oneByOne);
    assertThat(Concurrently.run(3, calls::get)).containsExactly(true, true, true);
  }

  @Test
  void aWatchThatHearsOfAStepReadsAllOfIt() {
    persistence().step().save(CURSOR, key("a"), 0).save(BOARD, key("a"), "0").commit();
    Persistence other = open(config().build());
    StateRepository<String> boards = other.states(BOARD);
    assertThat(boards.find(key("a"))).isPresent();
    List<String> halves = new CopyOnWriteArrayList<>();
    List<Integer> heard = new CopyOnWriteArrayList<>();
    try (StateRepository.Watch watch =
        other
            .states(CURSOR)
            .watch(
                agent(),
                (StateChangeEvent<Integer> change) -> {
                  int cursor = change.value().orElseThrow().value();
                  int board = Integer.parseInt(boards.find(key("a")).orElseThrow().value());
                  if (board < cursor) {
                    halves.add(cursor + " with " + board);
                  }
                  heard.add(cursor);
                })) {
      assertThat(watch).isNotNull();
      for (int i = 1; i <= 60; i++) {
        persistence().step().save(CURSOR, key("a"), i).save(BOARD, key("a"), "" + i).commit();
      }
      Awaitility.await().atMost(SOON).until(() -> heard.contains(60));
    }
    assertThat(halves).isEmpty();
  }
}
