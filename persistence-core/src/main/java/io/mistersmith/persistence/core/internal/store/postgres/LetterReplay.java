package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.security.Actor;
import io.mistersmith.persistence.spi.hot.JournalEntry.Unreadable;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes dead letters as the rows that they were to be, many in one transaction. A batch that
 * PostgreSQL refuses is halved until the refused letters are alone; one that runs out of time is
 * replayed letter by letter.
 */
final class LetterReplay {

  private static final Logger LOG = LoggerFactory.getLogger(LetterReplay.class);

  private static final int BATCH = 50;
  private static final long BATCH_BYTES = 4L * 1024 * 1024;

  private static final String SIZES =
      """
      SELECT dead_letter_id, coalesce(octet_length(value), 0) AS bytes
        FROM agents.dead_letters
       WHERE dead_letter_id = ANY (:ids::uuid[]) AND status = 'open'
      """;

  private static final String TAKE =
      """
      SELECT dead_letter_id, subject, subject_escaped, agent, state_key, operation, value, headers,
             epoch, sequence, written_at, expires_at, hybrid_time, vector_clock, reason, actor,
             correlation_id
        FROM agents.dead_letters
       WHERE dead_letter_id = ANY (:ids::uuid[]) AND status = 'open'
      """;

  /** A locked row must not hold up those that are replayed after it. */
  private static final String WAIT_BRIEFLY = "SET LOCAL lock_timeout = '1s'";

  private static final String CLOSE =
      """
      UPDATE agents.dead_letters
         SET status = 'replayed', resolved_at = clock_timestamp()
       WHERE dead_letter_id = ANY (:ids::uuid[]) AND status = 'open'
      """;

  private final Statements statements;
  private final StateUpsert states = new StateUpsert();

  LetterReplay(Statements statements) {
    this.statements = statements;
  }

  boolean replay(UUID id) {
    return Objects.requireNonNull(replayTogether(List.of(id)).get(id)).orElseThrow();
  }

  Map<UUID, DataResult<Boolean>> replayAll(Collection<UUID> ids) {
    Set<UUID> distinct = new LinkedHashSet<>(ids);
    Map<UUID, DataResult<Boolean>> results = new HashMap<>();
    batches(distinct).forEach(batch -> replay(batch, results));
    Map<UUID, DataResult<Boolean>> inOrder = new LinkedHashMap<>();
    distinct.forEach(id -> inOrder.put(id, Objects.requireNonNull(results.get(id))));
    return inOrder;
  }

  private List<List<UUID>> batches(Set<UUID> ids) {
    Map<UUID, Long> sizes = new HashMap<>();
    statements.read(
        "measure " + ids.size() + " dead letters",
        handle -> {
          handle
              .createQuery(SIZES)
              .bind("ids", uuids(ids))
              .map((row, c) -> Map.entry(row.getObject(1, UUID.class), row.getLong(2)))
              .forEach(size -> sizes.put(size.getKey(), size.getValue()));
          return sizes.size();
        });
    List<List<UUID>> batches = new ArrayList<>();
    List<UUID> batch = new ArrayList<>();
    long bytes = 0;
    for (UUID id : ids) {
      long size = sizes.getOrDefault(id, 0L);
      if (batch.size() == BATCH || (!batch.isEmpty() && bytes + size > BATCH_BYTES)) {
        batches.add(batch);
        batch = new ArrayList<>();
        bytes = 0;
      }
      batch.add(id);
      bytes += size;
    }
    if (!batch.isEmpty()) {
      batches.add(batch);
    }
    return batches;
  }

  private void replay(List<UUID> batch, Map<UUID, DataResult<Boolean>> results) {
    try {
      results.putAll(replayTogether(batch));
    } catch (PersistenceException e) {
      if (isOutage(e)) {
        throw e;
      }
      if (batch.size() == 1) {
        results.put(batch.get(0), DataResult.failure(e));
      } else if (e.error() == DataError.TRANSACTION_CONFLICT) {
        batch.forEach(id -> replay(List.of(id), results));
      } else {
        int half = batch.size() / 2;
        replay(batch.subList(0, half), results);
        replay(batch.subList(half, batch.size()), results);
      }
    }
  }

  private static boolean isOutage(PersistenceException failure) {
    return switch (failure.error()) {
      case CLOSED, CONNECTION_FAILED, UNAVAILABLE, POOL_EXHAUSTED -> true;
      default -> false;
    };
  }

