package io.mistersmith.persistence.testkit.memory;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;

/** Runs each statement in a transaction of its own. Thread-safe. */
final class AutoCommit implements Session {

  private final MemoryDatabase database;
  private final Connection connection;
  private final Duration statementTimeout;
  private final boolean readOnly;

  AutoCommit(
      MemoryDatabase database, Connection connection, Duration statementTimeout, boolean readOnly) {
    this.database = database;
    this.connection = connection;
    this.statementTimeout = statementTimeout;
    this.readOnly = readOnly;
  }

  @Override
  public <T> T call(Function<? super Tables, ? extends T> statement) {
    connection.checkSql();
    return database.transact(statementTimeout, readOnly, statement);
  }

  @Override
  public <T> T snapshot(String what, Function<? super Tables, ? extends T> statement) {
    return call(statement);
  }

  @Override
  public <T> T attempt(Supplier<? extends T> part) {
    return part.get();
  }

  @Override
  public Instant now() {
    return connection.now();
  }

  @Override
  public UUID installation() {
    return connection.installation();
  }
}
