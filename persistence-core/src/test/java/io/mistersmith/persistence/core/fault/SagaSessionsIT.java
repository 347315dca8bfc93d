package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.fault.table.Counts;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaContext;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRunner;
import io.mistersmith.persistence.saga.SagaStart;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.transaction.Transaction;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * All sessions of the database end between the steps of sagas, or the runtime is cut off from
 * PostgreSQL for longer than its lease. The sagas are done, and their transactions took effect
 * once.
 */
@Tag("fault")
@Tag("sagas")
class SagaSessionsIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  private static final String END_SESSIONS =
      """
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()
      """;

  private static Installation installation;

  @BeforeAll
  static void install() {
    installation = FaultServers.unharmed().installation();
    installation.execute("CREATE TABLE public.effects (saga TEXT, step TEXT)");
  }

  private static SagaStep inserts(String name) {
    return SagaStep.inTransaction(name, (context, tx) -> insert(context, tx, name));
  }

  private static Map<String, Object> insert(SagaContext context, Transaction tx, String step) {
    return Map.of(
        "rows",
        tx.update(
            "INSERT INTO public.effects VALUES (:saga, :step)",
            Map.of("saga", context.correlationId(), "step", step)));
  }

  private static SagaStep endsSessions(String name) {
    return SagaStep.call(
        name,
        context -> {
          installation.execute(END_SESSIONS);
          return Map.of();
        });
  }

  @Test
  void sessionsThatEndBetweenStepsHoldNoSagaUp() {
    Saga inner =
        Saga.builder("inner sessions", 1).step(endsSessions("end")).step(inserts("inner")).build();
    Saga saga =
        Saga.builder("sessions", 1)
            .step(inserts("first"))
            .step(endsSessions("end"))
            .step(inserts("second"))
            .step(SagaStep.nested("nested", inner, context -> Map.of()))
            .step(endsSessions("end again"))
            .step(inserts("last"))
            .build();
    int runs = Repetitions.of(20, 3);
    try (Persistence persistence = installation.open();
        SagaRunner runner =
            persistence.sagas().startRunner(SagaRunner.Options.of(2), List.of(saga))) {
      for (int i = 0; i < runs; i++) {
        UUID id = started(persistence, saga, "sessions-" + i);
        runner.wake();
        awaitCompleted(persistence, id);
        assertThat(effects(id)).containsExactly("first", "inner", "last", "second");
      }
    }
    report("ENDED", runs);
  }

  /** The pool may still have connections whose sessions ended with the run before. */
  private static UUID started(Persistence persistence, Saga saga, String key) {
    SagaStart once = SagaStart.of(Map.of()).withUniqueKey(key);
    return Awaitility.await()
        .atMost(SOON)
        .ignoreExceptionsInstanceOf(TransientPersistenceException.class)
        .until(() -> persistence.sagas().start(saga, once), Objects::nonNull);
  }

  @Test
  void aRuntimeThatIsCutOffForLongerThanItsLeaseGoesOn() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    SagaStep held =
        SagaStep.call(
            "held",
            context -> {
              begun.countDown();
              assertThat(goOn.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
              return Map.of();
            });
    Saga saga =
        Saga.builder("cut off", 1).step(inserts("first")).step(held).step(inserts("last")).build();
    FaultServers servers = FaultServers.unharmed();
    try (TcpProxy proxy =
            TcpProxy.to("tcp://" + servers.postgres().host() + ":" + servers.postgres().port());
        Persistence persistence = through(proxy).open();
        SagaRunner runner =
            persistence.sagas().startRunner(SagaRunner.Options.of(2), List.of(saga))) {
      UUID id = persistence.sagas().start(saga, SagaStart.of(Map.of()));
      begun.await();
      proxy.refuse(true);
      Awaitility.await("the lease is over").atMost(SOON).until(() -> runner.running() == 0);
      goOn.countDown();
      proxy.refuse(false);
      awaitCompleted(persistence, id);
      assertThat(effects(id)).containsExactly("first", "last");
      assertThat(persistence.sagas().log(id)).anyMatch(row -> row.run() > 1);
    }
    report("CUT_OFF", 1);
  }

  private static void report(String fault, int done) {
    Counts.report("SagaSessions " + fault, Tally.ofSagas(done, 0, 0, 0, Duration.ZERO), "");
  }

  private static Installation through(TcpProxy proxy) {
    String url =
        installation
            .jdbcUrl()
            .replaceFirst("//[^/]+/", "//" + proxy.url().replace("nats://", "") + "/");
    return new Installation(
        installation.natsUrl(), installation.namePrefix(), url, installation.user());
  }

  private static void awaitCompleted(Persistence persistence, UUID id) {
    Awaitility.await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptions()
        .until(() -> persistence.sagas().find(id).orElseThrow().state() == SagaRun.State.COMPLETED);
  }

  private static List<String> effects(UUID id) {
    return installation.query(
        "SELECT step FROM public.effects WHERE saga = '" + id + "' ORDER BY step");
  }
}
