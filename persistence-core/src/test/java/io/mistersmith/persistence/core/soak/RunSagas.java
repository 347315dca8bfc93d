package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaStart;
import io.mistersmith.persistence.saga.Sagas;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Starts a run of the saga, by itself or in a transaction, and now and then cancels the one that it
 * started before. The runners of all runtimes carry them on.
 */
final class RunSagas implements Operation {

  private Optional<UUID> before = Optional.empty();

  @Override
  public void run(Actor actor) {
    Sagas sagas = actor.persistence().sagas();
    Saga saga = Trips.saga(actor.persistence());
    String write = actor.newWrite();
    SagaStart start =
        SagaStart.of(Map.of(Trips.REFUSED, actor.random().nextInt(3) == 0)).withUniqueKey(write);
    actor.tolerate(
        () -> {
          UUID id =
              actor.random().nextInt(4) == 0
                  ? startInTransaction(actor, saga, start)
                  : sagas.start(saga, start);
          actor.ledgerWriter().sagaStarted(id);
          if (actor.random().nextInt(6) == 0) {
            before.ifPresent(
                run ->
                    actor
                        .ledgerWriter()
                        .counted("saga cancelled=" + sagas.cancel(run, "by the soak")));
          }
          before = Optional.of(id);
        });
  }

  private static UUID startInTransaction(Actor actor, Saga saga, SagaStart start) {
    return actor
        .persistence()
        .transactions()
        .run(
            TransactionOptions.of(Boundary.SINGLE_OPERATION, "start a saga"),
            tx -> actor.persistence().sagas().in(tx).start(saga, start));
  }
}
