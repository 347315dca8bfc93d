package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.core.internal.base.Failures;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Answers reads from PostgreSQL alone, after the bucket did not answer them.
 *
 * <p>A row is an answer if it includes every write of the key that this process knows of: a row
 * that is older than the floor of the key lacks a write that waits in the journal. Of a key whose
 * floor had to be forgotten, the row is an answer if the position has reached the highest revision
 * that was forgotten, and PostgreSQL refused no entry of the key.
 *
 * <p>Without a row there is no answer: another process may have created the key, and the journal,
 * where its write may still wait, cannot be read. A row that was deleted or has expired is one.
 *
 * <p>What is read here is neither hydrated nor kept in memory, but it raises the floor of its key:
 * a replica that answers later may lack it. A row does not tell whether its step has written other
 * keys, and the watch of the memory may be as cut off as this read was. So before the rows are
 * asked, what the memory has of the owner's keys is dropped.
 */
final class RowReader {

  private final Tiers tiers;

  RowReader(Tiers tiers) {
    this.tiers = tiers;
  }

  /** Whether a read that failed like this may be answered here. */
  boolean canAnswer(Throwable failure) {
    return tiers.sql().isPresent()
        && !Thread.currentThread().isInterrupted()
        && Failures.isAway(Failures.cause(failure));
  }

  /**
   * Reads a key.
   *
   * @param asked when the bucket was asked in vain
   * @param why its failure
   */
  Optional<Entry> read(StateKey key, Instant asked, Throwable why) {
    return Objects.requireNonNull(readAll(List.of(key), asked, why).get(key)).orElseThrow();
  }

  /** {@link #read} of many keys; each has a result. */
  Map<StateKey, DataResult<Optional<Entry>>> readAll(
      Collection<StateKey> keys, Instant asked, Throwable why) {
    Optional<Instant> since =
        Optional.of(tiers.sql().orElseThrow().awaySince().get().orElse(asked));
    Map<StateKey, DataResult<Optional<Entry>>> answers = new LinkedHashMap<>();
    try {
      keys.stream().map(StateKey::agent).distinct().forEach(tiers.l1()::renew);
      Optional<Revision> applied = appliedIfNeeded(); // before the rows, which then include it
      Map<StateKey, StoredState> rows = tiers.rows(keys);
      for (StateKey key : keys) {
        StoredState row = rows.get(key);
        answers.put(key, answer(key, row, applied, since, why));
      }
    } catch (PersistenceException e) {
      keys.forEach(
          key -> {
            TransientPersistenceException both = unanswered(key, "it does not answer either", why);
            both.addSuppressed(e);
            answers.put(key, DataResult.failure(both));
          });
    }
    return answers;
  }

  /** The position, where a floor may have been forgotten. */
  private Optional<Revision> appliedIfNeeded() {
    return tiers
        .known()
        .highestForgotten()
        .map(forgotten -> tiers.revisions().of(tiers.revisions().refreshApplied()));
  }

  private DataResult<Optional<Entry>> answer(
      StateKey key,
      @Nullable StoredState row,
      Optional<Revision> applied,
      Optional<Instant> since,
      Throwable why) {
    if (row == null) {
      return DataResult.failure(unanswered(key, "it has no row of the key", why));
    }
    Optional<Revision> floor = tiers.known().of(key);
    if (floor.isPresent() ? floor.get().isAfter(row.revision()) : lacksForgotten(row, applied)) {
      String known = floor.map(Revision::toString).orElse("more keys than it remembers");
      return DataResult.failure(
          unanswered(
              key,
              "its row has revision " + row.revision() + ", but this process knows " + known,
              why));
    }
    if (tiers.reads().hasReplicas() && !tiers.known().isIncomplete()) {
      tiers.known().note(key, row.revision(), row.expiresAt());
    }
    return DataResult.success(
        Optional.of(row).filter(tiers::isLive).map(live -> Tiers.entry(live, since)));
  }

  /** Whether the row may lack a write whose revision this process has forgotten. */
  private boolean lacksForgotten(StoredState row, Optional<Revision> applied) {
    Optional<Revision> forgotten = tiers.known().highestForgotten();
    if (forgotten.isEmpty() || !forgotten.get().isAfter(row.revision())) {
      return false;
    }
    boolean reached = applied.isPresent() && !forgotten.get().isAfter(applied.get());
    return !reached || tiers.sql().orElseThrow().refused().test(row.key());
  }

  private static TransientPersistenceException unanswered(
      StateKey key, String doubt, Throwable why) {
    Throwable cause = Failures.cause(why);
    return new TransientPersistenceException(
        DataError.CONNECTION_FAILED,
        "key "
            + key
            + ": NATS does not answer ("
            + cause.getMessage()
            + "), and PostgreSQL cannot in its place: "
            + doubt
            + "; try again",
        cause);
  }
}
