package io.mistersmith.persistence.core.internal.transaction;

import io.mistersmith.persistence.agent.LifecycleEvents;
import io.mistersmith.persistence.checkpoint.Checkpoints;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.transaction.Transaction.Agents;
import java.util.function.Consumer;

/** Makes this library's repositories in a transaction. */
public interface Repositories {

  /** The registry; {@code afterCommit} takes what is to be done once the unit is committed. */
  Agents agents(SqlUnit unit, Consumer<Runnable> afterCommit);

  /** The history of agents. */
  LifecycleEvents lifecycleEvents(SqlUnit unit);

  /** The checkpoints; {@code afterCommit} takes what is to be done once the unit is committed. */
  Checkpoints checkpoints(SqlUnit unit, Consumer<Runnable> afterCommit);
}
