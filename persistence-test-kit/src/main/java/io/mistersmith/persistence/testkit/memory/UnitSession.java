package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlOptions.Isolation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs all statements in one transaction. A statement that fails rolls back to the latest savepoint
 * and aborts the unit, until that savepoint's block ends. For one thread.
 */
final class UnitSession implements Session {

  private final MemoryDatabase database;
  private final Connection connection;
  private final SqlOptions options;
  private final Patience patience;
  private final Transaction transaction;
  private final LongConsumer committed;
  private final Thread owner = Thread.currentThread();
  private final long began = System.nanoTime();
  private Transaction.Mark savepoint;
  private @Nullable Throwable failure;
  private boolean ended;
  private boolean prepared;
  private final List<Consumer<Tables>> endings = new ArrayList<>();

  UnitSession(
      MemoryDatabase database,
      Connection connection,
      SqlOptions options,
      Patience patience,
      boolean readOnly,
      LongConsumer committed) {
    this.committed = committed;
    this.database = database;
    this.connection = connection;
    this.options = options;
    this.patience = patience;
    this.transaction = database.begin(options.isolation(), readOnly);
    this.savepoint = database.mark(transaction);
  }

  @Override
  public <T> T call(Function<? super Tables, ? extends T> statement) {
    requireUsable();
    try {
      connection.checkSql();
      Instant now = now();
      return database.run(
          transaction, until(), patience.lock(), tables -> statement.apply(tables.at(now)));
    } catch (ReadOnlyException e) {
      throw e; // before anything was done, so that the unit may go on
    } catch (RuntimeException | Error e) {
      failure = e;
      database.goBack(transaction, savepoint);
      throw e;
    }
  }

  @Override
  public <T> T callWithEnd(BiFunction<? super Tables, Consumer<Consumer<Tables>>, T> statement) {
    List<Consumer<Tables>> parts = new ArrayList<>();
    T result =
        call(
            tables -> {
              parts.clear();
              return statement.apply(tables, parts::add);
            });
    endings.addAll(parts);
    return result;
  }

  /** When a statement that begins now must be over. */
  private long until() {
    long now = System.nanoTime();
    long latest = now + patience.statement().toNanos();
    if (options.deadline().isEmpty()) {
      return latest;
    }
    long left = options.deadline().get().toNanos() - (now - began);
    if (left <= 0) {
      throw new TransientPersistenceException(
          DataError.TIMEOUT, options.what() + ": the deadline passed; nothing was applied");
    }
    return Math.min(latest, now + left);
  }

  @Override
  public <T> T snapshot(String what, Function<? super Tables, ? extends T> statement) {
    if (options.isolation() == Isolation.READ_COMMITTED) {
      throw new IllegalStateException(
          what + " needs a unit with the isolation REPEATABLE_READ; see SqlOptions");
    }
    return call(statement);
  }

  @Override
  public <T> T attempt(Supplier<? extends T> part) {
    requireUsable();
    Transaction.Mark before = savepoint;
    savepoint = database.mark(transaction);
    int ends = endings.size();
    try {
      T result = part.get();
      requireNoFailure();
      return result;
    } catch (RuntimeException | Error e) {
      endings.subList(ends, endings.size()).clear();
      if (!ended) {
        database.goBack(transaction, savepoint);
        failure = null;
      }
      throw e;
    } finally {
      savepoint = before;
    }
  }

  /** Leaves the row that the unit is found by; waits for a unit with the same id. */
  void note(String correlationId, UUID attempt) {
    Instant now = now();
    boolean isFirst =
        call(
            tables -> {
              tables.committed.lock(correlationId);
              if (tables.committed.contains(correlationId)) {
                return false;
              }
              tables.committed.put(correlationId, new Content.CommittedRow(attempt, now));
              return true;
            });
    if (!isFirst) {
      throw new NonTransientPersistenceException(
          DataError.DUPLICATE_KEY,
          options.what()
              + ": a transaction with the correlation id "
              + correlationId
              + " was committed before; nothing was applied");
    }
  }

  /** Refuses a statement as text, which aborts the unit like any call that fails. */
  NonTransientPersistenceException noStatements() {
    requireUsable();
    NonTransientPersistenceException refused =
        new NonTransientPersistenceException(
            DataError.MISCONFIGURED,
            options.what()
                + ": the in-memory stores understand no SQL, so Transaction.update and query need"
                + " a PostgreSQL; test code that uses them on TestServers.postgres()");
    failure = refused;
    database.goBack(transaction, savepoint);
    return refused;
  }

  /** Commits what the unit has done, or prepares it; fails when a failure was not rolled back. */
  void commit() {
    requireNoFailure();
    if (!endings.isEmpty()) {
      boolean unused =
          call(
              tables -> {
                endings.forEach(part -> part.accept(tables));
                return true;
              });
    }
    connection.checkSql();
    until();
    if (options.prepared().isPresent()) {
      database.prepare(options.prepared().get(), transaction, committed, now());
      prepared = true;
    } else {
      database.commit(transaction, committed);
    }
  }

  /** Ends the unit, and rolls back what was neither committed nor prepared. */
  void end() {
    ended = true;
    if (!prepared) {
      database.rollback(transaction);
    }
  }

  private void requireUsable() {
    if (ended) {
      throw new IllegalStateException(options.what() + ": the unit of work has ended");
    }
    if (Thread.currentThread() != owner) {
      throw new IllegalStateException(
          options.what() + ": a unit of work belongs to the thread that runs it");
    }
    requireNoFailure();
  }

  private void requireNoFailure() {
    Throwable first = failure;
    if (first == null) {
      return;
    }
    String message =
        options.what()
            + ": an earlier call in it failed, so that it is rolled back; use SqlUnit.nested to go"
            + " on after a failure ("
            + first.getMessage()
            + ")";
    if (first instanceof PersistenceException typed) {
      throw typed.isTransient()
          ? new TransientPersistenceException(typed.error(), message, typed)
          : new NonTransientPersistenceException(typed.error(), message, typed);
    }
    throw new NonTransientPersistenceException(DataError.CONSISTENCY_VIOLATION, message, first);
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
