package io.mistersmith.persistence.spi.sql;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Gives the durable stores, one for each family of rows. Where they come from decides when their
 * writes are committed: from a {@link SqlStore} each call is a transaction of its own, from a
 * {@link SqlUnit} all calls are in one.
 */
public interface SqlAccess {

  /** A call of a store that changes nothing, and may be repeated after a failure. */
  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @interface Read {}

  /** Returns the registry of agents. */
  AgentStore agents();

  /** Returns the durable copy of the agents' state. */
  StateStore states();

  /** Returns the durable copy of the entries of logs. */
  LogStore logs();

  /** Returns the sessions of users and agents. */
  SessionStore sessions();

  /** Returns the positions, epochs and leases of the journals, and the flush's transaction. */
  JournalStore journals();

  /** Returns the entries that could not be flushed. */
  DeadLetterStore deadLetters();

  /** Returns the copies of agents' states. */
  CheckpointStore checkpoints();

  /** Returns the chunks of large values. */
  LargeValueStore largeValues();

  /** Returns the queue of tasks. */
  TaskStore tasks();

  /** Returns the history of agents. */
  LifecycleEventStore lifecycleEvents();

  /** Returns the messages between agents, and their channels. */
  MessageStore messages();

  /** Returns which messages of streams were handled. */
  HandledStore handled();

  /** Returns the facts that agents know. */
  KnowledgeStore knowledge();

  /** Returns the runs of sagas and their logs. */
  SagaStore sagas();

  /** Returns the changes of entries that are committed and not in KV yet. */
  EntryWriteStore entryWrites();

  /** Returns the data keys that encrypt entries. */
  DataKeyStore dataKeys();

  /** Returns what the database's statistics say about indexes and statements. */
  AdviceStore advice();

  /** Returns the outbox of committed changes. */
  OutboxStore outbox();

  /** Returns what upkeep and health ask of the store. */
  UpkeepStore upkeep();

  /** Returns the thresholds of alerts, and what was found of them. */
  AlertStore alerts();

  /** Returns the backups and drills that the store knows of. */
  RecoveryStore recovery();

  /** Returns the log of changes. */
  AuditStore audit();

  /** Returns what removes all that the store has of an agent. */
  ForgetStore forgetting();
}
