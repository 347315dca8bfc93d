package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.event.CrossStoreEvent;
import io.mistersmith.persistence.event.CrossStoreEvent.CrossStoreEnded;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.saga.CrossStore;
import io.mistersmith.persistence.saga.CrossStoreOptions;
import io.mistersmith.persistence.saga.CrossStoreOptions.Strategy;
import io.mistersmith.persistence.saga.CrossStoreTransaction;
import io.mistersmith.persistence.saga.EntryChange;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.sql.EntryWriteStore.Basis;
import io.mistersmith.persistence.spi.sql.EntryWriteStore.Change;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The contract of transactions that change rows in PostgreSQL and entries in KV together. */
public abstract class CrossStoreContract extends PersistenceContract {

  private static final StateType<String> CART = StateType.of("cart", String.class);

  /** For implementations. */
  protected CrossStoreContract() {}

  private CrossStore crossStore() {
    return persistence().crossStore();
  }

  private StateRepository<String> carts() {
    return carts(persistence());
  }

  private static StateRepository<String> carts(Persistence runtime) {
    return runtime.states(CART);
  }

  private StateKey cart() {
    return key("one").withType(CART.name());
  }

  private EntryChange<String> put(String value) {
    return EntryChange.put(CART, agent(), "one", value);
  }

  private static CrossStoreOptions options(Strategy strategy) {
    return CrossStoreOptions.of(strategy, "try a transaction over both stores");
  }

  /** Runs the work, and returns an agent that is registered with it. */
  private Agent run(Strategy strategy, Consumer<CrossStoreTransaction> work) {
    Agent agent = Agent.of("contract", "together");
    return crossStore()
        .run(
            options(strategy),
            both -> {
              work.accept(both);
              return both.transaction().agents().save(agent).value();
            });
  }

  private boolean isRegistered(Agent agent) {
    return persistence().agents().find(agent.id()).isPresent();
  }

  private Optional<String> value() {
    return carts().find(cart()).map(found -> found.value());
  }

