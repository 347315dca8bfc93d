package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import io.mistersmith.persistence.spi.hot.Operation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Deletes all that deleted owners had in a bucket, and removes what was before. The markers tell
 * every process that has an entry in memory, and hide what the server may bring back; they leave as
 * idle entries.
 *
 * <p>Make it before the owners' rows are deleted: what is written after that is kept, since an
 * agent may be registered again as soon as its row has gone.
 *
 * <p>The questions, the markers and the removals of several owners are pipelined. An owner without
 * entries costs one question.
 */
final class OwnerRemoval {

  /** Bounds the keys that are held here at a time. */
  private static final int OWNERS_AT_A_TIME = 32;

  /**
   * To remove all of an owner's entries together the server walks the stream: that many messages in
   * the time in which it removes those of one key (2.15.1; about so in 2.9.10).
   */
  private static final long MESSAGES_PER_KEY = 500;

  /** An owner of so many keys has their entries read together with those of others. */
  private static final int FEW_KEYS = 16;

  /** How many bytes the bucket's messages may have on average for that. */
  private static final long SMALL_BYTES = 16 * 1024;

  private static final byte[] NO_VALUE = {};

  private final Tiers tiers;
  private final Publisher publisher;
  private final BucketState before;
  private final Map<AgentId, PersistenceException> failures = new HashMap<>();

  /** A removal of what is in the bucket now. */
  OwnerRemoval(Tiers tiers, Publisher publisher) {
    this.tiers = tiers;
    this.publisher = publisher;
    this.before = tiers.journal().state();
  }

  /** Returns the failure of each owner whose entries may be left. */
  Map<AgentId, PersistenceException> remove(Collection<AgentId> owners) {
    List<AgentId> left = List.copyOf(owners);
    for (int from = 0; from < left.size(); from += OWNERS_AT_A_TIME) {
      removeTogether(left.subList(from, Math.min(from + OWNERS_AT_A_TIME, left.size())));
    }
    return failures;
  }

  private void removeTogether(List<AgentId> owners) {
    Map<AgentId, CompletableFuture<Set<StateKey>>> questions = new LinkedHashMap<>();
    owners.forEach(owner -> questions.put(owner, tiers.reads().keysAsync(owner, "")));
    Map<AgentId, Set<StateKey>> present = new LinkedHashMap<>();
    questions.forEach((owner, keys) -> attempt(owner, () -> present.put(owner, keys.join())));
    Optional<Map<StateKey, HotEntry>> few = entriesOfFewKeys(present.values());
    Map<AgentId, Map<StateKey, CompletableFuture<Revision.OfJournal>>> sent = new LinkedHashMap<>();
    present.forEach(
        (owner, keys) -> attempt(owner, () -> sent.put(owner, mark(entries(owner, keys, few)))));
    Map<AgentId, Map<StateKey, Revision.OfJournal>> markers = new LinkedHashMap<>();
    sent.forEach((owner, answers) -> attempt(owner, () -> markers.put(owner, marked(answers))));
    Map<AgentId, List<CompletableFuture<Void>>> removals = new LinkedHashMap<>();
    markers.forEach(
        (owner, written) ->
            attempt(owner, () -> removals.put(owner, removeBefore(owner, written))));
    removals.forEach(
        (owner, evictions) -> attempt(owner, () -> evictions.forEach(CompletableFuture::join)));
  }

  /**
   * Reads the entries of all owners with few keys in one request; a list costs each owner several.
   * Empty where they may be large, since they come with their values.
   */
  private Optional<Map<StateKey, HotEntry>> entriesOfFewKeys(Collection<Set<StateKey>> present) {
    if (before.bytes() > before.messages() * SMALL_BYTES) {
      return Optional.empty();
    }
    List<StateKey> keys =
        present.stream().filter(OwnerRemoval::isFew).flatMap(Collection::stream).toList();
    try {
      return Optional.of(tiers.reads().getAll(keys, ReadFrom.ANY_REPLICA));
    } catch (PersistenceException e) {
      return Optional.empty(); // the lists say why, for each owner
    }
  }

