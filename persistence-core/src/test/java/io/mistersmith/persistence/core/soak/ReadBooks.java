package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import io.mistersmith.persistence.transaction.TransactionRunner;
import java.util.Map;

/**
 * Reads accounts and transfers where they may be old: the server that answers has all that this
 * process committed or observed, and its accounts hold the same sum.
 */
final class ReadBooks implements Operation {

  private static final TransactionOptions OLD =
      TransactionOptions.builder(Boundary.SINGLE_OPERATION, "read old books")
          .readFrom(PostgresRole.REPLICA)
          .build();

  private static final TransactionOptions PRESENT =
      TransactionOptions.builder(Boundary.SINGLE_OPERATION, "read the books").readOnly().build();

  private static final String BOOKS =
      """
      SELECT pg_is_in_recovery() AS standby,
             (SELECT sum(balance)::bigint FROM bank.accounts) AS total,
             (SELECT count(*) FROM bank.transfers) AS transfers,
             EXISTS (SELECT FROM bank.transfers WHERE id = :own) AS own
      """;

  private record Books(boolean standby, long total, long transfers, boolean own) {}

  @Override
  public void run(Actor actor) {
    actor.tolerate(
        () -> {
          if (actor.random().nextInt(3) == 0) {
            readAfterOthers(actor);
          } else {
            Books unused = read(actor, OLD);
          }
        });
  }

  static void readWhatMayBeOld(Actor actor) {
    actor.tolerate(
        () -> {
          Books unused = read(actor, OLD);
        });
  }

  /** What others committed before a position was asked for is there once that is observed. */
  private static void readAfterOthers(Actor actor) {
    TransactionRunner transactions = actor.persistence().transactions();
    Books before = read(actor, PRESENT);
    transactions.observe(transactions.position());
    Books after = read(actor, OLD);
    if (after.transfers() < before.transfers()) {
      stale(actor, "observed " + before + ", read " + after);
    }
  }

  private static Books read(Actor actor, TransactionOptions options) {
    String own = actor.ownTransfers().latest();
    Books books =
        actor
            .persistence()
            .transactions()
            .run(
                options,
                tx ->
                    tx.query(
                            BOOKS,
                            Map.of("own", own),
                            row ->
                                new Books(
                                    row.get("standby", Boolean.class),
                                    row.get("total", Long.class),
                                    row.get("transfers", Long.class),
                                    row.get("own", Boolean.class)))
                        .get(0));
    actor
        .ledgerWriter()
        .counted("read " + options.role() + " by " + (books.standby() ? "standby" : "primary"));
    if (books.total() != Database.TOTAL) {
      actor.ledgerWriter().seen(new Fault(Kind.LOST, "the sum of the accounts is wrong: " + books));
    }
    if (!own.isEmpty() && !books.own()) {
      stale(actor, "transfer " + own + " was committed by this process, read " + books);
    }
    return books;
  }

  private static void stale(Actor actor, String what) {
    actor.ledgerWriter().seen(new Fault(Kind.STALE_OWN_READS, what));
  }
}
