package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceEvent.BreakerChanged;
import io.mistersmith.persistence.event.PersistenceEvent.Escalated;
import io.mistersmith.persistence.event.PersistenceEvent.Flushed;
import io.mistersmith.persistence.event.StoreEvent.CallRetried;
import io.mistersmith.persistence.event.StoreEvent.FallbackUsed;
import io.mistersmith.persistence.event.StoreEvent.StoreCalled;
import io.mistersmith.persistence.event.StoreEvent.TransactionEnded;
import io.mistersmith.persistence.guard.Escalation;
import io.mistersmith.persistence.guard.Fallback;
import io.mistersmith.persistence.guard.StoreGuard;
import io.mistersmith.persistence.guard.StoreGuard.Answer;
import io.mistersmith.persistence.guard.StoreGuard.Breaker.State;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The contract of what happens to calls that a store fails. */
public abstract class StoreGuardContract extends PersistenceContract {

  private final Faults faults = new Faults(1);
  private final List<PersistenceEvent> events = new CopyOnWriteArrayList<>();
  private Persistence runtime;
  private StateRepository<Object> states;
  private StoreGuard guard;

  /** For implementations. */
  @SuppressWarnings("NullAway.Init") // JUnit calls openGuarded before any test
  protected StoreGuardContract() {}

  @BeforeEach
  final void openGuarded() {
    runtime = open(config().cache(CacheConfig.off()).listener(events::add).build(), faults);
    // PostgreSQL does not answer for a store that alone keeps the data.
    states = runtime.states(StateType.untyped(Object.class).in(DataType.SESSION_DATA));
    guard = runtime.guard();
    states.save(key("a"), "1");
    events.clear();
  }

