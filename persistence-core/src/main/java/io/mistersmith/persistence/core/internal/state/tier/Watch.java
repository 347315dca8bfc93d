package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.core.internal.base.Backoff;
import io.mistersmith.persistence.core.internal.base.LibraryThreads;
import io.mistersmith.persistence.core.internal.base.LoopService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the changes of one owner's entries with a prefix on a thread of its own. After a
 * reconnect it reads on behind the last message it has seen, so that nothing is missed (a plain KV
 * watch stayed silent for 28 s after a restart: tried); after the stream was recreated, from its
 * beginning.
 */
final class Watch implements StateRepository.Watch {

  private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
  private static final Duration SLICE = Duration.ofMillis(250);
  private static final Duration HEARTBEAT = Duration.ofSeconds(2);

  private final Journal journal;
  private final AgentId agent;
  private final String prefix;
  private final Consumer<JournalEntry> action;
  private final Backoff backoff = new Backoff(Duration.ofMillis(20), Duration.ofSeconds(1));
  private final LoopService thread;
  private BucketState stream;
  private long seen;
  private boolean warned;

  Watch(
      Journal journal,
      Services services,
      AgentId agent,
      String prefix,
      Consumer<JournalEntry> action) {
    this.journal = journal;
    this.agent = agent;
    this.prefix = prefix;
    this.action = action;
    this.stream = journal.state();
    this.seen = stream.lastSequence();
    this.thread =
        services.loop(
            "persistence-watch-" + journal.name(),
            "a watch of " + agent + " hears nothing",
            this::takeTurn);
    this.thread.start();
  }

  @Override
  public void close() {
    boolean unused = thread.close(Duration.ofSeconds(10));
  }

  private void takeTurn() {
    try {
      restartWhenStreamDid();
      follow();
    } catch (PersistenceException e) {
      interrupted(e);
      boolean unused = thread.pause(backoff.next());
    }
  }

  private void interrupted(PersistenceException e) {
    if (e.error() == DataError.CLOSED) {
      // The runtime was closed, and its watches with it.
      boolean unused = thread.close(Duration.ZERO);
    } else if (e.isTransient()) {
      LOG.debug(
          "bucket {}: watch of {} interrupted, resuming after {}: {}",
          journal.name(),
          agent,
          seen,
          e.getMessage());
    } else if (!warned) { // the right may be given back
      warned = true;
      LOG.warn(
          "bucket {}: watch of {} refused, its listener hears nothing until it is let in again: {}",
          journal.name(),
          agent,
          e.getMessage());
    }
  }

  private void follow() {
    try (JournalReader reader = journal.read(JournalRange.from(seen + 1).ofAgent(agent, prefix))) {
      long silentSince = System.nanoTime();
      while (thread.isOpen()) {
        thread.succeeded();
        warned = false;
        Optional<JournalEntry> next = thread.await(() -> reader.next(SLICE));
        if (next.isPresent()) {
          seen = next.get().sequence();
          deliver(next.get());
          backoff.reset();
          silentSince = System.nanoTime();
        } else if (System.nanoTime() - silentSince > HEARTBEAT.toNanos()) {
          if (restartWhenStreamDid()) {
            return;
          }
          silentSince = System.nanoTime();
        }
      }
    }
  }

  private boolean restartWhenStreamDid() {
    BucketState now = journal.state();
    boolean restarted = !now.created().equals(stream.created()) || now.lastSequence() < seen;
    if (restarted) {
      seen = 0;
    }
    stream = now;
    return restarted;
  }

  private void deliver(JournalEntry entry) {
    if (entry.metadata().hydrated().isPresent() || !thread.isOpen()) {
      return;
    }
    try {
      action.accept(entry);
    } catch (Throwable e) {
      LOG.warn(
          "bucket {}: the listener of a watch of {} failed on {}; the watch goes on",
          journal.name(),
          agent,
          entry.subject(),
          e);
    } finally {
      LibraryThreads.dropInterrupt("the listener of a watch");
    }
  }
}
