package io.mistersmith.persistence.core.internal.state.checkpoint;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.Checkpoints.Restored;
import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.state.flush.Commits;
import io.mistersmith.persistence.core.internal.state.tier.Entry;
import io.mistersmith.persistence.core.internal.state.tier.KeyState;
import io.mistersmith.persistence.core.internal.state.tier.TieredStore;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.HybridClock;
import io.mistersmith.persistence.model.HybridTimestamp;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.VectorClock;
import io.mistersmith.persistence.spi.hot.EntryMetadata.Provenance;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.sql.LifecycleEventStore;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Restores an agent's state to the content of a checkpoint, by writes like any others.
 *
 * <p>First the agent's writes are flushed, so that its rows and the bucket together hold its state.
 * Then only what differs is written, pipelined, so that a restore that was cut off goes on where it
 * was when it is run again. A version that knows where it comes from is replaced by one that has
 * seen it and what the checkpoint holds; if another write comes in between, it looks again, so that
 * it has seen that one, too. The others are replaced whatever is there.
 */
public final class Restorer {

  /** As long as any entry's clock gets; see ResolvingWriter. */
  private static final int CLOCK_LIMIT = 32;

  private static final int ATTEMPTS = 3;

  private final TieredStore store;
  private final Commits commits;
  private final LifecycleEventStore events;
  private final HybridClock clock;

  /** Restores into {@code store}, whose writes {@code commits} waits for. */
  public Restorer(
      TieredStore store, Commits commits, LifecycleEventStore events, HybridClock clock) {
    this.store = store;
    this.commits = commits;
    this.events = events;
    this.clock = clock;
  }

  /** A write that is to be made: a value, or a delete where there is none. */
  private record Change(StateKey key, Optional<StoredState> wanted, Optional<KeyState> keyState) {

    Optional<byte[]> json() {
      return wanted.map(StoredState::value);
    }

    Optional<Instant> expiresAt() {
      return wanted.flatMap(StoredState::expiresAt);
    }
  }

  Restored restore(Restoration restoration, List<StoredState> entries, Deadline deadline) {
    long started = System.nanoTime();
    AgentId agent = restoration.agent();
    store
        .lastWrites()
        .of(agent)
        .ifPresent(revision -> commits.awaitAll(restoration.toString(), revision, deadline.left()));
    Map<StateKey, StoredState> wanted = wanted(agent, entries);
    Map<StateKey, KeyState> keyStates = store.keyStates(agent, wanted.keySet());
    if (!restoration.mayReplace()) {
      checkEmpty(restoration, keyStates);
    }
    List<Change> changes = changes(wanted, keyStates);
    checkSizes(restoration, changes);
    Optional<Revision.OfJournal> last = write(restoration, changes, deadline);
    last.ifPresent(revision -> commits.awaitAgent(agent, revision, deadline.left()));
    int written = (int) changes.stream().filter(change -> change.wanted().isPresent()).count();
    Restored restored =
        new Restored(
            restoration.checkpoint().id(),
            restoration.agent(),
            written,
            changes.size() - written,
            wanted.size() - written,
            last.map(revision -> revision),
            Duration.ofNanos(System.nanoTime() - started));
    record(restoration, restored);
    return restored;
  }

  private Map<StateKey, StoredState> wanted(AgentId agent, List<StoredState> entries) {
    Instant now = store.tiers().clock().instant();
    Map<StateKey, StoredState> wanted = new HashMap<>();
    for (StoredState entry : entries) {
      if (entry.expiresAt().map(at -> at.isAfter(now)).orElse(true)) {
        wanted.put(new StateKey(agent, entry.key().type(), entry.key().key()), entry);
      }
    }
    return wanted;
  }

  private static void checkEmpty(Restoration restoration, Map<StateKey, KeyState> keyStates) {
    long live = keyStates.values().stream().filter(s -> s.live().isPresent()).count();
    if (live > 0) {
      throw new NonTransientPersistenceException(
          DataError.DUPLICATE_KEY,
          restoration
              + ": the agent has "
              + live
              + " entries; fork to one without, or say that they are to be replaced");
    }
  }

