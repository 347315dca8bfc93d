package io.mistersmith.persistence.testkit.fault;

import io.mistersmith.persistence.spi.sql.AdviceStore;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.AlertStore;
import io.mistersmith.persistence.spi.sql.AuditStore;
import io.mistersmith.persistence.spi.sql.CheckpointStore;
import io.mistersmith.persistence.spi.sql.DataKeyStore;
import io.mistersmith.persistence.spi.sql.DeadLetterStore;
import io.mistersmith.persistence.spi.sql.EntryWriteStore;
import io.mistersmith.persistence.spi.sql.ForgetStore;
import io.mistersmith.persistence.spi.sql.HandledStore;
import io.mistersmith.persistence.spi.sql.JournalStore;
import io.mistersmith.persistence.spi.sql.KnowledgeStore;
import io.mistersmith.persistence.spi.sql.LargeValueStore;
import io.mistersmith.persistence.spi.sql.LifecycleEventStore;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.MessageStore;
import io.mistersmith.persistence.spi.sql.OutboxStore;
import io.mistersmith.persistence.spi.sql.RecoveryStore;
import io.mistersmith.persistence.spi.sql.SagaStore;
import io.mistersmith.persistence.spi.sql.SessionStore;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import io.mistersmith.persistence.spi.sql.StateStore;
import io.mistersmith.persistence.spi.sql.TaskStore;
import io.mistersmith.persistence.spi.sql.UpkeepStore;

/** The stores of the durable side, with faults on each call. */
class FaultyAccess implements SqlAccess {

  private final SqlAccess real;
  private final CallHook hook;

  FaultyAccess(SqlAccess real, CallHook hook) {
    this.real = real;
    this.hook = hook;
  }

  @Override
  public final AgentStore agents() {
    return SqlFaults.around(AgentStore.class, real.agents(), hook);
  }

  @Override
  public final StateStore states() {
    return SqlFaults.around(StateStore.class, real.states(), hook);
  }

  @Override
  public final LogStore logs() {
    return SqlFaults.around(LogStore.class, real.logs(), hook);
  }

  @Override
  public final SessionStore sessions() {
    return SqlFaults.around(SessionStore.class, real.sessions(), hook);
  }

  @Override
  public final JournalStore journals() {
    return SqlFaults.around(JournalStore.class, real.journals(), hook);
  }

  @Override
  public final DeadLetterStore deadLetters() {
    return SqlFaults.around(DeadLetterStore.class, real.deadLetters(), hook);
  }

  @Override
  public final CheckpointStore checkpoints() {
    return SqlFaults.around(CheckpointStore.class, real.checkpoints(), hook);
  }

  @Override
  public final LargeValueStore largeValues() {
    return SqlFaults.around(LargeValueStore.class, real.largeValues(), hook);
  }

  @Override
  public final TaskStore tasks() {
    return SqlFaults.around(TaskStore.class, real.tasks(), hook);
  }

  @Override
  public final LifecycleEventStore lifecycleEvents() {
    return SqlFaults.around(LifecycleEventStore.class, real.lifecycleEvents(), hook);
  }

  @Override
  public final MessageStore messages() {
    return SqlFaults.around(MessageStore.class, real.messages(), hook);
  }

  @Override
  public final DataKeyStore dataKeys() {
    return SqlFaults.around(DataKeyStore.class, real.dataKeys(), hook);
  }

  @Override
  public final EntryWriteStore entryWrites() {
    return SqlFaults.around(EntryWriteStore.class, real.entryWrites(), hook);
  }

  @Override
  public final HandledStore handled() {
    return SqlFaults.around(HandledStore.class, real.handled(), hook);
  }

  @Override
  public final KnowledgeStore knowledge() {
    return SqlFaults.around(KnowledgeStore.class, real.knowledge(), hook);
  }

  @Override
  public final SagaStore sagas() {
    return SqlFaults.around(SagaStore.class, real.sagas(), hook);
  }

  @Override
  public final AdviceStore advice() {
    return SqlFaults.around(AdviceStore.class, real.advice(), hook);
  }

  @Override
  public final OutboxStore outbox() {
    return SqlFaults.around(OutboxStore.class, real.outbox(), hook);
  }

  @Override
  public final UpkeepStore upkeep() {
    return SqlFaults.around(UpkeepStore.class, real.upkeep(), hook);
  }

  @Override
  public final AlertStore alerts() {
    return SqlFaults.around(AlertStore.class, real.alerts(), hook);
  }

  @Override
  public final RecoveryStore recovery() {
    return SqlFaults.around(RecoveryStore.class, real.recovery(), hook);
  }

  @Override
  public final AuditStore audit() {
    return SqlFaults.around(AuditStore.class, real.audit(), hook);
  }

  @Override
  public final ForgetStore forgetting() {
    return SqlFaults.around(ForgetStore.class, real.forgetting(), hook);
  }
}
