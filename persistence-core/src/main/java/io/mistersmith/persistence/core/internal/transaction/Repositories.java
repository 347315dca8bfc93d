package io.mistersmith.persistence.core.internal.transaction;

import io.mistersmith.persistence.agent.LifecycleEvents;
import io.mistersmith.persistence.checkpoint.Checkpoints;
import io.mistersmith.persistence.knowledge.Knowledge;
import io.mistersmith.persistence.message.MessageLog;
import io.mistersmith.persistence.session.Sessions;
import io.mistersmith.persistence.spi.sql.HandledStore;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.task.Tasks;
import io.mistersmith.persistence.transaction.Transaction.Agents;
import java.util.function.Consumer;

/** Makes this library's repositories in a transaction. */
public interface Repositories {

  /** The registry; {@code afterCommit} takes what is to be done once the unit is committed. */
  Agents agents(SqlUnit unit, Consumer<Runnable> afterCommit);

  /** The sessions; {@code afterCommit} takes what is to be done once the unit is committed. */
  Sessions sessions(SqlUnit unit, Consumer<Runnable> afterCommit);

  /** The queue of tasks; {@code afterCommit} as for the registry. */
  Tasks tasks(SqlUnit unit, Consumer<Runnable> afterCommit);

  /** The history of agents. */
  LifecycleEvents lifecycleEvents(SqlUnit unit);

  /** The checkpoints; {@code afterCommit} takes what is to be done once the unit is committed. */
  Checkpoints checkpoints(SqlUnit unit, Consumer<Runnable> afterCommit);

  /** The messages between agents. */
  MessageLog messages(SqlUnit unit);

  /** Which messages of streams were handled. */
  HandledStore handled(SqlUnit unit);

  /** What agents know. */
  Knowledge knowledge(SqlUnit unit);
}
