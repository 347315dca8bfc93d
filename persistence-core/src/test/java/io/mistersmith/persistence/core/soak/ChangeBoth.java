package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.saga.CrossStoreOptions;
import io.mistersmith.persistence.saga.CrossStoreOptions.Strategy;
import io.mistersmith.persistence.saga.CrossStoreTransaction;
import io.mistersmith.persistence.saga.EntryChange;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.util.Map;

/**
 * Adds a row and gives an entry its id, in one transaction over both stores. The entry is changed
 * before the row is added: for each place the rows have the order of the commits, and in the end
 * the entry has the id of the last one.
 */
final class ChangeBoth implements Operation {

  static final StateType<String> TYPE = StateType.of("both", String.class);
  static final AgentId OWNER = AgentId.external("both");

  static final String TABLES =
      """
      CREATE SCHEMA pairs;
      CREATE TABLE pairs.rows
        (id TEXT PRIMARY KEY, place TEXT NOT NULL, number BIGINT GENERATED ALWAYS AS IDENTITY);
      """;

  /** The last row of each place. */
  static final String LATEST =
      "SELECT DISTINCT ON (place) place, id FROM pairs.rows ORDER BY place, number DESC";

  private static final String ADD = "INSERT INTO pairs.rows (id, place) VALUES (:id, :place)";

  private static final int PLACES = 3;
  private static final int LEAST_MILLIS = 500;
  private static final int MOST_MILLIS = 4_000;

  @Override
  public void run(Actor actor) {
    Strategy[] strategies = Strategy.values();
    Strategy strategy = strategies[actor.random().nextInt(strategies.length)];
    String id = actor.newWrite();
    String place = actor.owner() + "-" + actor.random().nextInt(PLACES);
    TransactionOptions transaction =
        TransactionOptions.builder(Boundary.CROSS_SYSTEM, "change both stores")
            .correlationId(id)
            .timeout(Duration.ofMillis(LEAST_MILLIS + actor.random().nextInt(MOST_MILLIS)))
            .build();
    CrossStoreOptions options =
        CrossStoreOptions.of(strategy, "change both stores").withTransaction(transaction);
    Outcome outcome =
        Outcome.of(
            actor,
            id,
            strategy.name(),
            () -> {
              int unused =
                  actor.persistence().crossStore().run(options, both -> change(both, id, place));
            });
    if (outcome.isCommitted()) {
      actor.ledgerWriter().pairCommitted(id);
    } else if (outcome == Outcome.NOT_COMMITTED) {
      actor.ledgerWriter().pairRefused(id);
    }
  }

  private static int change(CrossStoreTransaction both, String id, String place) {
    both.write(EntryChange.put(TYPE, OWNER, place, id));
    return both.transaction().update(ADD, Map.of("id", id, "place", place));
  }
}