  private Map<UUID, DataResult<Boolean>> replayTogether(List<UUID> batch) {
    String what =
        (batch.size() == 1
                ? "replay dead letter " + batch.get(0)
                : "replay " + batch.size() + " dead letters")
            + " (it stays open until that succeeds)";
    try {
      return statements.attempt(SqlOptions.of(what), handle -> replayIn(handle, batch));
    } catch (PersistenceException e) {
      if (PostgresFailures.verdict(e) == PostgresFailures.Verdict.OUT_OF_TIME) {
        throw new TransientPersistenceException(
            DataError.TRANSACTION_CONFLICT, what + ": it ran out of time again", e);
      }
      throw e;
    }
  }

  /** Locks the state before the letters, as a flush does. */
  private Map<UUID, DataResult<Boolean>> replayIn(Handle handle, List<UUID> batch) {
    handle.execute(WAIT_BRIEFLY);
    Map<UUID, DataResult<Boolean>> results = new HashMap<>();
    Map<UUID, StateChange> changes = changes(handle, batch);
    List<StateRow> rows = new ArrayList<>();
    Set<UUID> passed = new HashSet<>();
    for (UUID id : batch) {
      StateChange change = changes.get(id);
      List<RefusedChange> refused = new ArrayList<>();
      if (change == null) {
        results.put(id, failed(DataError.NOT_FOUND, "there is no open dead letter " + id));
        continue;
      }
      StateRow.of(List.of(change), rows, refused);
      if (refused.isEmpty()) {
        passed.add(id);
        results.put(id, DataResult.success(true));
      } else {
        String reason = refused.get(0).reason();
        results.put(
            id,
            failed(
                DataError.CONSTRAINT_VIOLATION,
                "replay dead letter " + id + ": " + reason + "; it stays open"));
      }
    }
    List<StateRow> latest = latest(rows);
    int changed = states.write(handle, latest);
    if (changed < latest.size()) {
      LOG.debug("{} of {} dead letters have a later write", latest.size() - changed, batch.size());
    }
    handle.createUpdate(CLOSE).bind("ids", uuids(passed)).execute();
    return results;
  }

  /** The last write of each key, in the order in which rows are locked. */
  private static List<StateRow> latest(List<StateRow> rows) {
    Map<StateKey, StateRow> latest = new HashMap<>();
    for (StateRow row : rows) {
      latest.merge(
          row.key(),
          row,
          (one, other) -> one.change().revision().isAfter(other.change().revision()) ? one : other);
    }
    List<StateRow> sorted = new ArrayList<>(latest.values());
    sorted.sort(StateRow.LOCK_ORDER);
    return sorted;
  }

  private static DataResult<Boolean> failed(DataError error, String message) {
    return DataResult.failure(new NonTransientPersistenceException(error, message));
  }

  /** The open ones of these letters as the changes that they were made of. */
  static Map<UUID, StateChange> changes(Handle handle, Collection<UUID> ids) {
    Map<UUID, StateChange> changes = new HashMap<>();
    handle
        .createQuery(TAKE)
        .bind("ids", uuids(ids))
        .map((row, context) -> Map.entry(row.getObject("dead_letter_id", UUID.class), change(row)))
        .forEach(letter -> changes.put(letter.getKey(), letter.getValue()));
    return changes;
  }

  private static SqlArray uuids(Collection<UUID> ids) {
    return SqlArray.text(ids.stream().map(UUID::toString).toList());
  }

  private static StateChange change(ResultSet row) throws SQLException {
    byte[] headers = row.getBytes("headers");
    StateChange change =
        new StateChange(
            PostgresDeadLetterStore.subject(row),
            PostgresDeadLetterStore.key(row),
            Operation.valueOf(row.getString("operation").toUpperCase(Locale.ROOT)),
            row.getBytes("value"),
            new Revision.OfJournal(row.getLong("epoch"), row.getLong("sequence")),
            SqlTime.get(row, "written_at"),
            SqlTime.optional(row, "expires_at"),
            SqlProvenance.get(row),
            headers == null
                ? Optional.empty()
                : Optional.of(new Unreadable(row.getString("reason"), headers)));
    return change.by(actor(row));
  }

  private static Optional<Actor> actor(ResultSet row) throws SQLException {
    String name = row.getString("actor");
    return name == null || !Actor.isLegal(name)
        ? Optional.empty()
        : Optional.of(
            new Actor(
                name, Optional.ofNullable(row.getString("correlation_id")).filter(Actor::isLegal)));
  }
}
