package io.mistersmith.persistence.testkit.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictResolver.Resolution;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.routing.DataRouter;
import io.mistersmith.persistence.routing.WritePolicy;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What agent state must do whose policy is {@link WritePolicy#WRITE_THROUGH}. */
public abstract class WriteThroughContract extends PersistenceContract {

  /** A flush that nobody asks for comes later than any of these tests looks. */
  private static final Duration LATE = Duration.ofSeconds(5);

  private static final Duration PATIENCE = Duration.ofMillis(600);

  private final Faults faults = new Faults(1);
  private StateRepository<Object> through;
  private Stores stores;

  /** For implementations. */
  @SuppressWarnings("NullAway.Init") // JUnit calls openThrough before any test
  protected WriteThroughContract() {}

  @BeforeEach
  final void openThrough() {
    persistence().close(SOON);
    through = open(writingThrough().build(), faults).states(Object.class);
    stores = stores();
  }

  private PersistenceConfig.Builder writingThrough() {
    return config()
        .flush(FlushConfig.builder().maxAge(LATE).build())
        .router(DataRouter.standard().withPolicy(DataType.AGENT_STATE, WritePolicy.WRITE_THROUGH));
  }

  private Optional<StoredState> row(String key) {
    return stores.sql().states().find(key(key));
  }

  private PersistenceConfig.Builder impatient(PersistenceConfig.Builder config, Duration patience) {
    return config.postgres(
        config().build().postgres().toBuilder().statementTimeout(patience).build());
  }

  private Revision rowRevision(String key) {
    return row(key).orElseThrow().revision();
  }

  @Test
  void aWriteIsInPostgreSqlWhenItsCallReturns() {
    Versioned<Object> saved = through.save(key("a"), "1");
    assertThat(rowRevision("a")).isEqualTo(saved.revision());
    Versioned<Object> updated = through.update(key("a"), value -> value + "2");
    assertThat(rowRevision("a")).isEqualTo(updated.revision());
    Versioned<Object> next = through.save(key("a"), "3", SaveOptions.at(updated.revision()));
    assertThat(rowRevision("a")).isEqualTo(next.revision());
    through.delete(key("a"));
    assertThat(row("a").map(StoredState::deleted)).contains(true);
  }

  @Test
  void anAsynchronousWriteIsInPostgreSqlWhenItsFutureCompletes() throws Exception {
    Versioned<Object> saved =
        through
            .saveAsync(key("a"), "1", SaveOptions.unconditional())
            .get(SOON.toSeconds(), TimeUnit.SECONDS);
    assertThat(rowRevision("a")).isEqualTo(saved.revision());
    through.deleteAsync(key("a")).get(SOON.toSeconds(), TimeUnit.SECONDS);
    assertThat(row("a").map(StoredState::deleted)).contains(true);
  }

  @Test
  void manyWritesAreInPostgreSqlWhenTheirCallReturns() {
    Map<StateKey, Object> values = Map.of(key("a"), "1", key("b"), "2", key("c"), "3");
    through.saveAll(values).forEach((key, saved) -> assertThat(saved.failure()).isEmpty());
    assertThat(stores.sql().states().findAll(values.keySet())).hasSize(3);
    through.deleteAll(values.keySet());
    assertThat(List.of(row("a"), row("b"), row("c")))
        .allSatisfy(row -> assertThat(row.map(StoredState::deleted)).contains(true));
  }

  @Test
  void aWriteWhoseConflictsAreResolvedIsInPostgreSqlWhenItsCallReturns() {
    Persistence runtime = open(writingThrough().build());
    StateRepository<Object> resolving =
        runtime.states(
            StateType.untyped(Object.class)
                .withRules(ConflictRules.of(ConflictResolver.lastWriteWins())));
    Versioned<Object> saved = resolving.save(key("a"), "1");
    assertThat(rowRevision("a")).isEqualTo(saved.revision());
  }

  @Test
  void aVersionThatASaveLeavesInItsPlaceIsInPostgreSqlWhenTheSaveReturns() {
    FlushConfig late = FlushConfig.builder().maxAge(LATE).build();
    Persistence behind = open(config().flush(late).build());
    Revision first = behind.states(Object.class).save(key("a"), "1").revision();
    StateRepository<Object> keeping =
        open(writingThrough().build())
            .states(
                StateType.untyped(Object.class)
                    .withRules(ConflictRules.of(conflict -> Resolution.keepCurrent())));
    assertThat(row("a")).as("not flushed yet").isEmpty();
    assertThat(keeping.save(key("a"), "2").revision()).isEqualTo(first);
    assertThat(rowRevision("a")).isEqualTo(first);
  }

  @Test
  void aSaveThatAsksForLessWaitsAllTheSame() {
    Versioned<Object> saved =
        through.save(key("a"), "1", SaveOptions.unconditional().withDurability(Durability.KV_ACK));
    assertThat(rowRevision("a")).isEqualTo(saved.revision());
  }

  @Test
  void whilePostgreSqlIsAwayASaveFailsAndSaysThatKvHasIt() {
    Persistence impatient = open(impatient(writingThrough(), PATIENCE).build(), faults);
    StateRepository<Object> states = impatient.states(Object.class);
    states.save(key("a"), "1");
    faults.sqlOutage(true);
    PersistenceException failure =
        catchThrowableOfType(
            PersistenceException.class, () -> states.save(key("a"), "written while away"));
    assertThat(failure).isInstanceOf(TransientPersistenceException.class);
    assertThat(failure).hasMessageContaining("KV has it").hasMessageContaining(key("a").toString());
    assertThat(states.find(key("a")).orElseThrow().value()).isEqualTo("written while away");

    faults.sqlOutage(false);
    states.flush(key("a"), SOON);
    assertThat(new String(row("a").orElseThrow().value(), UTF_8)).contains("written while away");
  }

  @Test
  void whilePostgreSqlIsAwayManyWritesWaitTogether() {
    StateRepository<Object> states =
        open(impatient(writingThrough(), PATIENCE).build(), faults).states(Object.class);
    StateRepository<Object> ruled =
        open(impatient(writingThrough(), PATIENCE).build(), faults)
            .states(
                StateType.untyped(Object.class)
                    .withRules(ConflictRules.of(ConflictResolver.lastWriteWins())));
    Map<StateKey, Object> values = new LinkedHashMap<>();
    for (int i = 0; i < 150; i++) {
      values.put(key("k" + i), i);
    }
    ruled.saveAll(values);
    faults.sqlOutage(true);
    for (StateRepository<Object> each : List.of(states, ruled)) {
      long started = System.nanoTime();
      each.saveAll(values)
          .forEach(
              (key, saved) ->
                  assertThat(saved.failure().orElseThrow()).hasMessageContaining("KV has it"));
      assertThat(Duration.ofNanos(System.nanoTime() - started))
          .as("as long as one of them, not one after the other")
          .isLessThan(PATIENCE.multipliedBy(10));
    }
    faults.sqlOutage(false);
  }

  @Test
  void writesThatWaitForPostgreSqlHoldUpNoneThatDoNot() throws Exception {
    Persistence runtime = open(impatient(config(), LATE.multipliedBy(4)).build(), faults);
    StateRepository<Object> states = runtime.states(Object.class);
    StateRepository<Object> ruled =
        runtime.states(
            StateType.of("ruled", Object.class)
                .withRules(ConflictRules.of(ConflictResolver.lastWriteWins())));
    ruled.save(key("free"), 1);
    for (int i = 0; i < 20; i++) {
      ruled.save(key("r" + i), 0); // else PostgreSQL is asked for the key
    }
    faults.sqlOutage(true);
    SaveOptions committed = SaveOptions.unconditional().withDurability(Durability.SQL_COMMITTED);
    List<CompletableFuture<Versioned<Object>>> waiting = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      waiting.add(states.saveAsync(key("k" + i), i, committed));
      waiting.add(ruled.saveAsync(key("r" + i), i, committed));
    }
    assertThat(
            ruled
                .saveAsync(key("free"), 2, SaveOptions.unconditional())
                .get(LATE.toSeconds(), TimeUnit.SECONDS)
                .value())
        .isEqualTo(2);
    assertThat(waiting).noneMatch(CompletableFuture::isDone);
    faults.sqlOutage(false);
    for (CompletableFuture<Versioned<Object>> write : waiting) {
      Versioned<Object> saved = write.get(SOON.toSeconds(), TimeUnit.SECONDS);
      assertThat(saved.value()).isNotNull();
    }
  }

  @Test
  void otherTypesOfDataDoNotWait() {
    faults.on(Call.APPLY).loseRequests(1);
    StateRepository<Object> sessions =
        open(writingThrough().build(), faults)
            .states(StateType.untyped(Object.class).in(DataType.SESSION_DATA));
    sessions.save(key("session"), "1");
    assertThat(sessions.find(key("session"))).isPresent();
    faults.clear();
  }
}
