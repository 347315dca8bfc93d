package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.transaction.Transaction;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import io.mistersmith.persistence.transaction.TransactionOptions.Isolation;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Moves money between two of the accounts that all actors use: all of it or nothing, and once. Now
 * and then a part of the transaction is given up and the rest committed. What is committed is read
 * at once where it may be old.
 */
final class Transfer implements Operation {

  /** The shortest is over before a frozen server goes on, so that outcomes stay unknown. */
  private static final int LEAST_MILLIS = 300;

  private static final int MOST_MILLIS = 3_000;
  private static final int MOST = 400;

  private static final String ADD =
      "UPDATE bank.accounts SET balance = balance + :amount WHERE id = :id";

  private static final String NOTE =
      "INSERT INTO bank.transfers (id, payer, payee, amount) VALUES (:id, :payer, :payee, :amount)";

  private static final String BALANCE = "SELECT balance FROM bank.accounts WHERE id = :id";

  /** A part of a transaction that is rolled back to its savepoint. */
  private static final class GivenUpException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  @Override
  public void run(Actor actor) {
    String id = actor.newWrite();
    int payer = actor.random().nextInt(Database.ACCOUNTS);
    int payee = (payer + 1 + actor.random().nextInt(Database.ACCOUNTS - 1)) % Database.ACCOUNTS;
    int amount = 1 + actor.random().nextInt(MOST);
    boolean givesUpAPart = actor.random().nextInt(4) == 0;
    Outcome outcome =
        Outcome.of(
            actor,
            options(actor, id, payer),
            tx -> {
              add(tx, payer, -amount);
              add(tx, payee, amount);
              if (givesUpAPart) {
                giveUp(tx, payer);
              }
              int unused =
                  tx.update(
                      NOTE, Map.of("id", id, "payer", payer, "payee", payee, "amount", amount));
            });
    if (outcome.isCommitted()) {
      actor.ownTransfers().committed(id);
      actor.ledgerWriter().transferCommitted(id);
      ReadBooks.readWhatMayBeOld(actor);
    } else if (outcome == Outcome.NOT_COMMITTED) {
      actor.ledgerWriter().transferRefused(id);
    }
  }

  private static TransactionOptions options(Actor actor, String id, int payer) {
    Boundary[] boundaries = Boundary.values();
    Boundary boundary = boundaries[actor.random().nextInt(boundaries.length)];
    TransactionOptions.Builder options =
        TransactionOptions.builder(boundary, "transfer")
            .correlationId(id)
            .timeout(Duration.ofMillis(LEAST_MILLIS + actor.random().nextInt(MOST_MILLIS)))
            .shared(boundary != Boundary.SINGLE_OPERATION)
            .validate(tx -> overdrawn(tx, payer));
    return (boundary == Boundary.DISTRIBUTED_SAGA
            ? options.isolation(Isolation.SERIALIZABLE)
            : options)
        .build();
  }

  private static Optional<String> overdrawn(Transaction tx, int payer) {
    long balance =
        tx.query(BALANCE, Map.of("id", payer), row -> row.get("balance", Long.class)).get(0);
    return balance < 0 ? Optional.of("account " + payer + " is overdrawn") : Optional.empty();
  }

  private static void add(Transaction tx, int id, int amount) {
    int unused = tx.update(ADD, Map.of("amount", amount, "id", id));
  }

  private static void giveUp(Transaction tx, int account) {
    try {
      boolean unused =
          tx.nested(
              () -> {
                add(tx, account, MOST);
                throw new GivenUpException();
              });
    } catch (GivenUpException expected) {
      // Only this part is rolled back: the balances show whether it was.
    }
  }
}
