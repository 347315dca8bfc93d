package io.mistersmith.persistence.core.internal.transaction;

import io.mistersmith.persistence.agent.LifecycleEvents;
import io.mistersmith.persistence.checkpoint.Checkpoints;
import io.mistersmith.persistence.core.internal.base.RefusedByRuleException;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.knowledge.Knowledge;
import io.mistersmith.persistence.message.MessageLog;
import io.mistersmith.persistence.session.Sessions;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.task.Tasks;
import io.mistersmith.persistence.transaction.Transaction;
import io.mistersmith.persistence.transaction.TransactionOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
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
  private final Optional<UnitTransaction> outer;
  private boolean ended;

  UnitTransaction(SqlUnit unit, TransactionOptions options, Repositories repositories) {
    this(unit, options, repositories, new ArrayList<>(0), Optional.empty());
  }

  private UnitTransaction(
      SqlUnit unit,
      TransactionOptions options,
      Repositories repositories,
      List<Runnable> afterCommit,
      Optional<UnitTransaction> outer) {
    this.unit = unit;
    this.options = options;
    this.repositories = repositories;
    this.afterCommit = afterCommit;
    this.outer = outer;
  }

  /** Returns a part of this transaction with options of its own. */
  UnitTransaction part(TransactionOptions partOptions) {
    return new UnitTransaction(unit, partOptions, repositories, afterCommit, Optional.of(this));
  }

  /** Whether this transaction, or one that it is a part of, has left the row of an id. */
  boolean has(String id) {
    return options.correlationId().equals(Optional.of(id))
        || outer.filter(transaction -> transaction.has(id)).isPresent();
  }

  /** The part ends before the unit does. */
  void end() {
    ended = true;
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
              + String.join("; ", reasons),
          new RefusedByRuleException());
    }
  }

  /** Does what was to be done once the unit is committed. */
  void committed() {
    afterCommit.forEach(Runnable::run);
  }

  SqlUnit unit() {
    if (ended) {
      throw new IllegalStateException(options.what() + ": this part of a transaction has ended");
    }
    return unit;
  }

  TransactionOptions options() {
    return options;
  }

  /** Takes what is to be done once the unit is committed. */
  Consumer<Runnable> afterCommit() {
    return afterCommit::add;
  }

  @Override
  public Optional<String> correlationId() {
    return options.correlationId();
  }

  @Override
  public int update(String sql, Map<String, ?> parameters) {
    return unit().update(sql, parameters);
  }

  @Override
  public <T> List<T> query(
      String sql, Map<String, ?> parameters, Function<? super Row, ? extends T> mapper) {
    List<T> mapped = new ArrayList<>();
    unit().query(sql, parameters).forEach(row -> mapped.add(mapper.apply(row)));
    return mapped;
  }

  @Override
  public <T> T nested(Supplier<? extends T> work) {
    int before = afterCommit.size();
    try {
      return unit().nested(work);
    } catch (RuntimeException | Error e) {
      afterCommit.subList(Math.min(before, afterCommit.size()), afterCommit.size()).clear();
      throw e;
    }
  }

  @Override
  public Agents agents() {
    return repositories.agents(unit(), afterCommit::add);
  }

  @Override
  public Sessions sessions() {
    return repositories.sessions(unit(), afterCommit::add);
  }

  @Override
  public Tasks tasks() {
    return repositories.tasks(unit(), afterCommit::add);
  }

  @Override
  public LifecycleEvents lifecycleEvents() {
    return repositories.lifecycleEvents(unit());
  }

  @Override
  public Checkpoints checkpoints() {
    return repositories.checkpoints(unit(), afterCommit::add);
  }

  @Override
  public MessageLog messages() {
    return repositories.messages(unit());
  }

  @Override
  public boolean firstTime(String consumer, String messageId) {
    return repositories.handled(unit()).note(consumer, messageId);
  }

  @Override
  public Knowledge knowledge() {
    return repositories.knowledge(unit());
  }
}
