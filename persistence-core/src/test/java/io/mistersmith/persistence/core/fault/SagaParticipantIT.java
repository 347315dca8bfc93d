package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.core.fault.SagaLedger.Started;
import io.mistersmith.persistence.core.fault.SagaLedger.Way;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.saga.SagaQuery;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.saga.SagaRunner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Sagas with a participant beside both stores, whose requests come late, twice or fail. */
@Tag("fault")
@Tag("sagas")
class SagaParticipantIT {

  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private static FaultServers servers;
  private static Installation installation;
  private static SagaParticipant participant;
  private static TripSagas sagas;
  private static SagaLedger ledger;
  private static SagaRunner runner;

  @BeforeAll
  static void start() {
    servers = FaultServers.start();
    installation = servers.installation();
    participant = SagaParticipant.start();
    sagas = new TripSagas(participant.port(), 3);
    ledger = new SagaLedger(installation, participant, sagas);
    runner =
        ledger
            .persistence()
            .sagas()
            .startRunner(SagaRunner.Options.of(8).withPoll(Duration.ofMillis(100)), sagas.all());
  }

  @AfterAll
  static void stop() {
    runner.close();
    ledger.close();
    participant.close();
    servers.close();
  }

  private static void report(String what, List<Started> started) {
    Tally tally = ledger.judge(started, Duration.ZERO);
    servers.report("SagaParticipant " + what, tally, "");
    assertThat(tally.isKept()).as("half done: %s", ledger.problems()).isTrue();
  }

  @Test
  void aCompensationThatArrivesBeforeItsActionKeepsItOff() {
    String booking = TripSagas.work("book", ledger.nextNumber());
    participant.lose(booking);
    Started saga = ledger.start(Way.DONE);
    await().atMost(PATIENCE).until(() -> participant.wasAsked(booking));
    assertThat(ledger.persistence().sagas().cancel(saga.run(), "not needed any more")).isTrue();
    ledger.awaitOver(List.of(saga), PATIENCE);
    assertThat(ledger.find(saga).state()).isEqualTo(State.COMPENSATED);
    assertThat(participant.deliver(booking)).isEqualTo("refused");
    report("COMPENSATION_BEFORE_ACTION", List.of(saga));
  }

  @Test
  void anActionThatArrivesAfterItsCompensationIsRefused() {
    Started undone = ledger.start(Way.UNDONE);
    Started done = ledger.start(Way.DONE);
    ledger.awaitOver(List.of(undone, done), PATIENCE);
    assertThat(participant.deliver(TripSagas.work("book", undone.n()))).isEqualTo("refused");
    assertThat(participant.deliver(TripSagas.work("book", done.n()))).as("twice").isEqualTo("ok");
    report("ACTION_AFTER_COMPENSATION", List.of(undone, done));
  }

  @Test
  void aCompensationThatFailsForEverHoldsUpNoOtherSaga() {
    int good = Repetitions.of(100, 20);
    List<Started> others = new ArrayList<>();
    String booking = TripSagas.work("book", ledger.nextNumber());
    participant.breakUndo(booking);
    Started bad = ledger.start(Way.UNDONE);
    while (others.size() < good) {
      for (Way way : Way.values()) {
        others.add(ledger.start(way));
      }
    }
    ledger.awaitOver(others, PATIENCE);
    assertThat(others)
        .allSatisfy(
            saga ->
                assertThat(ledger.find(saga).state())
                    .isEqualTo(saga.way() == Way.DONE ? State.COMPLETED : State.COMPENSATED));
    ledger.awaitOver(List.of(bad), PATIENCE);
    SagaRun listed = ledger.find(bad);
    assertThat(listed.state()).isEqualTo(State.COMPENSATION_FAILED);
    assertThat(listed.reason().orElseThrow()).contains("book");
    assertThat(
            ledger.persistence().sagas().find(SagaQuery.all().withState(State.COMPENSATION_FAILED)))
        .containsExactly(listed);
    List<Started> all = new ArrayList<>(others);
    all.add(bad);
    report("COMPENSATION_FAILS_FOR_EVER", all);

    participant.repair(booking);
    assertThat(ledger.persistence().sagas().resume(bad.run())).isTrue();
    ledger.awaitOver(List.of(bad), PATIENCE);
    assertThat(ledger.find(bad).state()).isEqualTo(State.COMPENSATED);
    assertThat(ledger.judge(List.of(bad), Duration.ZERO).isKept()).isTrue();
  }
}
