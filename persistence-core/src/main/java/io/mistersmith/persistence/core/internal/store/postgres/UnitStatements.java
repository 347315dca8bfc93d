package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlOptions.Isolation;
import io.mistersmith.persistence.transaction.Transaction.Row;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.result.NoResultsException;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;

/**
 * Runs all statements in the transaction of one handle. A call that fails aborts the unit, also
 * where PostgreSQL would go on: a caller cannot know which of its statements failed. For one
 * thread.
 */
final class UnitStatements implements Statements {

  private static final String LIMIT = "SELECT set_config('statement_timeout', :millis, true)";

  private final Database database;
  private final Handle handle;
  private final SqlOptions options;
  private final boolean readOnly;
  private final Thread owner = Thread.currentThread();
  private final long began;
  private Duration limit;
  private boolean limited;
  private int savepoints;
  private final List<Ending<?>> endings = new ArrayList<>();
  private @Nullable PersistenceException failure;
  private boolean ended;

  /**
   * Runs statements.
   *
   * @param began when the unit began, by {@link System#nanoTime}: its deadline counts from there
   */
  UnitStatements(
      Database database, Handle handle, SqlOptions options, boolean readOnly, long began) {
    this.database = database;
    this.handle = handle;
    this.options = options;
    this.readOnly = readOnly;
    this.began = began;
    this.limit = database.statementTimeout();
  }

  private record Ending<P>(AtEnd<P> write, P part) {

    @SuppressWarnings("unchecked") // parts of the same kind
    static <P> void write(Handle handle, AtEnd<P> write, List<? extends Ending<?>> endings) {
      write.write(handle, endings.stream().map(each -> (P) each.part()).toList());
    }
  }

  @Override
  public <P> void atEnd(Handle same, AtEnd<P> write, P part) {
    endings.add(new Ending<>(write, part));
  }

  @Override
  public boolean isPartOfUnit() {
    return true;
  }

  @Override
  public <T> T read(String what, Function<Handle, T> work) {
    return run(what, work);
  }

  @Override
  public <T> T snapshot(String what, Function<Handle, T> work) {
    requireIsolation(what, Isolation.REPEATABLE_READ);
    return run(what, work);
  }

  @Override
  public <T> T cursor(String what, Function<Handle, T> work) {
    return run(what, work);
  }

  @Override
  public <T> T write(String what, Function<Handle, T> work) {
    requireWritable(what);
    return run(what, work);
  }

  @Override
  public <T> T transaction(SqlOptions asked, Function<Handle, T> work) {
    requireWritable(asked.what());
    requireIsolation(asked.what(), asked.isolation());
    return run(asked.what(), work);
  }

  @Override
  public <T> T attempt(SqlOptions asked, Function<Handle, T> work) {
    return nested(() -> transaction(asked, work));
  }

  @Override
  public <T> T whole(Supplier<T> call) {
    try {
      return call.get();
    } catch (PersistenceException e) {
      failure = e;
      throw e;
    }
  }

  /** Runs a statement of the application; returns how many rows it changed. */
  int update(String sql, Map<String, ?> parameters) {
    requireUsable();
    Update statement = ApplicationStatement.of(sql, parameters).update(handle);
    int changed = runOwn(same -> statement.execute());
    if (changed < 0) {
      throw misused("the statement returns rows: run it by Transaction.query");
    }
    return changed;
  }

  /** Runs a statement of the application; returns its rows. */
  List<Row> query(String sql, Map<String, ?> parameters) {
    requireUsable();
    Query statement = ApplicationStatement.of(sql, parameters).query(handle);
    Optional<List<Row>> found =
        runOwn(
            same -> {
              try {
                return Optional.of(
                    statement.scanResultSet((rows, context) -> SqlRow.all(rows.get())));
              } catch (NoResultsException e) {
                return Optional.empty();
              }
            });
    if (found.isEmpty()) {
      throw misused("the statement returns no rows: run it by Transaction.update");
    }
    return found.get();
  }

  /** What a statement of the application has done cannot be taken back alone. */
  private IllegalArgumentException misused(String why) {
    IllegalArgumentException thrown = new IllegalArgumentException(options.what() + ": " + why);
    failure =
        new NonTransientPersistenceException(
            DataError.MISCONFIGURED, String.valueOf(thrown.getMessage()), thrown);
    return thrown;
  }

  /** Leaves the row that a part of this unit is found by. */
  void note(String correlationId) {
    boolean unused =
        run(
            options.what(),
            same -> {
              UnitOpening.note(
                  same, SqlOptions.of(options.what()).withCorrelationId(correlationId));
              return true;
            });
  }

  private <T> T run(String what, Function<Handle, T> work) {
    return run(what, work, PostgresFailures::of);
  }

  /** Runs a statement of the application. */
  private <T> T runOwn(Function<Handle, T> work) {
    return run(options.what(), work, PostgresFailures::ofApplication);
  }

