package io.mistersmith.persistence.core.internal.state.journal;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Tells by a journal's content whether a database and a bucket without an identity belong together.
 *
 * <p>A database that has a position of this very stream has met it. One without a position is a new
 * one, or another installation's: then the bucket must be empty. One with a position of an earlier
 * stream of this name belongs to the bucket if the stream was recreated, and then some of the
 * agents whose entries it holds are registered here; if none is, the bucket is another
 * installation's.
 */
public final class JournalEvidence implements BucketOwner.Evidence {

  private static final int AGENTS = 100;
  private static final int MESSAGES = 2_000;
  private static final int AT_ONCE = 1_000;
  private static final int NAMED = 5;
  private static final Duration NEXT = Duration.ofSeconds(2);

  private final Journal journal;
  private final JournalStore journals;
  private final AgentStore agents;

  /** Compares {@code journal} with the database that the two stores are of. */
  public JournalEvidence(Journal journal, JournalStore journals, AgentStore agents) {
    this.journal = journal;
    this.journals = journals;
    this.agents = agents;
  }

  /**
   * {@inheritDoc}
   *
   * <p>The state must have been asked for before this call: a runtime that opens both stores for
   * the first time at the same moment writes its position before its first entry.
   */
  @Override
  public Optional<String> againstUse(BucketState state) {
    Optional<JournalPosition> position = journals.position(journal.name());
    boolean met = position.map(at -> at.streamCreated().equals(state.created())).orElse(false);
    if (state.messages() == 0 || met || (position.isPresent() && knowsItsAgents())) {
      return Optional.empty();
    }
    return Optional.of(
        position.isPresent()
            ? "the bucket that this database was flushed from was made "
                + position.get().streamCreated()
                + ", and none of the agents of its entries is registered here"
            : "this database has never met it");
  }

  /** Whether an agent of the first entries is registered, or none of them is anybody's. */
  private boolean knowsItsAgents() {
    Set<AgentId> met = new HashSet<>();
    try (JournalReader reader = journal.read(JournalRange.from(1).withoutValues())) {
      Optional<JournalEntry> next = reader.next(NEXT);
      for (int i = 0; next.isPresent() && i < MESSAGES && met.size() < AGENTS; i++) {
        agent(next.get()).ifPresent(met::add);
        next = next.get().pending() == 0 ? Optional.empty() : reader.next(NEXT);
      }
    }
    return met.isEmpty() || !agents.findAll(met).isEmpty();
  }

  /**
   * {@inheritDoc}
   *
   * <p>Reads the whole stream without values. A key of an external owner says nothing about
   * registered agents, and does not count.
   */
  @Override
  public void requireKnownAgents() {
    if (journal.state().messages() == 0) {
      return;
    }
    Unknown unknown = new Unknown();
    Map<AgentId, Integer> met = new HashMap<>();
    try (JournalReader reader = journal.read(JournalRange.from(1).withoutValues())) {
      long pending;
      do {
        JournalEntry entry = reader.next(NEXT).orElseThrow(this::cutOff);
        agent(entry).ifPresent(agent -> met.merge(agent, 1, Integer::sum));
        pending = entry.pending();
        if (met.size() >= AT_ONCE || pending == 0) {
          unknown.add(met);
          met.clear();
        }
      } while (pending > 0);
    }
    unknown.requireNone();
  }

  private TransientPersistenceException cutOff() {
    return new TransientPersistenceException(
        DataError.CONNECTION_FAILED,
        "bucket "
            + journal.name()
            + ": nothing was taken over, as its entries could not be read to the end; open again");
  }

  /** The messages of agents that are not registered. */
  private final class Unknown {

    private final Set<String> named = new TreeSet<>();
    private long messages;

    void add(Map<AgentId, Integer> met) {
      Set<AgentId> registered = agents.findAll(met.keySet()).keySet();
      met.forEach(
          (agent, count) -> {
            if (!registered.contains(agent)) {
              messages += count;
              if (named.size() < NAMED) {
                named.add(agent.toString());
              }
            }
          });
    }

    void requireNone() {
      if (messages > 0) {
        throw new NonTransientPersistenceException(
            DataError.MISCONFIGURED,
            "bucket "
                + journal.name()
                + " is not taken over: "
                + messages
                + " of its messages are of agents that are not registered in this database, such as"
                + " "
                + named
                + ", and each would become a dead letter. Register the agents first (open once with"
                + " another nats.namePrefix and save them, or restore agents.registry); or, if the"
                + " entries are no longer needed, delete the bucket: nats kv del "
                + journal.name());
      }
    }
  }

  private static Optional<AgentId> agent(JournalEntry entry) {
    return entry.key().map(StateKey::agent).filter(agent -> !agent.isExternal());
  }
}
