package io.mistersmith.persistence.core.internal.store.postgres;

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
import java.util.UUID;

/** The stores that run their statements in one place. A unit makes few of them, and each once. */
class PostgresAccess implements SqlAccess {

  private final Statements statements;
  private final UUID installation;

  PostgresAccess(Statements statements, UUID installation) {
    this.statements = statements;
    this.installation = installation;
  }

  @Override
  public final AgentStore agents() {
    return new PostgresAgentStore(statements);
  }

  @Override
  public final StateStore states() {
    return new PostgresStateStore(statements);
  }

  @Override
  public final LogStore logs() {
    return new PostgresLogStore(statements);
  }

  @Override
  public final SessionStore sessions() {
    return new PostgresSessionStore(statements);
  }

  @Override
  public final JournalStore journals() {
    return new PostgresJournalStore(statements, installation);
  }

  @Override
  public final DeadLetterStore deadLetters() {
    return new PostgresDeadLetterStore(statements);
  }

  @Override
  public final CheckpointStore checkpoints() {
    return new PostgresCheckpointStore(statements, installation);
  }

  @Override
  public final LargeValueStore largeValues() {
    return new PostgresLargeValueStore(statements);
  }

  @Override
  public final TaskStore tasks() {
    return new PostgresTaskStore(statements);
  }

  @Override
  public final LifecycleEventStore lifecycleEvents() {
    return new PostgresLifecycleEventStore(statements);
  }

  @Override
  public final MessageStore messages() {
    return new PostgresMessageStore(statements);
  }

  @Override
  public final DataKeyStore dataKeys() {
    return new PostgresDataKeyStore(statements);
  }

  @Override
  public final EntryWriteStore entryWrites() {
    return new PostgresEntryWriteStore(statements);
  }

  @Override
  public final HandledStore handled() {
    return new PostgresHandledStore(statements);
  }

  @Override
  public final KnowledgeStore knowledge() {
    return new PostgresKnowledgeStore(statements);
  }

  @Override
  public final SagaStore sagas() {
    return new PostgresSagaStore(statements);
  }

  @Override
  public final AdviceStore advice() {
    return new PostgresAdviceStore(statements);
  }

  @Override
  public final OutboxStore outbox() {
    return new PostgresOutboxStore(statements);
  }

  @Override
  public final UpkeepStore upkeep() {
    return new PostgresUpkeepStore(statements);
  }

  @Override
  public final AlertStore alerts() {
    return new PostgresAlertStore(statements);
  }

  @Override
  public final RecoveryStore recovery() {
    return new PostgresRecoveryStore(statements);
  }

  @Override
  public final AuditStore audit() {
    return new PostgresAuditStore(statements);
  }

  @Override
  public final ForgetStore forgetting() {
    return new PostgresForgetStore(statements);
  }
}
