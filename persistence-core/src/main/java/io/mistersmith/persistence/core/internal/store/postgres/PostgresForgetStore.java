package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.ForgetStore;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The table {@code agents.forgotten}, and what is removed of its agents. */
final class PostgresForgetStore implements ForgetStore {

  private static final int ATTEMPTS = 5;

  private static final String BEGIN =
      """
      INSERT INTO agents.forgotten (agent_id, owner)
      SELECT :id::uuid, :owner::text
       WHERE NOT EXISTS (SELECT FROM agents.registry WHERE parent_agent_id = :id)
      ON CONFLICT ON CONSTRAINT forgotten_pkey DO UPDATE
         SET owner = excluded.owner,
             worked_at = clock_timestamp(),
             ended_at = NULL,
             checked_at = NULL
      """;

  private static final String NOTE =
      """
      UPDATE agents.forgotten
         SET worked_at = clock_timestamp(),
             removed = removed
               || jsonb_build_object(:place, coalesce((removed ->> :place)::bigint, 0) + :count)
       WHERE agent_id = :id
      """;

  private static final String TASKS =
      """
      SELECT task_id
        FROM tasks.queue
       WHERE created_by_agent_id = :id
          OR (assigned_agent_id = :id AND created_by_agent_id IS NULL)
       ORDER BY task_id
       LIMIT :limit
      """;

  private static final String REMOVED_TASKS =
      """
      SELECT unnest(task_ids) FROM agents.forgotten WHERE agent_id = :id
      """;

  private static final String CONTENTS =
      """
      SELECT DISTINCT content
        FROM agents.large_value_names
       WHERE agent_id = :id AND NOT agents.is_large_value_named(content)
      """;

  /** Nothing looks at the tasks and the name any more after the second time. */
  private static final String END =
      """
      UPDATE agents.forgotten
         SET worked_at = clock_timestamp(),
             ended_at = coalesce(ended_at, clock_timestamp()),
             checked_at = CASE WHEN ended_at IS NOT NULL THEN clock_timestamp() END,
             task_ids = CASE WHEN ended_at IS NULL THEN task_ids ELSE '{}' END,
             owner = CASE WHEN ended_at IS NULL THEN owner END
       WHERE agent_id = :id AND checked_at IS NULL
      """;

  private static final String FIND =
      "SELECT " + ForgottenRow.COLUMNS + " FROM agents.forgotten AS f WHERE f.agent_id = :id";

  private static final String UNFINISHED =
      "SELECT "
          + ForgottenRow.COLUMNS
          + """
            FROM agents.forgotten AS f
           WHERE f.checked_at IS NULL
           ORDER BY f.begun_at
           LIMIT :limit
          """;

  private static final String CLAIM =
      """
      UPDATE agents.forgotten AS f
         SET worked_at = clock_timestamp()
       WHERE f.agent_id IN (
               SELECT agent_id
                 FROM agents.forgotten
                WHERE checked_at IS NULL
                  AND worked_at < clock_timestamp()
                        - CASE WHEN ended_at IS NULL THEN :idle ELSE :late END
                          * INTERVAL '1 microsecond'
                ORDER BY worked_at
                LIMIT :limit
                  FOR UPDATE SKIP LOCKED)
      RETURNING
      """
          + ForgottenRow.COLUMNS;

  private final Statements statements;
  private final AgentTraces traces = new AgentTraces();

  PostgresForgetStore(Statements statements) {
    this.statements = statements;
  }

  @Override
  public void begin(AgentId agent) {
    int noted =
        statements.write(
            "note that agent " + agent + " is forgotten",
            handle ->
                handle
                    .createUpdate(BEGIN)
                    .bind("id", agent.uuid())
                    .bind("owner", owner(agent))
                    .execute());
    if (noted == 0) {
      throw new NonTransientPersistenceException(
          DataError.CONSTRAINT_VIOLATION,
          "agent " + agent + ": it is the parent of others; forget or delete them first");
    }
  }

  private static @Nullable String owner(AgentId agent) {
    return agent.isExternal() ? agent.name() : null;
  }

  @Override
  public int remove(AgentId agent, Place place, int limit) {
    return statements.transaction(
        SqlOptions.of("forget agent " + agent + " in " + place.table()).withAttempts(ATTEMPTS),
        handle -> {
          int removed = traces.remove(handle, agent, place, limit);
          if (removed > 0) {
            note(handle, agent, place.table(), removed);
          }
          return removed;
        });
  }

  @Override
  public void note(AgentId agent, String place, long count) {
    boolean unused =
        statements.write(
            "note what was removed of agent " + agent,
            handle -> {
              note(handle, agent, place, count);
              return true;
            });
  }

  private static void note(Handle handle, AgentId agent, String place, long count) {
    int unused =
        handle
            .createUpdate(NOTE)
            .bind("id", agent.uuid())
            .bind("place", place)
            .bind("count", count)
            .execute();
  }

  @Override
  public List<UUID> tasks(AgentId agent, int limit) {
    return statements.read(
        "list tasks of agent " + agent,
        handle ->
            handle
                .createQuery(TASKS)
                .bind("id", agent.uuid())
                .bind("limit", limit)
                .mapTo(UUID.class)
                .list());
  }

  @Override
  public List<UUID> removedTasks(AgentId agent) {
    return ids("list removed tasks of agent " + agent, REMOVED_TASKS, agent);
  }

  @Override
  public List<UUID> contents(AgentId agent) {
    return ids("list large values of agent " + agent, CONTENTS, agent);
  }

  private List<UUID> ids(String what, String sql, AgentId agent) {
    return statements.read(
        what, handle -> handle.createQuery(sql).bind("id", agent.uuid()).mapTo(UUID.class).list());
  }

  @Override
  public int openSagas(AgentId agent) {
    return statements.read(
        "count open sagas that name agent " + agent, handle -> SagaTraces.open(handle, agent));
  }

  @Override
  public void end(AgentId agent) {
    int unused =
        statements.write(
            "note that agent " + agent + " was forgotten",
            handle -> handle.createUpdate(END).bind("id", agent.uuid()).execute());
  }

  @Override
  public Optional<Forgotten> find(AgentId agent) {
    return statements.read(
        "look whether agent " + agent + " was forgotten",
        handle ->
            handle
                .createQuery(FIND)
                .bind("id", agent.uuid())
                .map((row, context) -> ForgottenRow.read(row, Optional.of(agent)))
                .findOne());
  }

  @Override
  public List<Forgotten> unfinished(int limit) {
    return statements.read(
        "list agents that are being forgotten",
        handle ->
            handle
                .createQuery(UNFINISHED)
                .bind("limit", limit)
                .map((row, context) -> ForgottenRow.read(row, Optional.empty()))
                .list());
  }

  @Override
  public List<Forgotten> claim(Duration idle, Duration late, int limit) {
    return statements.write(
        "claim agents that are being forgotten",
        handle ->
            handle
                .createQuery(CLAIM)
                .bind("idle", idle.toNanos() / 1_000)
                .bind("late", late.toNanos() / 1_000)
                .bind("limit", limit)
                .map((row, context) -> ForgottenRow.read(row, Optional.empty()))
                .list());
  }
}
