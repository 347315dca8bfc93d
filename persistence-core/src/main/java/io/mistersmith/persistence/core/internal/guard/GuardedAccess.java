package io.mistersmith.persistence.core.internal.guard;

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

/**
 * The durable stores of one role, guarded. Not the journals, which belong to the flush: its service
 * has a pause of its own after a failure, and goes on trying however callers fare. Nor the outbox
 * and the upkeep, for the same reason; a check of the health must ask the server itself. Nor the
 * advice, the recovery and the forgetting, which an operator asks for: an index is built for as
 * long as it takes.
 */
class GuardedAccess implements SqlAccess {

  private final SqlAccess real;
  private final AgentStore agents;
  private final StateStore states;
  private final LogStore logs;
  private final SessionStore sessions;
  private final DeadLetterStore deadLetters;
  private final CheckpointStore checkpoints;
  private final LifecycleEventStore lifecycleEvents;
  private final LargeValueStore largeValues;
  private final MessageStore messages;
  private final TaskStore tasks;
  private final HandledStore handled;
  private final EntryWriteStore entryWrites;
  private final DataKeyStore dataKeys;
  private final KnowledgeStore knowledge;
  private final SagaStore sagas;
  private final AlertStore alerts;
  private final AuditStore audit;

  GuardedAccess(SqlAccess real, GuardedRole role) {
    this.real = real;
    this.agents = GuardedFamily.of(AgentStore.class, real.agents(), role);
    this.states = GuardedFamily.of(StateStore.class, real.states(), role);
    this.logs = GuardedFamily.of(LogStore.class, real.logs(), role);
    this.sessions = GuardedFamily.of(SessionStore.class, real.sessions(), role);
    this.deadLetters = GuardedFamily.of(DeadLetterStore.class, real.deadLetters(), role);
    this.checkpoints = GuardedFamily.of(CheckpointStore.class, real.checkpoints(), role);
    this.largeValues = GuardedFamily.of(LargeValueStore.class, real.largeValues(), role);
    this.messages = GuardedFamily.of(MessageStore.class, real.messages(), role);
    this.tasks = GuardedFamily.of(TaskStore.class, real.tasks(), role);
    this.handled = GuardedFamily.of(HandledStore.class, real.handled(), role);
    this.entryWrites = GuardedFamily.of(EntryWriteStore.class, real.entryWrites(), role);
    this.dataKeys = GuardedFamily.of(DataKeyStore.class, real.dataKeys(), role);
    this.knowledge = GuardedFamily.of(KnowledgeStore.class, real.knowledge(), role);
    this.sagas = GuardedFamily.of(SagaStore.class, real.sagas(), role);
    this.alerts = GuardedFamily.of(AlertStore.class, real.alerts(), role);
    this.audit = GuardedFamily.of(AuditStore.class, real.audit(), role);
    this.lifecycleEvents =
        GuardedFamily.of(LifecycleEventStore.class, real.lifecycleEvents(), role);
  }

  @Override
  public final AgentStore agents() {
    return agents;
  }

  @Override
  public final StateStore states() {
    return states;
  }

  @Override
  public final LogStore logs() {
    return logs;
  }

  @Override
  public final SessionStore sessions() {
    return sessions;
  }

  @Override
  public final JournalStore journals() {
    return real.journals();
  }

  @Override
  public final DeadLetterStore deadLetters() {
    return deadLetters;
  }

  @Override
  public final CheckpointStore checkpoints() {
    return checkpoints;
  }

  @Override
  public final LargeValueStore largeValues() {
    return largeValues;
  }

  @Override
  public final TaskStore tasks() {
    return tasks;
  }

  @Override
  public final LifecycleEventStore lifecycleEvents() {
    return lifecycleEvents;
  }

  @Override
  public final MessageStore messages() {
    return messages;
  }

  @Override
  public final DataKeyStore dataKeys() {
    return dataKeys;
  }

  @Override
  public final EntryWriteStore entryWrites() {
    return entryWrites;
  }

  @Override
  public final HandledStore handled() {
    return handled;
  }

  @Override
  public final KnowledgeStore knowledge() {
    return knowledge;
  }

  @Override
  public final SagaStore sagas() {
    return sagas;
  }

  @Override
  public final AdviceStore advice() {
    return real.advice();
  }

  @Override
  public final OutboxStore outbox() {
    return real.outbox();
  }

  @Override
  public final UpkeepStore upkeep() {
    return real.upkeep();
  }

  @Override
  public final AlertStore alerts() {
    return alerts;
  }

  @Override
  public final RecoveryStore recovery() {
    return real.recovery();
  }

  @Override
  public final AuditStore audit() {
    return audit;
  }

  @Override
  public final ForgetStore forgetting() {
    return real.forgetting();
  }
}
