package io.mistersmith.persistence.core.internal.transaction;

import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.transaction.Transaction;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Nesting;
import io.mistersmith.persistence.transaction.TransactionRunner;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Runs transactions over any durable store. Thread-safe. */
public final class StoreTransactionRunner implements TransactionRunner {

  /** How long a committed transaction is found by its correlation id. */
  public static final Duration RETENTION = Duration.ofDays(7);

  /** Runs a unit in a transaction that the application began. */
  public interface Join {
    /** Runs {@code work} with these options. */
    <T> T run(SqlOptions options, Function<? super SqlUnit, ? extends T> work);
  }

  private final SqlStore sql;
  private final TransactionEvents events;
  private final Repositories repositories;

  @SuppressWarnings("ThreadLocalUsage") // of this runner: a thread may use several
  private final ThreadLocal<@Nullable UnitTransaction> current = new ThreadLocal<>();

  /**
   * Runs transactions of {@code sql}, with these repositories in them.
   *
   * @param listener hears each transaction that ends; throws nothing
   */
  public StoreTransactionRunner(
      SqlStore sql, PersistenceListener listener, Repositories repositories) {
    this.sql = sql;
    this.events = new TransactionEvents(listener);
    this.repositories = repositories;
  }

  @Override
  public <T> T run(TransactionOptions options, Function<? super Transaction, ? extends T> body) {
    UnitTransaction outer = current.get();
    if (outer == null) {
      return alone(options, body);
    }
    return switch (options.nesting()) {
      case JOIN -> part(outer, options, body);
      case INDEPENDENT -> alone(options, body);
      case REFUSE ->
          throw new IllegalStateException(
              options.what()
                  + ": it is started in the body of another transaction ("
                  + outer.options()
                  + "), which its nesting rule refuses");
    };
  }

  private <T> T alone(TransactionOptions given, Function<? super Transaction, ? extends T> body) {
    TransactionOptions options = withId(given);
    return events.around(
        options,
        new Attempts<T>(
            options.correlationId().map(id -> sql::isCommitted),
            options,
            (asked, returned) ->
                sql.inTransaction(asked, unit -> within(unit, options, body, returned))));
  }

  /** The row that a transaction writes last, and that tells whether it was committed. */
  public interface LastRow<T> {

    /** Writes it, after the body returned. */
    void write(SqlUnit unit, T result);

    /** Returns whether a row that was written is there, after a COMMIT that was not answered. */
    boolean isThere();
  }

  /**
   * Runs a transaction of its own, whatever runs on this thread, which needs no correlation id: its
   * last row says as much.
   *
   * @param session the name that the server's views and the audit log show
   */
  public <T> T recorded(
      TransactionOptions options,
      String session,
      Function<? super Transaction, ? extends T> body,
      LastRow<? super T> last) {
    return events.around(
        options,
        new Attempts<T>(
            Optional.of(unit -> last.isThere()),
            options,
            (asked, returned) ->
                sql.inTransaction(
                    asked.withApplicationName(session).withIdleLimit(idleLimit(options)),
                    unit -> {
                      T result = within(unit, options, body, returned);
                      last.write(unit, result);
                      return result;
                    })));
  }

  /** What a commit in two phases asks of its coordinator. */
  public interface Phases {

    /** Returns an id under which the next attempt is prepared. */
    String begin();

    /** Runs between the phases; what it throws rolls the transaction back. */
    void beforeCommit();

    /** A transaction that is prepared under this id will not be committed from now on. */
    void end(String id);
  }

  /** Runs a transaction of its own, whatever runs on this thread, and commits it in two phases. */
  public <T> T inTwoPhases(
      TransactionOptions given, Phases phases, Function<? super Transaction, ? extends T> body) {
    TransactionOptions options =
        given.correlationId().isPresent()
            ? given
            : given.toBuilder().correlationId(UUID.randomUUID().toString()).build();
    TwoPhaseAttempt<T> attempt =
        new TwoPhaseAttempt<>(
            sql, phases, (unit, returned) -> within(unit, options, body, returned));
    try {
      return events.around(
          options, new Attempts<T>(Optional.of(attempt::isCommitted), options, attempt::run));
    } finally {
      attempt.end();
    }
  }

