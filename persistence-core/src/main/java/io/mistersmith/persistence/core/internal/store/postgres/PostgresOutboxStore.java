package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.spi.sql.OutboxChange;
import io.mistersmith.persistence.spi.sql.OutboxStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The tables of the schema {@code events}, which the set of scripts of that name makes. */
final class PostgresOutboxStore implements OutboxStore {

  private static final String IS_INSTALLED =
      "SELECT to_regprocedure('events.next_batch()') IS NOT NULL";


  private final Statements statements;

  PostgresOutboxStore(Statements statements) {
    this.statements = statements;
  }

  @Override
  public boolean isInstalled() {
    return statements.read(
        "look for the outbox",
        handle -> handle.createQuery(IS_INSTALLED).mapTo(Boolean.class).one());
  }

  @Override
  public Position position() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<Batch> next() {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<OutboxChange> read(Batch batch, long after, Portion portion) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean done(Batch batch, Map<String, Long> sequences) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Backlog backlog() {
    throw new UnsupportedOperationException();
  }

  @Override
  public int rotate() {
    throw new UnsupportedOperationException();
  }
}
