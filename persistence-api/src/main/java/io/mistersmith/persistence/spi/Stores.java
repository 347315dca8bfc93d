package io.mistersmith.persistence.spi;

import io.mistersmith.persistence.config.Bucket;
import java.time.Clock;
import java.util.List;

/** The opened stores of one runtime. Thread-safe. */
public interface Stores extends AutoCloseable {

  /** The bucket, made if it does not exist. The same handle every time. */
  HotBucket bucket(Bucket bucket);

  /** The registry of agents. */
  AgentStore agents();

  /** The durable copy of the agents' state. */
  StateStore states();

  /** Positions, epochs, leases, and the one transaction that a flush is. */
  JournalStore journals();

  /** The entries that could not be flushed. */
  DeadLetterStore deadLetters();

  /** Copies of agents' states. */
  CheckpointStore checkpoints();

  /** What has happened to agents. */
  LifecycleEventStore lifecycleEvents();

  /**
   * Calls {@code action} whenever the connection to the hot store was lost and is back, on a thread
   * that may block.
   */
  void onReconnect(Runnable action);

  /**
   * The hot store's clock, as closely as this runtime knows it. Ends and ages of entries are judged
   * by it alone: a process whose own clock is wrong judges as all others do.
   */
  Clock clock();

  /** What the servers cannot do and was turned off for it, in sentences for an operator. */
  List<String> notices();

  /** Closes the connections. Calls under way fail as closed. */
  @Override
  void close();
}