  private static boolean isFew(Set<StateKey> keys) {
    return keys.size() <= FEW_KEYS;
  }

  private Collection<HotEntry> entries(
      AgentId owner, Set<StateKey> keys, Optional<Map<StateKey, HotEntry>> few) {
    if (keys.isEmpty()) {
      return List.of();
    }
    if (few.isEmpty() || !isFew(keys)) {
      return tiers.reads().list(owner, "");
    }
    List<HotEntry> entries = new ArrayList<>(keys.size());
    for (StateKey key : keys) {
      Optional<HotEntry> entry = Optional.ofNullable(few.get().get(key));
      // A replica may not have it yet.
      entry.or(() -> tiers.reads().get(key, ReadFrom.LEADER)).ifPresent(entries::add);
    }
    return entries;
  }

  /** Marks the entries, except for those that were written since. */
  private Map<StateKey, CompletableFuture<Revision.OfJournal>> mark(Collection<HotEntry> entries) {
    Map<StateKey, CompletableFuture<Revision.OfJournal>> sent = new LinkedHashMap<>();
    for (HotEntry entry : entries) {
      if (isOld(entry)) {
        sent.put(entry.key(), publisher.publishMarker(entry.key(), entry.sequence()));
      }
    }
    return sent;
  }

  private boolean isOld(HotEntry entry) {
    return entry.sequence() <= before.lastSequence();
  }

  /** A list may come from a replica that lags: after a conflict the leader is asked. */
  private Map<StateKey, Revision.OfJournal> marked(
      Map<StateKey, CompletableFuture<Revision.OfJournal>> sent) {
    Map<StateKey, Revision.OfJournal> markers = new LinkedHashMap<>();
    sent.forEach(
        (key, answer) -> {
          try {
            markers.put(key, answer.join());
          } catch (CompletionException e) {
            if (e.getCause() == null || !Conflicts.isConflict(e.getCause())) {
              throw e;
            }
            Conflicts.retry(() -> markAfterLeader(key)).ifPresent(it -> markers.put(key, it));
          }
        });
    return markers;
  }

  private Optional<Revision.OfJournal> markAfterLeader(StateKey key) {
    return tiers
        .reads()
        .get(key, ReadFrom.LEADER)
        .filter(this::isOld)
        .map(
            entry ->
                publisher.publish(
                    key, Operation.DELETE, NO_VALUE, EntryMetadata.NONE, entry.sequence()));
  }

  private List<CompletableFuture<Void>> removeBefore(
      AgentId owner, Map<StateKey, Revision.OfJournal> markers) {
    List<CompletableFuture<Void>> removals = new ArrayList<>();
    if (markers.size() * MESSAGES_PER_KEY < before.messages()) {
      markers.forEach(
          (key, marker) ->
              removals.add(
                  tiers.writes().evict(tiers.journal().subject(key), marker.sequence() - 1)));
    } else if (!markers.isEmpty()) {
      long through = before.lastSequence();
      for (Revision.OfJournal marker : markers.values()) {
        through = Math.min(through, marker.sequence() - 1);
      }
      removals.add(tiers.writes().evictAgent(owner, through));
    }
    return removals;
  }

  private void attempt(AgentId owner, Runnable step) {
    try {
      step.run();
    } catch (PersistenceException e) {
      failures.put(owner, e);
    } catch (CompletionException e) {
      failures.put(
          owner,
          e.getCause() instanceof PersistenceException failure
              ? failure
              : new TransientPersistenceException(
                  DataError.CONNECTION_FAILED,
                  "bucket "
                      + tiers.reads().name()
                      + ": the entries of agent "
                      + owner
                      + " may be left",
                  e.getCause()));
    }
  }
}
