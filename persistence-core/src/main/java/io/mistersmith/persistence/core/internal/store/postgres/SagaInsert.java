package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.sql.SagaStore.Added;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Adds a run to {@code sagas.runs} and {@code sagas.open}. */
final class SagaInsert {

  private static final String INSERT =
      """
      WITH run AS (
        INSERT INTO sagas.runs
               (saga_id, name, version, steps, input, correlation_id, unique_key, parent_id)
        VALUES (:saga, :name, :version, :steps, :input::jsonb, :correlation, :key, :parent::uuid)
        %s
        RETURNING saga_id, parent_id, name, version, started_at
      ), opened AS (
        INSERT INTO sagas.open
               (saga_id, parent_id, name, version, holder, run_number, due_at, deadline)
        SELECT saga_id, parent_id, name, version, :holder, :run, started_at,
               started_at + :timeout * INTERVAL '1 microsecond'
          FROM run
      )
      SELECT saga_id FROM run
      """;

  private static final String PLAIN = INSERT.formatted("");

  /** Names no index: where tenants are kept apart, each has keys of its own. */
  private static final String ONCE = INSERT.formatted("ON CONFLICT DO NOTHING");

  private static final String BY_KEY =
      """
      SELECT r.saga_id
        FROM sagas.runs AS r
       WHERE r.name = :name AND r.unique_key = :key AND sagas.has_own_key(r)
      """;

  private static final int ATTEMPTS = 5;

  private final Statements statements;
  private final Added run;
  private final Optional<String> holder;
  private final String what;

  SagaInsert(Statements statements, Added run, Optional<String> holder) {
    this.statements = statements;
    this.run = run;
    this.holder = holder;
    this.what = "start saga " + run.id() + " of " + run.definition().name();
  }

  /** Adds the run, or finds the one that has its key. */
  UUID add() {
    Optional<String> key = run.uniqueKey();
    if (key.isEmpty()) {
      return statements.write(what, handle -> insert(handle, PLAIN)).orElseThrow();
    }
    // The run that has the key may be pruned before it is looked for; the key is free then.
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Optional<UUID> found = statements.write(what, handle -> insert(handle, ONCE));
      if (found.isEmpty()) {
        found = statements.read(what, handle -> byKey(handle, key.get()));
      }
      if (found.isPresent()) {
        return found.get();
      }
    }
    throw new TransientPersistenceException(
        DataError.TRANSACTION_CONFLICT,
        what + ": its unique key is taken, by a run that cannot be seen; nothing was started");
  }

  private Optional<UUID> byKey(Handle handle, String key) {
    return handle
        .createQuery(BY_KEY)
        .bind("name", run.definition().name())
        .bind("key", key)
        .mapTo(UUID.class)
        .findOne();
  }

  private Optional<UUID> insert(Handle handle, String sql) {
    return handle
        .createQuery(sql)
        .bind("saga", run.id())
        .bind("name", run.definition().name())
        .bind("version", run.definition().version())
        .bind("steps", SqlArray.text(run.steps()))
        .bind("input", JsonColumn.text(what + ": its input", run.input()))
        .bind("correlation", run.correlationId())
        .bind("key", run.uniqueKey().orElse(null))
        .bind("parent", run.parent().orElse(null))
        .bind("holder", holder.orElse(null))
        .bind("run", holder.isPresent() ? 1 : 0)
        .bind("timeout", SagaRow.micros(run.timeout()))
        .mapTo(UUID.class)
        .findOne();
  }
}
