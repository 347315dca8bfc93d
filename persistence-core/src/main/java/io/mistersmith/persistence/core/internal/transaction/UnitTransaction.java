package io.mistersmith.persistence.core.internal.transaction;

import io.mistersmith.persistence.agent.LifecycleEvents;
import io.mistersmith.persistence.checkpoint.Checkpoints;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.transaction.Transaction;
import io.mistersmith.persistence.transaction.TransactionOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The transaction that a body receives: a unit of work, and the work after its commit. For one
 * thread.
 */
final class UnitTransaction implements Transaction {

  private final SqlUnit unit;
  private final TransactionOptions options;
  private final Repositories repositories;
  private final List<Runnable> afterCommit;

  UnitTransaction(SqlUnit unit, TransactionOptions options, Repositories repositories) {
    this(unit, options, repositories, new ArrayList<>(0));
  }

  private UnitTransaction(
      SqlUnit unit,
      TransactionOptions options,
      Repositories repositories,
      List<Runnable> afterCommit) {
    this.unit = unit;
    this.options = options;
    this.repositories = repositories;
    this.afterCommit = afterCommit;
  }

  /** Returns a part of this transaction with options of its own. */
  UnitTransaction part(TransactionOptions partOptions) {
    return new UnitTransaction(unit, partOptions, repositories, afterCommit);
  }

  /** Runs the body, and then every validation. */
  <T> T run(Function<? super Transaction, ? extends T> body) {
    T result = body.apply(this);
    validate();
    return result;
  }

  private void validate() {
    if (options.validations().isEmpty()) {
      return;
    }
    List<String> reasons = new ArrayList<>();
    options.validations().forEach(check -> check.apply(this).ifPresent(reasons::add));
    if (!reasons.isEmpty()) {
      throw new NonTransientPersistenceException(
          DataError.CONSTRAINT_VIOLATION,
          options.what()
              + ": not committed, a validation refuses it: "
              + String.join("; ", reasons));
    }
  }

  /** Does what was to be done once the unit is committed. */
  void committed() {
    afterCommit.forEach(Runnable::run);
  }

  SqlUnit unit() {
    return unit;
  }

  TransactionOptions options() {
    return options;
  }

  @Override
  public Optional<String> correlationId() {
    return options.correlationId();
  }

  @Override
  public int update(String sql, Map<String, ?> parameters) {
    return unit.update(sql, parameters);
  }

  @Override
  public <T> List<T> query(
      String sql, Map<String, ?> parameters, Function<? super Row, ? extends T> mapper) {
    List<T> mapped = new ArrayList<>();
    unit.query(sql, parameters).forEach(row -> mapped.add(mapper.apply(row)));
    return mapped;
  }

  @Override
  public <T> T nested(Supplier<? extends T> work) {
    int before = afterCommit.size();
    try {
      return unit.nested(work);
    } catch (RuntimeException | Error e) {
      afterCommit.subList(Math.min(before, afterCommit.size()), afterCommit.size()).clear();
      throw e;
    }
  }

  @Override
  public Agents agents() {
    return repositories.agents(unit, afterCommit::add);
  }

  @Override
  public LifecycleEvents lifecycleEvents() {
    return repositories.lifecycleEvents(unit);
  }

  @Override
  public Checkpoints checkpoints() {
    return repositories.checkpoints(unit, afterCommit::add);
  }
}
