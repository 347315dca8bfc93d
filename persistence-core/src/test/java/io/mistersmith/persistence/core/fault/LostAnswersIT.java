package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.fault.table.Counts;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.CrossStoreEvent.PreparedRolledBack;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.saga.CrossStoreOptions;
import io.mistersmith.persistence.saga.CrossStoreOptions.Strategy;
import io.mistersmith.persistence.saga.EntryChange;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * PostgreSQL does a phase of a commit in two phases, and the connection is cut before its answer
 * arrives. The runtime finds out what was done. When it is cut off, it fails in time, and another
 * runtime ends what it left.
 */
@Tag("fault")
@Tag("sagas")
class LostAnswersIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  private static final CrossStoreOptions OPTIONS =
      CrossStoreOptions.of(Strategy.TWO_PHASE_COMMIT, "lose an answer")
          .withTransaction(
              TransactionOptions.builder(Boundary.CROSS_SYSTEM, "lose an answer")
                  .timeout(Duration.ofSeconds(6))
                  .build());

  private static final StateType<String> TYPE = StateType.of("lost", String.class);
  private static final AgentId OWNER = AgentId.external("lost");
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  /** Which answer is lost. */
  enum Phase {
    PREPARE("PREPARE TRANSACTION"),
    COMMIT("COMMIT PREPARED");

    private final String statement;

    Phase(String statement) {
      this.statement = statement;
    }
  }

  private static Installation installation;

  private final AtomicInteger attempts = new AtomicInteger();
  private final int number = NUMBERS.incrementAndGet();
  private final StateKey key = StateKey.of(OWNER, "entry-" + number).withType(TYPE.name());
  private TcpProxy proxy;
  private Persistence persistence;

  @BeforeAll
  static void install() {
    installation = FaultServers.unharmed().installation();
    installation.execute("CREATE TABLE public.lost (number INT)");
  }

  @BeforeEach
  void open() {
    FaultServers servers = FaultServers.unharmed();
    proxy = TcpProxy.to("tcp://" + servers.postgres().host() + ":" + servers.postgres().port());
    String through =
        installation
            .jdbcUrl()
            .replaceFirst("//[^/]+/", "//" + proxy.url().replace("nats://", "") + "/");
    persistence =
        new Installation(
                installation.natsUrl(), installation.namePrefix(), through, installation.user())
            .open();
    persistence.states(TYPE).save(key, "old");
  }

  @AfterEach
  void close() {
    persistence.close();
    proxy.close();
  }

  private String commit() {
    return persistence
        .crossStore()
        .run(
            OPTIONS,
            both -> {
              attempts.incrementAndGet();
              int rows =
                  both.transaction()
                      .update("INSERT INTO public.lost VALUES (:number)", Map.of("number", number));
              assertThat(rows).isEqualTo(1);
              both.write(EntryChange.put(TYPE, OWNER, "entry-" + number, "new"));
              return "done";
            });
  }

  @ParameterizedTest
  @EnumSource
  void theOutcomeIsFoundOut(Phase phase) {
    proxy.loseAnswerTo(phase.statement, false);
    assertThat(commit()).isEqualTo("done");
    assertThat(proxy.hasLost()).isTrue();
    assertThat(attempts).hasValue(phase == Phase.PREPARE ? 2 : 1);
    assertThat(rows()).isEqualTo(1);
    assertThat(entry(persistence)).isEqualTo("new");
    assertThat(isSettled()).isTrue();
    report("ANSWER " + phase, true);
  }

  @ParameterizedTest
  @EnumSource
  void anotherRuntimeEndsWhatOneLeftThatIsCutOff(Phase phase) {
    Queue<PreparedRolledBack> rolledBack = new ConcurrentLinkedQueue<>();
    try (Persistence other =
        installation.open(PersistenceListener.of(PreparedRolledBack.class, rolledBack::add))) {
      assertThat(other.crossStore().refused(1)).isEmpty(); // from now on it looks for what is left
      proxy.loseAnswerTo(phase.statement, true);
      long began = System.nanoTime();
      PersistenceException failure = catchThrowableOfType(PersistenceException.class, this::commit);
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
      assertThat(proxy.hasLost()).isTrue();
      assertThat(failure.isTransient()).isTrue();
      assertThat(failure.error() == DataError.OUTCOME_UNKNOWN)
          .as(failure.toString())
          .isEqualTo(phase == Phase.COMMIT);
      await().atMost(SOON).until(this::isSettled);
      assertThat(rows()).isEqualTo(phase == Phase.COMMIT ? 1 : 0);
      assertThat(entry(other)).isEqualTo(phase == Phase.COMMIT ? "new" : "old");
      assertThat(rolledBack).hasSize(phase == Phase.COMMIT ? 0 : 1);
    }
    report("RUNTIME " + phase, phase == Phase.COMMIT);
  }

  private static void report(String lost, boolean done) {
    Tally tally = Tally.ofSagas(done ? 1 : 0, done ? 0 : 1, 0, 0, Duration.ZERO);
    Counts.report("LostAnswers " + lost, tally, "");
  }

  /** Whether nothing is prepared, and no change waits. */
  private boolean isSettled() {
    return installation
            .query("SELECT gid FROM pg_prepared_xacts WHERE database = current_database()")
            .isEmpty()
        && installation.query("SELECT owner FROM sagas.entry_writes").isEmpty();
  }

  private int rows() {
    return installation.query("SELECT number FROM public.lost WHERE number = " + number).size();
  }

  private String entry(Persistence runtime) {
    return runtime.states(TYPE).find(key).orElseThrow().value();
  }
}
