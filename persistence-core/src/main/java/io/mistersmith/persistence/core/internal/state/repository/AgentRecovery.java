package io.mistersmith.persistence.core.internal.state.repository;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.AgentStore.StoredAgent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares the bucket AGENT_CONFIG with a registry that may have gone back, and writes to the
 * registry what it lacks. The bucket was written after each commit, so that what it has and the
 * registry has not was lost. Idempotent; any number of runtimes may do it at once.
 */
public final class AgentRecovery {

  private static final Logger LOG = LoggerFactory.getLogger(AgentRecovery.class);
  private static final Duration NEXT = Duration.ofSeconds(2);
  private static final int BATCH = 200;

  private final AgentStore agents;
  private final HotBucket bucket;
  private final AgentPublisher publisher;
  private final AgentCodec codec = new AgentCodec();

  /** Recovers {@code agents} from {@code bucket}. */
  public AgentRecovery(AgentStore agents, HotBucket bucket, AgentPublisher publisher) {
    this.agents = agents;
    this.bucket = bucket;
    this.publisher = publisher;
  }

  /**
   * What was found.
   *
   * @param restored agents whose row was absent or older, and was written
   * @param returned agents that were deleted, and are in the registry again
   * @param refused agents that could not be restored: the registry refuses them, or this release
   *     cannot read what the bucket has
   */
  public record Found(Set<AgentId> restored, Set<AgentId> returned, Set<AgentId> refused) {

    /** Nothing yet. */
    public Found() {
      this(new LinkedHashSet<>(), new LinkedHashSet<>(), new LinkedHashSet<>());
    }
  }

  /** A row, and what the bucket has in its place. */
  private record Pair(StoredAgent row, HotEntry entry) {}

  /**
   * Compares all agents.
   *
   * @param found takes what is found; a call that fails leaves what it has restored there
   * @throws io.mistersmith.persistence.error.PersistenceException when a store does not answer;
   *     call it again then
   */
  public void recover(Found found) {
    found.refused().clear();
    List<AgentId> all = List.copyOf(published());
    Map<AgentId, HotEntry> absent = new LinkedHashMap<>();
    List<Pair> different = new ArrayList<>();
    for (int from = 0; from < all.size(); from += BATCH) {
      List<AgentId> batch = all.subList(from, Math.min(from + BATCH, all.size()));
      Map<AgentId, StoredAgent> rows = agents.findAll(batch);
      bucket
          .reads()
          .getAll(batch.stream().map(AgentPublisher::key).toList(), ReadFrom.LEADER)
          .forEach(
              (key, entry) -> {
                StoredAgent row = rows.get(key.agent());
                if (row == null) {
                  absent.put(key.agent(), entry);
                } else if (isDifferent(row, entry, found)) {
                  different.add(new Pair(row, entry));
                }
              });
    }
    // In this order: the later version of an agent may have an absent one as its parent.
    restoreAbsent(absent, found);
    for (Pair pair : different) {
      attempt(pair.row().agent().id(), found, () -> write(pair.row(), pair.entry(), found));
    }
  }

  /** Returns those of the agents that the registry has. */
  public Set<AgentId> registered(Collection<AgentId> candidates) {
    Set<AgentId> registered = new LinkedHashSet<>();
    List<AgentId> all = candidates.stream().filter(agent -> !agent.isExternal()).toList();
    for (int from = 0; from < all.size(); from += BATCH) {
      registered.addAll(
          agents.findAll(all.subList(from, Math.min(from + BATCH, all.size()))).keySet());
    }
    return registered;
  }

  /** One agent that cannot be restored must not keep the others from it. */
  private static void attempt(AgentId agent, Found found, Runnable restore) {
    try {
      restore.run();
    } catch (NonTransientPersistenceException e) {
      if (e.error() == DataError.CLOSED) {
        throw e;
      }
      LOG.error("agent {} cannot be restored from KV", agent, e);
      found.refused().add(agent);
    }
  }

  /** Reads the whole stream without values: it has a few messages for each agent. */
  private Set<AgentId> published() {
    Set<AgentId> ids = new LinkedHashSet<>();
    if (bucket.journal().state().messages() == 0) {
      return ids;
    }
    try (JournalReader reader = bucket.journal().read(JournalRange.from(1).withoutValues())) {
      long pending;
      do {
        JournalEntry entry =
            reader
                .next(NEXT)
                .orElseThrow(
                    () ->
                        new TransientPersistenceException(
                            DataError.CONNECTION_FAILED,
                            bucket.journal().name() + " could not be read to its end"));
        entry.key().map(StateKey::agent).filter(agent -> !agent.isExternal()).ifPresent(ids::add);
        pending = entry.pending();
      } while (pending > 0);
    }
    return ids;
  }

  /** Returns whether the bucket has a later version than the row, or another content of it. */
  private boolean isDifferent(StoredAgent row, HotEntry entry, Found found) {
    AgentId id = row.agent().id();
    OptionalLong version = version(entry);
    if (version.isEmpty()) {
      if (entry.operation() != Operation.PUT && row.updatedAt().isBefore(entry.time())) {
        found.returned().add(id);
      }
      return false;
    }
    if (row.version() != version.getAsLong()) {
      return row.version() < version.getAsLong();
    }
    boolean[] equal = {true};
    attempt(id, found, () -> equal[0] = codec.decode(entry.value()).equals(row.agent()));
    return !equal[0];
  }

  private void write(StoredAgent row, HotEntry entry, Found found) {
    Agent agent = codec.decode(entry.value());
    long known = version(entry).orElseThrow();
    boolean rowIsLater = row.version() == known || row.updatedAt().isAfter(entry.time());
    Optional<StoredAgent> written =
        rowIsLater
            ? agents.restore(row.agent(), row.version(), known + 1)
            : agents.restore(agent, row.version(), known);
    written.ifPresent(
        stored -> {
          publisher.publish(stored);
          if (!rowIsLater) {
            found.restored().add(agent.id());
          }
        });
  }

  /** Parents first: a child refers to its parent. */
  private void restoreAbsent(Map<AgentId, HotEntry> absent, Found found) {
    List<Agent> lost = new ArrayList<>();
    Map<AgentId, Long> versions = new HashMap<>();
    absent.forEach(
        (id, entry) ->
            version(entry)
                .ifPresent(
                    version ->
                        attempt(
                            id,
                            found,
                            () -> {
                              lost.add(codec.decode(entry.value()));
                              versions.put(id, version);
                            })));
    for (Agent agent : AgentLineage.parentsFirst(lost)) {
      long version = versions.getOrDefault(agent.id(), 1L);
      attempt(
          agent.id(),
          found,
          () ->
              agents
                  .restore(agent, AgentStore.NONE, version)
                  .ifPresent(
                      stored -> {
                        publisher.publish(stored);
                        found.restored().add(agent.id());
                      }));
    }
  }

  /** The version of an agent's entry; a marker, or what others have written, has none. */
  private static OptionalLong version(HotEntry entry) {
    return entry.operation() == Operation.PUT && entry.metadata().published().isPresent()
        ? OptionalLong.of(entry.metadata().published().get().version())
        : OptionalLong.empty();
  }
}
