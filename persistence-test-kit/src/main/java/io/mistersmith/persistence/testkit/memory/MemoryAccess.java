package io.mistersmith.persistence.testkit.memory;

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

/** The stores over one session. */
class MemoryAccess implements SqlAccess {

  private final Session session;
  private final Session journals;

  MemoryAccess(Session session) {
    this(session, session);
  }

  /** The stores, of which that of the journals runs its statements by themselves. */
  MemoryAccess(Session session, Session journals) {
    this.session = session;
    this.journals = journals;
  }

  @Override
  public final AgentStore agents() {
    return new MemoryAgentStore(session);
  }

  @Override
  public final StateStore states() {
    return new MemoryStateStore(session);
  }

  @Override
  public final LogStore logs() {
    return new MemoryLogStore(session);
  }

  @Override
  public final SessionStore sessions() {
    return new MemorySessionStore(session);
  }

  @Override
  public final JournalStore journals() {
    return new MemoryJournalStore(journals);
  }

  @Override
  public final DeadLetterStore deadLetters() {
    return new MemoryDeadLetterStore(session);
  }

  @Override
  public final CheckpointStore checkpoints() {
    return new MemoryCheckpointStore(session);
  }

  @Override
  public final LargeValueStore largeValues() {
    return new MemoryLargeValueStore(session);
  }

  @Override
  public final TaskStore tasks() {
    return new MemoryTaskStore(session);
  }

  @Override
  public final LifecycleEventStore lifecycleEvents() {
    return new MemoryLifecycleEventStore(session);
  }

  @Override
  public final MessageStore messages() {
    return new MemoryMessageStore(session);
  }

  @Override
  public final DataKeyStore dataKeys() {
    return new MemoryDataKeyStore(session);
  }

  @Override
  public final EntryWriteStore entryWrites() {
    return new MemoryEntryWriteStore(session);
  }

  @Override
  public final HandledStore handled() {
    return new MemoryHandledStore(session);
  }

  @Override
  public final KnowledgeStore knowledge() {
    return new MemoryKnowledgeStore(session);
  }

  @Override
  public final SagaStore sagas() {
    return new MemorySagaStore(session);
  }

  @Override
  public final AdviceStore advice() {
    return new MemoryAdviceStore(session);
  }

  @Override
  public final OutboxStore outbox() {
    return new MemoryOutboxStore(session);
  }

  @Override
  public final UpkeepStore upkeep() {
    return new MemoryUpkeepStore(session);
  }

  @Override
  public final AlertStore alerts() {
    return new MemoryAlertStore(session);
  }

  @Override
  public final RecoveryStore recovery() {
    return new MemoryRecoveryStore(session);
  }

  @Override
  public final AuditStore audit() {
    return new MemoryAuditStore(session);
  }

  @Override
  public final ForgetStore forgetting() {
    return new MemoryForgetStore(session);
  }
}