  @ParameterizedTest
  @EnumSource
  void bothStoresHaveTheChanges(Strategy strategy) {
    Agent agent = run(strategy, both -> both.write(put("apples")));

    assertThat(isRegistered(agent)).isTrue();
    assertThat(value()).contains("apples");
    assertThat(crossStore().waiting(9)).isEmpty();
    assertThat(crossStore().refused(9)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void anEntryIsReplacedAndDeleted(Strategy strategy) {
    carts().save(cart(), "pears");
    Agent first = run(strategy, both -> both.write(put("apples")));
    assertThat(isRegistered(first)).isTrue();
    assertThat(value()).contains("apples");

    Agent second = run(strategy, both -> both.write(EntryChange.delete(CART, agent(), "one")));
    assertThat(isRegistered(second)).isTrue();
    assertThat(value()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void neitherStoreHasAChangeOfWorkThatThrows(Strategy strategy) {
    IllegalStateException own = new IllegalStateException("of the work");
    Agent agent = Agent.of("contract", "never");
    assertThatThrownBy(
            () ->
                crossStore()
                    .run(
                        options(strategy),
                        both -> {
                          both.transaction().agents().save(agent);
                          both.write(put("apples"));
                          throw own;
                        }))
        .isSameAs(own);

    assertThat(isRegistered(agent)).isFalse();
    assertThat(value()).isEmpty();
    assertThat(crossStore().waiting(9)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aReaderSeesTheOldValueUntilTheCommit(Strategy strategy) {
    carts().save(cart(), "pears");
    Agent agent =
        run(
            strategy,
            both -> {
              both.write(put("apples"));
              assertThat(value()).contains("pears");
            });
    assertThat(isRegistered(agent)).isTrue();
    assertThat(value()).contains("apples");
  }

  @Test
  void aChangeWithinAnOuterTransactionIsPutWithItsCommit() {
    carts().save(cart(), "pears");
    TransactionOptions outer =
        TransactionOptions.builder(Boundary.CROSS_SYSTEM, "an outer transaction").build();
    IllegalStateException own = new IllegalStateException("of the outer work");
    assertThatThrownBy(
            () ->
                persistence()
                    .transactions()
                    .run(
                        outer,
                        tx -> {
                          Agent unused =
                              run(Strategy.EVENTUAL_CONSISTENCY, both -> both.write(put("apples")));
                          throw own;
                        }))
        .isSameAs(own);
    assertThat(value()).contains("pears");

    Agent agent =
        persistence()
            .transactions()
            .run(
                outer,
                tx -> {
                  Agent made =
                      run(Strategy.EVENTUAL_CONSISTENCY, both -> both.write(put("apples")));
                  assertThat(value()).contains("pears");
                  return made;
                });
    assertThat(isRegistered(agent)).isTrue();
    assertThat(value()).contains("apples");
  }

  @ParameterizedTest
  @EnumSource
  void theLastChangeOfAnEntryCounts(Strategy strategy) {
    Agent agent =
        run(
            strategy,
            both -> {
              both.write(put("apples"));
              both.write(put("plums"));
            });
    assertThat(isRegistered(agent)).isTrue();
    assertThat(value()).contains("plums");
  }

  @ParameterizedTest
  @EnumSource
  void anExpectedRevisionIsChecked(Strategy strategy) {
    Revision first = carts().save(cart(), "pears").revision();
    Revision second = carts().save(cart(), "plums").revision();
    assertFails(
        DataError.VERSION_CONFLICT, () -> run(strategy, both -> both.write(put("apples"), first)));
    assertThat(value()).contains("plums");

    Agent agent = run(strategy, both -> both.write(put("apples"), second));
    assertThat(isRegistered(agent)).isTrue();
    assertThat(value()).contains("apples");
  }

  @Test
  void aCommitInTwoPhasesFindsAnEntryThatWasWrittenMeanwhile() {
    carts().save(cart(), "pears");
    Agent agent = Agent.of("contract", "never");
    assertFails(
        DataError.VERSION_CONFLICT,
        () ->
            crossStore()
                .run(
                    options(Strategy.TWO_PHASE_COMMIT),
                    both -> {
                      both.write(put("apples"));
                      carts().save(cart(), "by somebody else");
                      return both.transaction().agents().save(agent);
                    }));

    assertThat(isRegistered(agent)).isFalse();
    assertThat(value()).contains("by somebody else");
    assertThat(crossStore().waiting(9)).isEmpty();
    assertThat(stores().sql().prepared()).isEmpty();
  }

  @Test
  void aCheckedCommitFindsAnEntryThatWasWrittenMeanwhile() {
    Agent agent = Agent.of("contract", "never");
    assertFails(
        DataError.VERSION_CONFLICT,
        () ->
            crossStore()
                .run(
                    options(Strategy.EVENTUAL_CONSISTENCY).withCheck(),
                    both -> {
                      both.write(put("apples"));
                      carts().save(cart(), "by somebody else");
                      return both.transaction().agents().save(agent);
                    }));
    assertThat(isRegistered(agent)).isFalse();
    assertThat(value()).contains("by somebody else");
  }

  /** Has somebody else write the entry, so that the change of it is refused. */
  private Agent refused() {
    return run(
        Strategy.EVENTUAL_CONSISTENCY,
        both -> {
          both.write(put("apples"));
          carts().save(cart(), "by somebody else");
        });
  }

  @Test
  void whatSomebodyElseHasWrittenIsNotOverwrittenAndTheChangeIsListed() {
    Agent agent = refused();

    assertThat(isRegistered(agent)).isTrue();
    assertThat(value()).contains("by somebody else");
    assertThat(crossStore().waiting(9)).isEmpty();
    assertThat(crossStore().refused(9))
        .singleElement()
        .satisfies(
            refused -> {
              assertThat(refused.owner()).isEqualTo(agent());
              assertThat(refused.path()).isEqualTo(cart().path());
              assertThat(refused.correlationId()).isNotEmpty();
              assertThat(refused.refused()).isPresent();
            });
    assertThat(crossStore().refused(agent(), cart().path())).isPresent();
  }

  @Test
  void aRefusedChangeIsRetried() {
    assertThat(isRegistered(refused())).isTrue();
    assertThat(crossStore().retry(agent(), cart().path())).isTrue();

    Awaitility.await().atMost(SOON).until(() -> crossStore().waiting(9).isEmpty());
    assertThat(value()).contains("apples");
    assertThat(crossStore().retry(agent(), cart().path())).isFalse();
  }

  @Test
  void aRefusedChangeIsDropped() {
    assertThat(isRegistered(refused())).isTrue();
    assertThat(crossStore().drop(agent(), cart().path())).isTrue();

    assertThat(crossStore().refused(9)).isEmpty();
    assertThat(value()).contains("by somebody else");
    assertThat(crossStore().drop(agent(), cart().path())).isFalse();
  }

  @Test
  void aLaterChangeReplacesARefusedOne() {
    assertThat(isRegistered(refused())).isTrue();
    Agent agent = run(Strategy.EVENTUAL_CONSISTENCY, both -> both.write(put("plums")));

    assertThat(isRegistered(agent)).isTrue();
    assertThat(value()).contains("plums");
    assertThat(crossStore().refused(9)).isEmpty();
  }

  @Test
  void anotherRuntimePutsWhatIsLeft() {
    Queue<CrossStoreEvent> heard = new ConcurrentLinkedQueue<>();
    CrossStore other =
        open(config().listener(PersistenceListener.of(CrossStoreEvent.class, heard::add)).build())
            .crossStore();
    assertThat(other.waiting(9)).isEmpty();
    SqlStore sql = stores().sql();
    byte[] json = asStored("apples");
    boolean left =
        sql.inTransaction(
            SqlOptions.of("leave a change"),
            unit -> {
              var change = new Change(cart(), Optional.of(json), "left", "c");
              var unused = unit.entryWrites().write(change);
              return unit.entryWrites().base(cart(), "left", new Basis(0, Optional.empty()));
            });
    assertThat(left).isTrue();

    Awaitility.await().atMost(SOON).until(() -> other.waiting(9).isEmpty());
    assertThat(value()).contains("apples");
    assertThat(other.refused(9)).isEmpty();
    CrossStoreEvent waits = new CrossStoreEvent.ChangesWaiting(1);
    CrossStoreEvent none = new CrossStoreEvent.ChangesWaiting(0);
    Awaitility.await().atMost(SOON).until(() -> heard.contains(none));
    assertThat(heard).containsExactly(waits, new CrossStoreEvent.ChangesRecovered(1), none);
  }

  /** Returns what the stores have of a value under the key of the cart. */
  private byte[] asStored(String value) {
    StateKey same = StateKey.of(register(), "one").withType(CART.name());
    Revision unused = carts().save(same, value).revision();
    HotReads reads = stores().hot().bucket(Bucket.AGENT_STATE).reads();
    return reads.get(same, ReadFrom.LEADER).orElseThrow().value();
  }

  @Test
  void listenersHearHowTransactionsEnd() {
    Queue<CrossStoreEvent> heard = new ConcurrentLinkedQueue<>();
    CrossStore heardOf =
        open(config().listener(PersistenceListener.of(CrossStoreEvent.class, heard::add)).build())
            .crossStore();
    CrossStoreOptions eventual = options(Strategy.EVENTUAL_CONSISTENCY);
    Revision first = carts().save(cart(), "pears").revision();
    run(heardOf, eventual, both -> both.write(put("apples")));
    assertFails(
        DataError.VERSION_CONFLICT,
        () -> run(heardOf, eventual, both -> both.write(put("plums"), first)));
    run(
        heardOf,
        eventual,
        both -> {
          both.write(put("plums"));
          carts().save(cart(), "by somebody else");
        });

    assertThat(heard)
        .filteredOn(CrossStoreEnded.class::isInstance)
        .map(CrossStoreEnded.class::cast)
        .extracting(CrossStoreEnded::entries, CrossStoreEnded::committed, CrossStoreEnded::failure)
        .containsExactly(
            tuple(1, true, Optional.empty()),
            tuple(0, false, Optional.of(DataError.VERSION_CONFLICT)),
            tuple(1, true, Optional.empty()));
    assertThat(heard)
        .filteredOn(CrossStoreEvent.ChangeRefused.class::isInstance)
        .singleElement()
        .satisfies(
            event -> assertThat(((CrossStoreEvent.ChangeRefused) event).key()).isEqualTo(cart()));
  }

  private static void run(
      CrossStore crossStore, CrossStoreOptions options, Consumer<CrossStoreTransaction> work) {
    boolean unused =
        crossStore.run(
            options,
            both -> {
              work.accept(both);
              return true;
            });
  }
}
