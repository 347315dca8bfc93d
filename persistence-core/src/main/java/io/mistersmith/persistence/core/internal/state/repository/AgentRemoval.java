package io.mistersmith.persistence.core.internal.state.repository;

import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.core.internal.state.tier.WritesUnderWay;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.AgentStore.StoredAgent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Deletes agents: their entries in the bucket first, then their rows, then their state.
 *
 * <p>The marker comes first: from then on readers ask PostgreSQL, so that a death before the next
 * step leaves nothing that says otherwise. It is written again after the row is gone, over what a
 * save that was faster may have published meanwhile, but not over the agent's next registration.
 *
 * <p>An agent whose deletion PostgreSQL refuses is published again over the marker. While
 * PostgreSQL is away no marker is written.
 */
final class AgentRemoval {

  /** Few enough that the rows that go with a batch of large agents are deleted in time. */
  private static final int BATCH = 100;

  private final AgentStore agents;
  private final AgentPublisher publisher;
  private final Supplier<Function<Collection<AgentId>, Map<AgentId, PersistenceException>>> states;
  private final WritesUnderWay underWay;

  AgentRemoval(
      AgentStore agents,
      AgentPublisher publisher,
      Supplier<Function<Collection<AgentId>, Map<AgentId, PersistenceException>>> states,
      WritesUnderWay underWay) {
    this.agents = agents;
    this.publisher = publisher;
    this.states = states;
    this.underWay = underWay;
  }

  /** Removes the state of an agent without a row, too: an earlier delete may have failed there. */
  void delete(AgentId id, long expectedVersion) {
    boolean unused =
        underWay.run(
            id,
            () -> {
              Function<Collection<AgentId>, Map<AgentId, PersistenceException>> removal =
                  states.get();
              boolean unusedRow = agents.find(id).isPresent();
              long marker = publisher.markers().retract(id);
              boolean existed = deleteRow(id, expectedVersion, removal);
              publisher
                  .markers()
                  .retractAgain(Map.of(id, marker))
                  .values()
                  .forEach(AgentRemoval::fail);
              removal.apply(Set.of(id)).values().forEach(AgentRemoval::fail);
              return existed;
            });
  }

  private static void fail(PersistenceException failure) {
    throw failure;
  }

  private boolean deleteRow(
      AgentId id,
      long expectedVersion,
      Function<Collection<AgentId>, Map<AgentId, PersistenceException>> removal) {
    try {
      return agents.delete(id, expectedVersion);
    } catch (PersistenceException e) {
      putBack(Map.of(id, e), removal);
      throw e;
    }
  }

  /**
   * Publishes agents again whose row is still there, and removes the state of those that had none:
   * an earlier delete may have failed there.
   *
   * @param failures why each was not deleted; further failures are added to them
   */
  private void putBack(
      Map<AgentId, PersistenceException> failures,
      Function<Collection<AgentId>, Map<AgentId, PersistenceException>> removal) {
    if (failures.isEmpty()) {
      return;
    }
    try {
      Map<AgentId, StoredAgent> rows = agents.findAll(failures.keySet());
      boolean unused = publisher.publishAll(rows.values());
      Set<AgentId> gone = new LinkedHashSet<>();
      failures.forEach(
          (id, failure) -> {
            if (Conflicts.isConflict(failure) && !rows.containsKey(id)) {
              gone.add(id);
            }
          });
      if (!gone.isEmpty()) {
        removal
            .apply(gone)
            .forEach((id, left) -> Objects.requireNonNull(failures.get(id)).addSuppressed(left));
      }
    } catch (PersistenceException e) {
      failures.values().stream().distinct().forEach(failure -> failure.addSuppressed(e));
    }
  }

  /**
   * Deletes agents, whatever their versions.
   *
   * @return for each agent the version that it had, {@link AgentStore#NONE} where there was none
   */
  Map<AgentId, DataResult<Long>> deleteAll(Collection<AgentId> ids) {
    Map<AgentId, DataResult<Long>> results = new LinkedHashMap<>();
    ids.forEach(id -> results.put(id, DataResult.success(AgentStore.NONE)));
    List<AgentId> left = new ArrayList<>(results.keySet());
    int before = left.size() + 1;
    // A parent goes once its children are gone, which may be in a later batch.
    while (!left.isEmpty() && left.size() < before) {
      before = left.size();
      left = deleteOnce(left, results);
      Collections.reverse(left);
    }
    return results;
  }

  /** Returns the agents that may go once others are gone. */
  private List<AgentId> deleteOnce(List<AgentId> ids, Map<AgentId, DataResult<Long>> results) {
    List<AgentId> refused = new ArrayList<>();
    for (int from = 0; from < ids.size(); from += BATCH) {
      List<AgentId> batch = ids.subList(from, Math.min(from + BATCH, ids.size()));
      Map<AgentId, DataResult<Long>> deleted = deleteTogether(batch);
      results.putAll(deleted);
      deleted.forEach(
          (id, result) ->
              result
                  .failure()
                  .filter(e -> e.error() == DataError.CONSTRAINT_VIOLATION)
                  .ifPresent(e -> refused.add(id)));
      Optional<PersistenceException> outage = Rows.outage(deleted.values());
      if (outage.isPresent()) {
        ids.subList(from + batch.size(), ids.size())
            .forEach(id -> results.put(id, DataResult.failure(outage.get())));
        return List.of();
      }
    }
    return refused;
  }

  private Map<AgentId, DataResult<Long>> deleteTogether(List<AgentId> batch) {
    try {
      return underWay.run(batch.get(0), () -> deleteNow(batch));
    } catch (PersistenceException e) {
      Map<AgentId, DataResult<Long>> results = new LinkedHashMap<>();
      batch.forEach(id -> results.put(id, DataResult.failure(e)));
      return results;
    }
  }

  private Map<AgentId, DataResult<Long>> deleteNow(List<AgentId> batch) {
    Function<Collection<AgentId>, Map<AgentId, PersistenceException>> removal = states.get();
    boolean unusedRows = agents.findAll(batch).isEmpty();
    Map<AgentId, PersistenceException> failures = new HashMap<>();
    Map<AgentId, Long> markers = publisher.markers().retractAll(batch, failures);
    Map<AgentId, DataResult<Long>> deleted = deleteRows(markers.keySet(), removal);
    Map<AgentId, PersistenceException> refused = new LinkedHashMap<>();
    deleted.forEach((id, result) -> result.failure().ifPresent(e -> refused.put(id, e)));
    putBack(refused, removal);
    markers.keySet().removeAll(refused.keySet());
    failures.putAll(publisher.markers().retractAgain(markers));
    if (!markers.isEmpty()) {
      removal.apply(markers.keySet()).forEach(failures::putIfAbsent);
    }
    Map<AgentId, DataResult<Long>> results = new LinkedHashMap<>();
    for (AgentId id : batch) {
      PersistenceException failure = failures.get(id);
      results.put(
          id,
          failure == null ? Objects.requireNonNull(deleted.get(id)) : DataResult.failure(failure));
    }
    return results;
  }

  private Map<AgentId, DataResult<Long>> deleteRows(
      Set<AgentId> ids, Function<Collection<AgentId>, Map<AgentId, PersistenceException>> removal) {
    try {
      return ids.isEmpty() ? Map.of() : agents.deleteAll(ids);
    } catch (PersistenceException e) {
      Map<AgentId, PersistenceException> failures = new LinkedHashMap<>();
      ids.forEach(id -> failures.put(id, e));
      putBack(failures, removal);
      throw e;
    }
  }
}
