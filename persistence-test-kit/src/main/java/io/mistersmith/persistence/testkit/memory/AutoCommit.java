package io.mistersmith.persistence.testkit.memory;

import java.time.Instant;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/** Runs each statement in a transaction of its own. Thread-safe. */
final class AutoCommit implements Session {

  private final Supplier<MemoryDatabase> database;
  private final Connection connection;
  private final Patience patience;
  private final boolean readOnly;
  private final LongConsumer committed;

  /** Runs the statements of a runtime's callers, whose commits it counts. */
  AutoCommit(
      MemoryDatabase database, Connection connection, Patience patience, LongConsumer committed) {
    this(() -> database, connection, patience, false, committed);
  }

  /** Runs reads. */
  AutoCommit(Supplier<MemoryDatabase> database, Connection connection, Patience patience) {
    this(database, connection, patience, true, number -> {});
  }

  private AutoCommit(
      Supplier<MemoryDatabase> database,
      Connection connection,
      Patience patience,
      boolean readOnly,
      LongConsumer committed) {
    this.committed = committed;
    this.database = database;
    this.connection = connection;
    this.patience = patience;
    this.readOnly = readOnly;
  }

  @Override
  public <T> T call(Function<? super Tables, ? extends T> statement) {
    connection.checkSql();
    Instant now = now();
    return database
        .get()
        .transact(patience, readOnly, tables -> statement.apply(tables.at(now)), committed);
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