  /** A restore that cannot be finished is not begun. */
  private void checkSizes(Restoration restoration, List<Change> changes) {
    int most = store.tiers().writes().maxValueBytes();
    for (Change change : changes) {
      int bytes = change.json().map(json -> json.length).orElse(0);
      if (bytes > most) {
        throw new NonTransientPersistenceException(
            DataError.VALUE_TOO_LARGE,
            restoration
                + ": nothing was changed, since the value of key "
                + change.key()
                + " has "
                + bytes
                + " bytes, more than the "
                + most
                + " that the bucket and the server take; raise the limit of both");
      }
    }
  }

  private static List<Change> changes(
      Map<StateKey, StoredState> wanted, Map<StateKey, KeyState> keyStates) {
    List<Change> changes = new ArrayList<>();
    wanted.forEach(
        (key, entry) -> {
          Optional<KeyState> keyState = Optional.ofNullable(keyStates.get(key));
          if (!keyState.flatMap(KeyState::live).filter(live -> isSame(live, entry)).isPresent()) {
            changes.add(new Change(key, Optional.of(entry), keyState));
          }
        });
    keyStates.forEach(
        (key, keyState) -> {
          if (keyState.live().isPresent() && !wanted.containsKey(key)) {
            changes.add(new Change(key, Optional.empty(), Optional.of(keyState)));
          }
        });
    return changes;
  }

  private static boolean isSame(Entry live, StoredState entry) {
    boolean sameWrite = live.key().equals(entry.key()) && live.revision().equals(entry.revision());
    return sameWrite
        || (live.expiresAt().equals(entry.expiresAt())
            && Arrays.equals(live.json(), entry.value()));
  }

  private Optional<Revision.OfJournal> write(
      Restoration restoration, List<Change> changes, Deadline deadline) {
    Pipeline<Change> pipeline = new Pipeline<>(restoration.toString(), changes.size(), deadline);
    for (Change change : changes) {
      pipeline.send(
          change,
          () ->
              store.replaceAsync(
                  change.key(),
                  change.json(),
                  change.expiresAt(),
                  provenance(change, change.keyState()),
                  change.keyState().map(KeyState::place).orElse(HotWrites.NONE)));
    }
    return pipeline.join(this::writeAgain);
  }

  /** For a version that was replaced or moved after it was looked at. */
  private Revision.OfJournal writeAgain(Change change) {
    return Conflicts.retry(
        () -> {
          Optional<KeyState> keyState = store.keyState(change.key());
          return store.writeAfter(
              keyState.map(KeyState::place).orElse(HotWrites.NONE),
              change.key(),
              change.json(),
              change.expiresAt(),
              provenance(change, keyState).orElseGet(() -> Provenance.of(clock.now())));
        });
  }

  /**
   * Returns a provenance later than the present entry's and the checkpoint's, if either has one.
   */
  private Optional<Provenance> provenance(Change change, Optional<KeyState> keyState) {
    List<Provenance> seen =
        Stream.concat(
                keyState.flatMap(KeyState::provenance).stream(),
                change.wanted().flatMap(StoredState::provenance).stream())
            .toList();
    if (seen.isEmpty()) {
      return Optional.empty();
    }
    VectorClock both = VectorClock.empty();
    for (Provenance version : seen) {
      clock.observe(version.timestamp());
      both = both.merge(version.clock());
    }
    HybridTimestamp now = clock.now();
    return Optional.of(new Provenance(now, both.tick(now).pruned(CLOCK_LIMIT)));
  }

  /** The same event each time it is tried, which PostgreSQL takes once. */
  private void record(Restoration restoration, Restored restored) {
    LifecycleEvent event =
        LifecycleEvent.of(
            restored.agent(),
            restoration.eventType(),
            Map.of(
                "checkpoint", restored.checkpoint().toString(),
                "of_agent", restoration.checkpoint().agent().toString(),
                "written", restored.written(),
                "deleted", restored.deleted()),
            store.tiers().clock().instant());
    for (int attempt = 1; ; attempt++) {
      try {
        boolean unused = events.record(event);
        return;
      } catch (TransientPersistenceException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }
}
