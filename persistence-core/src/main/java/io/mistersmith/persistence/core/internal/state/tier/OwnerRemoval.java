package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import io.mistersmith.persistence.spi.hot.Operation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Deletes all that deleted owners had in a bucket, and removes what was before. The markers tell
 * every process that has an entry in memory, and hide what the server may bring back; they leave as
 * idle entries.
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

  private static final byte[] NO_VALUE = {};

  private final Tiers tiers;
  private final Publisher publisher;
  private final Map<AgentId, PersistenceException> failures = new HashMap<>();

  OwnerRemoval(Tiers tiers, Publisher publisher) {
    this.tiers = tiers;
    this.publisher = publisher;
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
    BucketState before;
    try {
      before = tiers.journal().state();
    } catch (PersistenceException e) {
      owners.forEach(owner -> failures.put(owner, e));
      return;
    }
    Map<AgentId, CompletableFuture<Set<StateKey>>> questions = new LinkedHashMap<>();
    owners.forEach(owner -> questions.put(owner, tiers.reads().keysAsync(owner, "")));
    Map<AgentId, Map<StateKey, CompletableFuture<Revision.OfJournal>>> markers =
        new LinkedHashMap<>();
    questions.forEach(
        (owner, keys) ->
            attempt(
                owner,
                () -> {
                  Map<StateKey, CompletableFuture<Revision.OfJournal>> sent = new LinkedHashMap<>();
                  keys.join().forEach(key -> sent.put(key, marker(key)));
                  markers.put(owner, sent);
                }));
    Map<AgentId, List<CompletableFuture<Void>>> removals = new LinkedHashMap<>();
    markers.forEach(
        (owner, sent) ->
            attempt(owner, () -> removals.put(owner, removeBefore(owner, sent, before))));
    removals.forEach((owner, sent) -> attempt(owner, () -> sent.forEach(CompletableFuture::join)));
  }

  private List<CompletableFuture<Void>> removeBefore(
      AgentId owner,
      Map<StateKey, CompletableFuture<Revision.OfJournal>> markers,
      BucketState before) {
    List<CompletableFuture<Void>> removals = new ArrayList<>();
    if (markers.size() * MESSAGES_PER_KEY < before.messages()) {
      markers.forEach(
          (key, marker) ->
              removals.add(
                  tiers
                      .writes()
                      .evict(tiers.journal().subject(key), marker.join().sequence() - 1)));
    } else if (!markers.isEmpty()) {
      long through = before.lastSequence();
      for (CompletableFuture<Revision.OfJournal> marker : markers.values()) {
        through = Math.min(through, marker.join().sequence() - 1);
      }
      removals.add(tiers.writes().evictAgent(owner, through));
    }
    return removals;
  }

  /** Also where there is a marker: a replica may not know yet that the key was written again. */
  private CompletableFuture<Revision.OfJournal> marker(StateKey key) {
    return publisher.publishAsync(
        key, Operation.DELETE, NO_VALUE, EntryMetadata.NONE, HotWrites.ANY);
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