  /** Where its process is frozen, the server ends it once its own time is over. */
  private static Duration idleLimit(TransactionOptions options) {
    Duration most = options.boundary().idleLimit().orElse(options.timeout());
    return most.compareTo(options.timeout()) < 0 ? most : options.timeout();
  }

  /**
   * Makes a repository in a transaction of this library.
   *
   * @param made is given the unit, and takes what is to be done once that is committed
   * @throws IllegalArgumentException when the transaction is another one
   */
  public static <T> T in(
      Transaction transaction,
      BiFunction<? super SqlUnit, ? super Consumer<Runnable>, ? extends T> made) {
    if (transaction instanceof UnitTransaction own) {
      return made.apply(own.unit(), own.afterCommit());
    }
    throw new IllegalArgumentException(
        transaction.getClass().getName() + " is no transaction of this library");
  }

  /**
   * Gives a coordinated transaction an id, so that the outcome of a lost COMMIT can be looked up.
   */
  private static TransactionOptions withId(TransactionOptions options) {
    if (options.correlationId().isPresent()
        || options.isReadOnly()
        || !options.boundary().isCoordinated()) {
      return options;
    }
    return options.toBuilder().correlationId(UUID.randomUUID().toString()).build();
  }

  /** Runs the body in a unit, which is this thread's transaction meanwhile. */
  private <T> T within(
      SqlUnit unit,
      TransactionOptions options,
      Function<? super Transaction, ? extends T> body,
      Returned<T> returned) {
    UnitTransaction transaction = new UnitTransaction(unit, options, repositories);
    UnitTransaction outer = current.get();
    current.set(transaction);
    try {
      return returned.by(transaction, transaction.run(body));
    } finally {
      if (outer == null) {
        current.remove();
      } else {
        current.set(outer);
      }
    }
  }

  /** Runs a body as a part of the transaction that runs on this thread. */
  private <T> T part(
      UnitTransaction outer,
      TransactionOptions given,
      Function<? super Transaction, ? extends T> body) {
    TransactionOptions options = withId(given);
    requireFit(outer.options(), options);
    UnitTransaction transaction = outer.part(options);
    return outer.nested(
        () -> {
          options
              .correlationId()
              .filter(id -> !outer.has(id))
              .ifPresent(id -> transaction.unit().note(id));
          current.set(transaction);
          try {
            return transaction.run(body);
          } finally {
            transaction.end();
            current.set(outer);
          }
        });
  }

  private static void requireFit(TransactionOptions outer, TransactionOptions inner) {
    if (inner.isolation().compareTo(outer.isolation()) > 0) {
      throw new IllegalStateException(
          inner.what()
              + ": it needs the isolation "
              + inner.isolation()
              + ", and the transaction that it joins has less ("
              + outer
              + "); raise that one's, or use "
              + Nesting.INDEPENDENT);
    }
    if (outer.role() != PostgresRole.PRIMARY && outer.role() != inner.role()) {
      throw new IllegalStateException(
          inner.what()
              + ": the transaction that it joins reads what may be old, from "
              + outer.role()
              + " ("
              + outer
              + "); use "
              + Nesting.INDEPENDENT);
    }
    if (outer.isReadOnly() && !inner.isReadOnly()) {
      throw new IllegalStateException(
          inner.what() + ": the transaction that it joins only reads (" + outer + ")");
    }
  }

  /**
   * Runs a body once, in a transaction that the application began, and that it commits or rolls
   * back. The work after the commit is left to the background services.
   */
  public <T> T join(
      Join application, TransactionOptions given, Function<? super Transaction, ? extends T> body) {
    TransactionOptions options = withId(given);
    return application.run(
        StoreOptions.joining(options),
        unit -> {
          options.correlationId().ifPresent(unit::note);
          return within(unit, options, body, new Returned<>());
        });
  }

  @Override
  public Outcome outcome(String correlationId) {
    return sql.isCommitted(correlationId) ? Outcome.COMMITTED : Outcome.NOT_COMMITTED;
  }

  @Override
  public Position position() {
    return sql.position();
  }

  @Override
  public void observe(Position position) {
    sql.observe(position);
  }

  /** Forgets what is older than {@link #RETENTION}. */
  public void sweep() {
    int deleted;
    do {
      deleted = sql.sweepCommitted(RETENTION);
    } while (deleted > 0);
  }
}
