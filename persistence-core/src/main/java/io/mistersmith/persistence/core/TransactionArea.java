package io.mistersmith.persistence.core;

import io.mistersmith.persistence.agent.LifecycleEvents;
import io.mistersmith.persistence.checkpoint.Checkpoints;
import io.mistersmith.persistence.core.internal.knowledge.StoredKnowledge;
import io.mistersmith.persistence.core.internal.state.checkpoint.StoredLifecycleEvents;
import io.mistersmith.persistence.core.internal.transaction.Repositories;
import io.mistersmith.persistence.core.internal.transaction.StoreTransactionRunner;
import io.mistersmith.persistence.knowledge.Knowledge;
import io.mistersmith.persistence.message.MessageLog;
import io.mistersmith.persistence.session.Sessions;
import io.mistersmith.persistence.spi.sql.HandledStore;
import io.mistersmith.persistence.spi.sql.SqlStore.OldReads;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.task.Tasks;
import io.mistersmith.persistence.transaction.Transaction.Agents;
import java.time.Duration;
import java.util.function.Consumer;

/** Transactions of the application, wired: the runner, and the repositories in its units. */
final class TransactionArea {

  private static final Duration SWEEP = Duration.ofHours(1);

  private final StoreTransactionRunner runner;

  TransactionArea(
      EngineContext engine,
      StateArea state,
      AgentArea agents,
      MessageArea messages,
      SessionArea sessions,
      TaskArea tasks,
      StreamArea streams) {
    this.runner =
        new StoreTransactionRunner(
            engine.stores().sql(),
            engine.listener(),
            new Repositories() {
              @Override
              public Agents agents(SqlUnit unit, Consumer<Runnable> afterCommit) {
                return agents.agents().in(unit.agents(), afterCommit);
              }

              @Override
              public Sessions sessions(SqlUnit unit, Consumer<Runnable> afterCommit) {
                return sessions.sessions().in(unit.sessions(), afterCommit);
              }

              @Override
              public Tasks tasks(SqlUnit unit, Consumer<Runnable> afterCommit) {
                return tasks.in(unit, afterCommit);
              }

              @Override
              public LifecycleEvents lifecycleEvents(SqlUnit unit) {
                return new StoredLifecycleEvents(unit.lifecycleEvents(), OldReads.of(unit));
              }

              @Override
              public Checkpoints checkpoints(SqlUnit unit, Consumer<Runnable> afterCommit) {
                return state.checkpoints().in(unit, afterCommit);
              }

              @Override
              public MessageLog messages(SqlUnit unit) {
                return messages.in(unit);
              }

              @Override
              public HandledStore handled(SqlUnit unit) {
                return streams.handled(unit);
              }

              @Override
              public Knowledge knowledge(SqlUnit unit) {
                return new StoredKnowledge(unit.knowledge());
              }
            });
    engine
        .services()
        .every(
            SWEEP,
            "persistence-outcomes",
            "correlation ids of old transactions are not deleted",
            runner::sweep)
        .start();
  }

  StoreTransactionRunner runner() {
    return runner;
  }
}