  @Test
  void aReadIsRepeatedTwice() {
    faults.on(Call.GET).loseNextRequests(2);
    assertThat(states.find(key("a")).orElseThrow().value()).isEqualTo("1");
    assertThat(sent(CallRetried.class)).extracting(CallRetried::attempt).containsExactly(2, 3);
    assertThat(sent(CallRetried.class))
        .allSatisfy(
            retried -> {
              assertThat(retried.store()).isEqualTo("nats");
              assertThat(retried.role()).isEqualTo("SESSION_DATA");
              assertThat(retried.operation()).isEqualTo("HotReads.get");
              assertThat(retried.failure()).isEqualTo(DataError.CONNECTION_FAILED);
              assertThat(retried.pause()).isLessThanOrEqualTo(Duration.ofMillis(200));
            });

    faults.on(Call.GET).loseNextRequests(3);
    assertThatThrownBy(() -> states.find(key("a")))
        .satisfies(e -> Failures.assertIs(DataError.CONNECTION_FAILED, e))
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(2));
  }

  @Test
  void nothingIsRepeatedWhileTheStoreIsKnownToBeAway() {
    faults.hotOutage(true);
    assertFails(DataError.CONNECTION_FAILED, () -> states.find(key("a")));
    assertFails(DataError.CONNECTION_FAILED, () -> states.save(key("a"), "2"));
    assertThat(sent(CallRetried.class)).isEmpty();
  }

  @Test
  void aWriteThatWasNotSentIsRepeated() {
    long before = faults.on(Call.PUBLISH).count();
    faults.on(Call.PUBLISH).loseNextRequests(2);
    Revision saved = states.save(key("a"), "2").revision();
    assertThat(states.find(key("a")).orElseThrow().revision()).isEqualTo(saved);
    assertThat(faults.on(Call.PUBLISH).count() - before).isEqualTo(3);
  }

  @Test
  void aWriteWhoseOutcomeIsUnknownIsNotRepeated() {
    long before = faults.on(Call.PUBLISH).count();
    faults.on(Call.PUBLISH).loseNextAcknowledgements(1);
    assertFails(DataError.OUTCOME_UNKNOWN, () -> states.save(key("a"), "2"));
    assertThat(faults.on(Call.PUBLISH).count() - before).isEqualTo(1);
    assertThat(states.find(key("a")).orElseThrow().value()).isEqualTo("2");
    assertThat(sent(CallRetried.class)).isEmpty();
  }

  @Test
  void aWriteToPostgreSqlWhoseConnectionWasLostIsNotRepeated() {
    Agent agent = Agent.of("contract", "two");
    long before = faults.on(Call.SQL_WRITE).count();
    faults.on(Call.SQL_WRITE).loseNextAcknowledgements(1);
    assertFails(DataError.CONNECTION_FAILED, () -> runtime.agents().save(agent));
    assertThat(faults.on(Call.SQL_WRITE).count() - before).isEqualTo(1);
  }

  @Test
  void aBreakerOpensAndClosesWhenTheStoreIsBack() {
    faults.hotOutage(true);
    Awaitility.await().atMost(SOON).until(() -> fails() && state("SESSION_DATA") == State.OPEN);
    long asked = faults.on(Call.GET).count();
    Throwable refused = catchThrowable(() -> states.find(key("a")));
    Failures.assertIs(DataError.UNAVAILABLE, refused);
    assertThat(refused).hasMessageContaining("SESSION_DATA of nats was not asked");
    assertFails(DataError.UNAVAILABLE, () -> states.save(key("a"), "2"));
    assertThat(faults.on(Call.GET).count()).as("nothing was asked").isEqualTo(asked);
    assertThat(runtime.operations().notices())
        .anyMatch(notice -> notice.startsWith("SESSION_DATA of nats fails since"));

    faults.hotOutage(false);
    Awaitility.await().atMost(SOON).until(() -> !fails() && state("SESSION_DATA") == State.CLOSED);
    assertThat(states.save(key("a"), "3").value()).isEqualTo("3");
    assertThat(sent(BreakerChanged.class).stream().filter(c -> c.role().equals("SESSION_DATA")))
        .extracting(BreakerChanged::to)
        .startsWith(State.OPEN, State.HALF_OPEN)
        .endsWith(State.CLOSED);
    assertThat(runtime.operations().notices()).noneMatch(notice -> notice.contains("fails since"));
  }

  @Test
  void theFlushGoesOnWhileCallersAreKeptOut() {
    persistence().close(SOON); // this runtime flushes from now on
    faults.on(Call.SQL_READ).loseRequests(1);
    Awaitility.await().atMost(SOON).until(() -> listingFails() && state("PRIMARY") == State.OPEN);
    assertThat(state("AGENT_STATE")).isEqualTo(State.CLOSED);
    Revision saved = runtime.states(Object.class).save(key("a"), "2").revision();
    Awaitility.await()
        .atMost(SOON)
        .until(
            () ->
                sent(Flushed.class).stream()
                    .anyMatch(flushed -> !saved.isAfter(flushed.through())));
    assertThat(state("PRIMARY")).as("the flush asked no breaker").isNotEqualTo(State.CLOSED);
    assertThat(guard.breakers()).extracting(StoreGuard.Breaker::role).doesNotContain("FLUSH");

    faults.clear();
    Awaitility.await()
        .atMost(SOON)
        .until(() -> !listingFails() && state("PRIMARY") == State.CLOSED);
  }

  private boolean listingFails() {
    return catchThrowable(() -> runtime.checkpoints().list(agent())) != null;
  }

  private boolean fails() {
    Throwable failure = catchThrowable(() -> states.find(key("a")));
    if (failure != null) {
      assertThat(failure).isInstanceOf(PersistenceException.class);
    }
    return failure != null;
  }

  private State state(String role) {
    return guard.breakers().stream()
        .filter(breaker -> breaker.role().equals(role))
        .map(StoreGuard.Breaker::state)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aFallbackAnswersInThePlaceOfAStore() {
    List<Fallback<Object>> fallbacks =
        List.of(Fallback.cached("a", Duration.ofMinutes(5)), Fallback.value("default"));
    assertThat(guard.call("find", this::value, fallbacks).isFresh()).isTrue();
    elapse(Duration.ofMillis(50));
    faults.hotOutage(true);
    Answer<Object> cached = guard.call("find", this::value, fallbacks);
    assertThat(cached.value()).isEqualTo("1");
    assertThat(cached.fallback()).contains(Fallback.Kind.CACHED);
    assertThat(cached.age().orElseThrow()).isBetween(Duration.ofMillis(50), Duration.ofSeconds(30));
    Failures.assertIs(DataError.CONNECTION_FAILED, cached.cause().orElseThrow());

    assertThat(guard.call("other", this::value, fallbacks).value()).isEqualTo("default");
    elapse(Duration.ofMillis(50));
    Answer<Object> old =
        guard.call(
            "find",
            this::value,
            List.of(
                Fallback.cached("a", Duration.ofMillis(20)),
                Fallback.reducedAccuracy(() -> "about 1")));
    assertThat(old.value()).isEqualTo("about 1");
    assertThat(old.fallback()).contains(Fallback.Kind.REDUCED_ACCURACY);
    assertThat(guard.call("find", this::value, Fallback.essential(() -> "part")).fallback())
        .contains(Fallback.Kind.ESSENTIAL);
    assertThat(sent(FallbackUsed.class))
        .extracting(FallbackUsed::kind)
        .containsExactly(
            Fallback.Kind.CACHED,
            Fallback.Kind.DEFAULT,
            Fallback.Kind.REDUCED_ACCURACY,
            Fallback.Kind.ESSENTIAL);
    assertThatThrownBy(() -> guard.call("find", this::value, Fallback.essential(this::value)))
        .isInstanceOf(TransientPersistenceException.class)
        .satisfies(e -> assertThat(e.getSuppressed()).isNotEmpty());
  }

  private Object value() {
    return states.find(key("a")).orElseThrow().value();
  }

  @Test
  void whatIsNoOutageHasNoFallback() {
    Revision old = states.find(key("a")).orElseThrow().revision();
    states.save(key("a"), "2");
    assertFails(
        DataError.VERSION_CONFLICT,
        () -> guard.call("delete", () -> deleted(old), Fallback.value("default")));
    faults.on(Call.PUBLISH).loseNextAcknowledgements(1);
    assertFails(
        DataError.OUTCOME_UNKNOWN,
        () -> guard.call("save", () -> states.save(key("a"), "3"), List.of()));
    assertThat(sent(FallbackUsed.class)).isEmpty();
  }

  private Object deleted(Revision revision) {
    states.delete(key("a"), revision);
    return "deleted";
  }

  @Test
  void whatNeedsAnOperatorIsEscalatedOnce() {
    Agent orphan = orphan();
    for (int i = 0; i < 3; i++) {
      assertFails(DataError.CONSTRAINT_VIOLATION, () -> runtime.agents().save(orphan));
    }
    assertThat(guard.escalations()).hasSize(1);
    Escalation open = guard.escalations().get(0);
    assertThat(open.count()).isEqualTo(3);
    assertThat(open.operation()).isEqualTo("AgentStore.save");
    assertThat(open.role()).isEqualTo("PRIMARY");
    assertThat(sent(Escalated.class)).hasSize(1);
    assertThat(runtime.operations().notices())
        .anyMatch(notice -> notice.contains("CONSTRAINT_VIOLATION, 3 times"));
    guard.acknowledge(open);
    assertThat(guard.escalations()).isEmpty();
    assertThat(state("PRIMARY")).as("the store answered").isEqualTo(State.CLOSED);
  }

  @Test
  void aValidationThatRefusesIsNotForAnOperator() {
    TransactionOptions options =
        TransactionOptions.builder(Boundary.SINGLE_OPERATION, "contract")
            .validate(tx -> Optional.of("over budget"))
            .build();
    assertFails(
        DataError.CONSTRAINT_VIOLATION,
        () -> runtime.transactions().execute(options, tx -> tx.agents().find(agent())));
    assertThat(guard.escalations()).isEmpty();
  }

  private static Agent orphan() {
    Agent agent = Agent.of("contract", "orphan");
    return new Agent(
        agent.id(),
        agent.type(),
        agent.name(),
        agent.status(),
        agent.capabilities(),
        agent.configuration(),
        agent.metadata(),
        Optional.of(AgentId.random()));
  }

  @Test
  void callsAndTransactionsAreEvents() {
    value();
    assertThat(sent(StoreCalled.class))
        .anySatisfy(
            called -> {
              assertThat(called.operation()).isEqualTo("HotReads.get");
              assertThat(called.failure()).isEmpty();
              assertThat(called.took()).isPositive();
            });
    TransactionOptions options = TransactionOptions.of(Boundary.SINGLE_OPERATION, "contract");
    faults.on(Call.TRANSACTION).loseNextRequests(1);
    runtime.transactions().execute(options, tx -> tx.agents().find(agent()));
    faults.on(Call.TRANSACTION).loseNextAcknowledgements(1);
    assertFails(
        DataError.OUTCOME_UNKNOWN,
        () -> runtime.transactions().execute(options, tx -> tx.agents().find(agent())));
    List<TransactionEnded> ended = sent(TransactionEnded.class);
    assertThat(ended).hasSize(2);
    assertThat(ended.get(0).attempts()).isEqualTo(2);
    assertThat(ended.get(0).committed()).isTrue();
    assertThat(ended.get(1).committed()).isFalse();
    assertThat(ended.get(1).failure()).isEqualTo(Optional.of(DataError.OUTCOME_UNKNOWN));
  }

  private <E extends PersistenceEvent> List<E> sent(Class<E> kind) {
    return events.stream().filter(kind::isInstance).map(kind::cast).toList();
  }
}
