package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlOptions.Isolation;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.transaction.TransactionRunner.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The durable side of one runtime. Thread-safe. */
final class MemorySql extends MemoryAccess implements SqlStore {

  private final MemoryDatabase database;
  private final MemoryReplica replica;
  private final Connection connection;
  private final Patience patience;
  private final OwnCommits own;
  private final OldReads oldReads;

  MemorySql(
      MemoryDatabase database, MemoryReplica replica, Connection connection, Patience patience) {
    this(database, replica, connection, patience, new OwnCommits());
  }

  /** What the flush commits is none of the callers' own. */
  private MemorySql(
      MemoryDatabase database,
      MemoryReplica replica,
      Connection connection,
      Patience patience,
      OwnCommits own) {
    super(
        new AutoCommit(database, connection, patience, own::saw),
        new AutoCommit(database, connection, patience, number -> {}));
    this.replica = replica;
    this.own = own;
    this.oldReads =
        OldReads.of(
            new MemoryAccess(
                new AutoCommit(() -> replica.having(own.latest()), connection, patience)));
    this.database = database;
    this.connection = connection;
    this.patience = patience;
  }

  @Override
  public <T> T inTransaction(SqlOptions options, Function<? super SqlUnit, ? extends T> work) {
    return repeated(options, options.isReadOnly(), work);
  }

  @Override
  public <T> T read(SqlOptions options, Function<? super SqlAccess, ? extends T> work) {
    if (options.isolation() == Isolation.READ_COMMITTED) {
      connection.checkSql();
      return work.apply(new MemoryAccess(new AutoCommit(() -> database, connection, patience)));
    }
    return repeated(options, true, work);
  }

  private <T> T repeated(
      SqlOptions options, boolean readOnly, Function<? super SqlUnit, ? extends T> work) {
    for (int attempt = 1; ; attempt++) {
      try {
        return once(options, readOnly, work);
      } catch (TransientPersistenceException e) {
        if (e.error() != DataError.TRANSACTION_CONFLICT || attempt == options.attempts()) {
          throw e;
        }
      }
    }
  }

  private <T> T once(
      SqlOptions options, boolean readOnly, Function<? super SqlUnit, ? extends T> work) {
    connection.checkSql();
    MemoryDatabase source =
        options.role() == PostgresRole.REPLICA ? replica.having(own.latest()) : database;
    UnitSession session =
        new UnitSession(source, connection, options, patience, readOnly, own::saw);
    try {
      if (options.correlationId().isPresent()) {
        session.note(options.correlationId().get(), options.attempt().orElseThrow());
      }
      T result = work.apply(new MemoryUnit(session));
      session.commit();
      return result;
    } finally {
      session.end();
    }
  }

  @Override
  public SqlAccess on(PostgresRole role) {
    if (role == PostgresRole.REPLICA || role == PostgresRole.ANALYTICS) {
      throw new IllegalArgumentException(
          "the servers of " + role + " may be old; use oldReads, or SqlOptions.withReadsFrom");
    }
    return this;
  }

  @Override
  public OldReads oldReads() {
    return oldReads;
  }

  @Override
  public Position position() {
    connection.checkSql();
    return OwnCommits.position(database.installation(), database.commits());
  }

  @Override
  public void observe(Position position) {
    own.observe(position, database.installation(), database.commits());
  }

  @Override
  public boolean isCommitted(String correlationId) {
    return committed(correlationId, patience).isPresent();
  }

  @Override
  public boolean isCommitted(SqlOptions unit) {
    String id = unit.correlationId().orElseThrow();
    Optional<Content.CommittedRow> row =
        committed(id, unit.deadline().map(patience::atMost).orElse(patience));
    if (row.isPresent() && !unit.attempt().equals(row.map(Content.CommittedRow::attempt))) {
      throw new NonTransientPersistenceException(
          DataError.DUPLICATE_KEY,
          unit.what()
              + ": another transaction with the correlation id "
              + id
              + " was committed; nothing of this one was applied");
    }
    return row.isPresent();
  }

  /** Returns the row of an id, after a unit with it that is under way. */
  private Optional<Content.CommittedRow> committed(String correlationId, Patience limits) {
    connection.checkSql();
    return database.transact(
        limits,
        false,
        tables -> {
          tables.committed.lock(correlationId);
          return tables.committed.find(correlationId);
        });
  }

  @Override
  public boolean commitPrepared(String id) {
    connection.checkSql();
    return database.endPrepared(id, true);
  }

  @Override
  public boolean rollBackPrepared(String id) {
    connection.checkSql();
    return database.endPrepared(id, false);
  }

  @Override
  public Map<String, Duration> prepared() {
    connection.checkSql();
    Instant now = connection.now();
    Map<String, Duration> ages = new LinkedHashMap<>();
    database.prepared().forEach((id, since) -> ages.put(id, Duration.between(since, now)));
    return ages;
  }

  @Override
  public int sweepCommitted(Duration age) {
    connection.checkSql();
    Instant before = connection.now().minus(age);
    return database.transact(
        patience,
        false,
        tables -> tables.committed.removeIf(row -> row.notedAt().isBefore(before)));
  }
}
