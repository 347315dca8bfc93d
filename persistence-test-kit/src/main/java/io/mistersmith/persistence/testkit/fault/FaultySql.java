package io.mistersmith.persistence.testkit.fault;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.transaction.TransactionRunner.Position;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The durable side with faults: on the transaction as a whole ({@link Call#TRANSACTION}), whose
 * lost acknowledgement is that of the commit, and on each call of a store, within a transaction
 * too.
 */
final class FaultySql extends FaultyAccess implements SqlStore {

  private final SqlStore real;
  private final Faults faults;

  FaultySql(SqlStore real, Faults faults) {
    super(real, faults.hook());
    this.real = real;
    this.faults = faults;
  }

  @Override
  public <T> T inTransaction(SqlOptions options, Function<? super SqlUnit, ? extends T> work) {
    boolean lostAcknowledgement = faults.before(Call.TRANSACTION);
    T committed =
        real.inTransaction(
            options,
            unit -> {
              CutOff cutOff = new CutOff(faults);
              T result = work.apply(new FaultyUnit(unit, cutOff));
              cutOff.requireConnected();
              return result;
            });
    faults.on(Call.TRANSACTION).after(false);
    if (lostAcknowledgement) {
      throw new TransientPersistenceException(
          DataError.OUTCOME_UNKNOWN,
          options.what() + ": injected fault: the acknowledgement of the commit was lost");
    }
    return committed;
  }

  @Override
  public SqlAccess on(PostgresRole role) {
    return new FaultyAccess(real.on(role), faults.hook());
  }

  @Override
  public void onReconnect(Runnable action) {
    real.onReconnect(action);
    faults.onSqlReconnect(action);
  }

  @Override
  public void onPrimaryChange(Consumer<PrimaryChange> listener) {
    real.onPrimaryChange(listener);
  }

  @Override
  public OldReads oldReads() {
    return SqlFaults.around(OldReads.class, real.oldReads(), faults.hook());
  }

  @Override
  public Position position() {
    return faults.run(Call.SQL_READ, real::position);
  }

  @Override
  public void observe(Position position) {
    real.observe(position);
  }

  @Override
  public boolean isCommitted(String correlationId) {
    return faults.run(Call.SQL_READ, () -> real.isCommitted(correlationId));
  }

  @Override
  public boolean isCommitted(SqlOptions unit) {
    return faults.run(Call.SQL_READ, () -> real.isCommitted(unit));
  }

  @Override
  public boolean commitPrepared(String id) {
    return faults.run(Call.SQL_WRITE, () -> real.commitPrepared(id));
  }

  @Override
  public boolean rollBackPrepared(String id) {
    return faults.run(Call.SQL_WRITE, () -> real.rollBackPrepared(id));
  }

  @Override
  public Map<String, Duration> prepared() {
    return faults.run(Call.SQL_READ, real::prepared);
  }

  @Override
  public int sweepCommitted(Duration age) {
    return faults.run(Call.SQL_WRITE, () -> real.sweepCommitted(age));
  }

  @Override
  public <T> T read(SqlOptions options, Function<? super SqlAccess, ? extends T> work) {
    return real.read(options, access -> work.apply(new FaultyAccess(access, faults.hook())));
  }
}