  private <T> T run(
      String what,
      Function<Handle, T> work,
      BiFunction<String, Throwable, PersistenceException> of) {
    requireUsable();
    try {
      keepDeadline();
      return work.apply(handle);
    } catch (RuntimeException | Error e) {
      PersistenceException typed = database.typed(what, e, of);
      failure = typed;
      if (e instanceof Error error) {
        throw error;
      }
      if (readOnly && PostgresFailures.state(e).equals(PostgresFailures.READ_ONLY)) {
        String refused = what + ": the transaction is read-only";
        failure = new NonTransientPersistenceException(DataError.MISCONFIGURED, refused);
        throw new IllegalStateException(refused, typed);
      }
      throw typed;
    }
  }

  /** Runs work after a savepoint, and rolls back to it when the work throws. */
  <T> T nested(Supplier<? extends T> work) {
    String savepoint = "nested_" + (savepoints + 1);
    Handle unused = run(options.what(), same -> same.savepoint(savepoint));
    savepoints++;
    int before = endings.size();
    try {
      T result = work.get();
      unused = run(options.what(), same -> same.releaseSavepoint(savepoint));
      return result;
    } catch (RuntimeException | Error e) {
      endings.subList(Math.min(before, endings.size()), endings.size()).clear();
      rollBackTo(savepoint, e);
      throw e;
    } finally {
      savepoints--;
    }
  }

  private void rollBackTo(String savepoint, Throwable thrown) {
    if (ended) {
      return;
    }
    try {
      handle.rollbackToSavepoint(savepoint);
      // Else the server keeps it, and each further one would be one level deeper.
      handle.execute("RELEASE SAVEPOINT " + savepoint);
      failure = null;
      // The server may have forgotten the limit with what was rolled back.
      limit = database.statementTimeout();
      limited = false;
    } catch (RuntimeException e) {
      failure = database.typed(options.what(), e);
      thrown.addSuppressed(failure);
    }
  }

  /** Writes what was left for the end, and returns the result of the work. */
  <T> T written(T result) {
    requireNoFailure();
    Map<AtEnd<?>, List<Ending<?>>> kinds = new LinkedHashMap<>();
    endings.forEach(
        each -> kinds.computeIfAbsent(each.write(), same -> new ArrayList<>()).add(each));
    endings.clear();
    for (Map.Entry<AtEnd<?>, List<Ending<?>>> kind : kinds.entrySet()) {
      boolean unused =
          run(
              options.what(),
              same -> {
                Ending.write(same, kind.getKey(), kind.getValue());
                return true;
              });
    }
    return result;
  }

  /** Fails when the work must not be committed. */
  void requireCommittable() {
    requireNoFailure();
    if (options.deadline().isPresent()) {
      Duration unused = requireTimeLeft(options.deadline().get());
    }
  }

  /** Fails when a call failed that was not rolled back since: a commit would be a rollback. */
  private void requireNoFailure() {
    PersistenceException first = failure;
    if (first == null) {
      return;
    }
    String message =
        options.what()
            + ": an earlier call in it failed, so that it is rolled back; use SqlUnit.nested to go"
            + " on after a failure ("
            + first.getMessage()
            + ")";
    throw first.isTransient()
        ? new TransientPersistenceException(first.error(), message, first)
        : new NonTransientPersistenceException(first.error(), message, first);
  }

  void end() {
    ended = true;
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

  private void requireWritable(String what) {
    if (readOnly) {
      throw new IllegalStateException(
          what + ": these reads must not write; use SqlStore.inTransaction for that");
    }
  }

  private void requireIsolation(String what, Isolation least) {
    if (options.isolation().compareTo(least) < 0) {
      throw new IllegalStateException(
          what + " needs a unit with the isolation " + least + "; see SqlOptions");
    }
  }

  /**
   * Tells the server how long a statement may take, as soon as it is less than nine tenths of the
   * session's limit, and then as soon as it is half of what it knows: it costs a round trip.
   */
  private void keepDeadline() {
    if (options.deadline().isEmpty()) {
      return;
    }
    Duration left = requireTimeLeft(options.deadline().get());
    if (left.compareTo(limited ? limit.dividedBy(2) : limit.multipliedBy(9).dividedBy(10)) < 0) {
      limited = true;
      limit = left;
      limit(handle, left);
    }
  }

  /** Limits each statement until the transaction ends. */
  static void limit(Handle handle, Duration limit) {
    String millis = Long.toString(Math.max(1, limit.toMillis()));
    String unused = handle.createQuery(LIMIT).bind("millis", millis).mapTo(String.class).one();
  }

  private Duration requireTimeLeft(Duration deadline) {
    Duration left = deadline.minusNanos(System.nanoTime() - began);
    if (left.isNegative() || left.isZero()) {
      throw new TransientPersistenceException(
          DataError.TIMEOUT, options.what() + ": the deadline passed; nothing was applied");
    }
    return left;
  }
}
