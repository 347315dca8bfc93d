package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.sql.CheckpointStore;
import io.mistersmith.persistence.spi.sql.CheckpointStore.NewCheckpoint;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlOptions.Isolation;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/**
 * Copies of agents' states in {@code agents.checkpoints}.
 *
 * <p>A flush applies a stretch of the journal and moves the position in one transaction, so that
 * whatever a snapshot of the database sees is the state after some prefix of the journal. Rows,
 * position and dead letters are therefore read in one Repeatable Read transaction. The copy is made
 * inside PostgreSQL; the values do not travel.
 */
final class PostgresCheckpointStore implements CheckpointStore {

  private static final int ATTEMPTS = 5;

  private static final String AGENT_EXISTS =
      "SELECT EXISTS (SELECT FROM agents.registry WHERE agent_id = :agent)";

  private static final String PARENT_EXISTS =
      """
      SELECT EXISTS (SELECT FROM agents.checkpoints
                      WHERE checkpoint_id = :parent AND agent_id = :agent)
      """;

  private static final String DEAD_LETTERS =
      """
      SELECT count(DISTINCT state_key)
        FROM agents.dead_letters
       WHERE agent = :agent::text AND bucket = :bucket AND status = 'open'
      """;

  /** The checkpoint and all that it needs, each with its distance; first came the last word. */
  private static final String CHAIN =
      """
      WITH RECURSIVE chain AS (
        SELECT c.agent_id, c.parent_checkpoint_id, c.state_snapshot, 0 AS distance
          FROM agents.checkpoints AS c
         WHERE c.checkpoint_id = :newest::uuid
         UNION ALL
        SELECT c.agent_id, c.parent_checkpoint_id, c.state_snapshot, h.distance + 1
          FROM chain AS h
          JOIN agents.checkpoints AS c ON c.checkpoint_id = h.parent_checkpoint_id),
      held AS (
        SELECT DISTINCT ON (e.key COLLATE "C") h.agent_id, e.key, e.value AS entry
          FROM chain AS h
         CROSS JOIN LATERAL jsonb_each(h.state_snapshot -> 'entries') AS e
         ORDER BY e.key COLLATE "C", h.distance)
      """;

  private static final String CREATE =
      CHAIN
          + """
          , live AS (
            SELECT state_key AS key, state_value,
                   agents.saved_document(state_document, state_value) AS state_document,
                   epoch, version, updated_at, expires_at, hybrid_time, vector_clock
              FROM agents.state
             WHERE agent_id = :agent
               AND deleted_at IS NULL
               AND NOT (state_key >= '_log-head.' AND state_key < '_log-head/')
               AND (expires_at IS NULL OR expires_at > :now::timestamptz)),
          changes AS (
            SELECT l.key,
                   jsonb_build_object('value', l.state_value, 'epoch', l.epoch,
                                      'sequence', l.version, 'written_at', l.updated_at)
                   || CASE WHEN l.state_document IS NULL THEN '{}'
                           ELSE jsonb_build_object('document', l.state_document) END
                   || CASE WHEN l.expires_at IS NULL THEN '{}'
                           ELSE jsonb_build_object('expires_at', l.expires_at) END
                   || CASE WHEN l.hybrid_time IS NULL OR l.vector_clock IS NULL THEN '{}'
                           ELSE jsonb_build_object('hybrid_time', l.hybrid_time,
                                                   'vector_clock', l.vector_clock) END AS entry,
                   octet_length(l.key)
                   + octet_length(coalesce(l.state_document, l.state_value::text)) AS bytes
              FROM live AS l
              LEFT JOIN held AS h ON h.key = l.key
             WHERE h.key IS NULL
                OR h.entry = 'null'
                OR (h.entry ->> 'epoch')::bigint <> l.epoch
                OR (h.entry ->> 'sequence')::bigint <> l.version
             UNION ALL
            SELECT h.key, 'null', octet_length(h.key)
              FROM held AS h
             WHERE h.entry <> 'null'
               AND NOT EXISTS (SELECT FROM live AS l WHERE l.key = h.key))
          INSERT INTO agents.checkpoints
                 (checkpoint_id, agent_id, checkpoint_name, trigger_event, parent_checkpoint_id,
                  state_snapshot, journal_epoch, journal_sequence, kv_revision, entry_count,
                  size_bytes, dead_letter_count, created_at)
          SELECT :id, :agent, :name, :trigger, :newest::uuid,
                 jsonb_build_object('format', 1, 'entries',
                                    coalesce(jsonb_object_agg(c.key, c.entry), '{}')),
                 :epoch, :sequence,
                 (SELECT s.version FROM agents.state AS s WHERE s.agent_id = :agent
                   ORDER BY s.epoch DESC, s.version DESC LIMIT 1),
                 (SELECT count(*) FROM live), coalesce(sum(c.bytes), 0), :deadLetters,
                 clock_timestamp()
            FROM changes AS c
          RETURNING
          """
          + CheckpointRow.COLUMNS;

  private static final String LIST =
      "SELECT "
          + CheckpointRow.COLUMNS
          + """
            FROM agents.checkpoints
           WHERE agent_id = :agent
           ORDER BY created_at DESC, checkpoint_id
          """;

  private static final String FIND =
      "SELECT " + CheckpointRow.COLUMNS + "FROM agents.checkpoints WHERE checkpoint_id = :id";

  private static final String FIND_BY_NAME =
      "SELECT "
          + CheckpointRow.COLUMNS
          + """
            FROM agents.checkpoints
           WHERE agent_id = :agent AND checkpoint_name = :name
           ORDER BY created_at DESC, checkpoint_id
           LIMIT 1
          """;

  private static final String IS_READABLE =
      CHAIN + "SELECT bool_and(state_snapshot @> '{\"format\": 1, \"entries\": {}}') FROM chain";

  private static final String ENTRIES =
      CHAIN
          + """
          SELECT agent_id, key AS state_key, entry ->> 'document' AS state_document,
                 CASE WHEN entry -> 'document' IS NULL THEN (entry -> 'value')::text END
                   AS state_value,
                 (entry ->> 'epoch')::bigint AS epoch, (entry ->> 'sequence')::bigint AS version,
                 (entry ->> 'written_at')::timestamptz AS updated_at,
                 (entry ->> 'expires_at')::timestamptz AS expires_at,
                 entry ->> 'hybrid_time' AS hybrid_time, entry ->> 'vector_clock' AS vector_clock
            FROM held
           WHERE entry <> 'null'
          """;

  private static final String NEEDED_BY =
      """
      SELECT checkpoint_id || ' needs ' || parent_checkpoint_id
        FROM agents.checkpoints
       WHERE agent_id = :agent
         AND parent_checkpoint_id = ANY (:ids::uuid[])
         AND checkpoint_id <> ALL (:ids::uuid[])
       LIMIT 1
      """;

  private static final String DELETE =
      """
      DELETE FROM agents.checkpoints
       WHERE agent_id = :agent AND checkpoint_id = ANY (:ids::uuid[])
      RETURNING checkpoint_id::text
      """;

  private final Statements statements;
  private final JournalPositions positions;

  PostgresCheckpointStore(Statements statements, UUID installation) {
    this.statements = statements;
    this.positions = new JournalPositions(installation);
  }

  /** A parent, or the agent's row, that changes meanwhile makes the transaction begin again. */
  @Override
  public Checkpoint create(NewCheckpoint checkpoint) {
    AgentId unused = checkpoint.agent().requireRegistered("checkpoints");
    String what = "make checkpoint " + checkpoint.id() + " of agent " + checkpoint.agent();
    return statements.transaction(
        SqlOptions.of(what).withIsolation(Isolation.REPEATABLE_READ).withAttempts(ATTEMPTS),
        handle -> create(handle, what, checkpoint));
  }

  private Checkpoint create(Handle handle, String what, NewCheckpoint checkpoint) {
    AgentId agent = checkpoint.agent();
    if (!isTrue(handle.createQuery(AGENT_EXISTS).bind("agent", agent.uuid()))) {
      throw notFound(what + ": the agent is not registered");
    }
    checkpoint
        .parent()
        .filter(
            parent ->
                !isTrue(
                    handle
                        .createQuery(PARENT_EXISTS)
                        .bind("agent", agent.uuid())
                        .bind("parent", parent)))
        .ifPresent(
            parent -> {
              throw notFound(what + ": the agent has no checkpoint " + parent);
            });
    Optional<JournalPosition> position = positions.find(handle, checkpoint.bucket());
    checkpoint
        .atLeast()
        .filter(revision -> position.isEmpty() || !reaches(position.get(), revision))
        .ifPresent(
            revision -> {
              throw new TransientPersistenceException(
                  DataError.CONSISTENCY_VIOLATION,
                  what + ": PostgreSQL has not got revision " + revision + " (any more)");
            });
    int deadLetters = deadLetters(handle, checkpoint);
    if (deadLetters > 0 && !checkpoint.allowDeadLetters()) {
      throw new NonTransientPersistenceException(
          DataError.DEAD_LETTERED,
          what
              + ": "
              + deadLetters
              + " of its keys have dead letters, which a checkpoint lacks; replay them, or allow"
              + " it");
    }
    Checkpoint made = insert(handle, checkpoint, position, deadLetters);
    LifecycleEventLog.happened(
        handle,
        agent,
        LifecycleEvent.CHECKPOINT_CREATED,
        Map.of("checkpoint", made.id().toString()));
    return made;
  }

  private static boolean isTrue(Query question) {
    return question.mapTo(Boolean.class).one();
  }

  private static boolean reaches(JournalPosition position, Revision.OfJournal revision) {
    return position.sequence() >= revision.sequence()
        && position.epochOf(revision.sequence()) == revision.epoch();
  }

  private static int deadLetters(Handle handle, NewCheckpoint checkpoint) {
    return handle
        .createQuery(DEAD_LETTERS)
        .bind("agent", checkpoint.agent().uuid())
        .bind("bucket", checkpoint.bucket())
        .mapTo(Integer.class)
        .one();
  }

  private static Checkpoint insert(
      Handle handle,
      NewCheckpoint checkpoint,
      Optional<JournalPosition> position,
      int deadLetters) {
    return handle
        .createQuery(CREATE)
        .bind("newest", checkpoint.parent().orElse(null))
        .bind("agent", checkpoint.agent().uuid())
        .bind("now", SqlTime.text(checkpoint.now()))
        .bind("id", checkpoint.id())
        .bind("name", checkpoint.name().orElse(null))
        .bind("trigger", checkpoint.trigger().orElse(null))
        .bind("epoch", position.map(at -> at.epochOf(at.sequence())).orElse(null))
        .bind("sequence", position.map(JournalPosition::sequence).orElse(null))
        .bind("deadLetters", deadLetters)
        .map(CheckpointRow::read)
        .one();
  }

  @Override
  public List<Checkpoint> list(AgentId agent) {
    AgentId unused = agent.requireRegistered("checkpoints");
    return statements.read(
        "list the checkpoints of agent " + agent,
        handle ->
            handle.createQuery(LIST).bind("agent", agent.uuid()).map(CheckpointRow::read).list());
  }

  @Override
  public Optional<Checkpoint> find(UUID id) {
    return statements.read(
        "read checkpoint " + id,
        handle -> handle.createQuery(FIND).bind("id", id).map(CheckpointRow::read).findOne());
  }

  @Override
  public Optional<Checkpoint> find(AgentId agent, String name) {
    AgentId unused = agent.requireRegistered("checkpoints");
    return statements.read(
        "read a checkpoint of agent " + agent + " by its name",
        handle ->
            handle
                .createQuery(FIND_BY_NAME)
                .bind("agent", agent.uuid())
                .bind("name", name)
                .map(CheckpointRow::read)
                .findOne());
  }

  @Override
  public List<StoredState> entries(UUID id) {
    String what = "read the entries of checkpoint " + id;
    return statements.snapshot(
        what,
        handle -> {
          Checkpoint checkpoint =
              handle
                  .createQuery(FIND)
                  .bind("id", id)
                  .map(CheckpointRow::read)
                  .findOne()
                  .orElseThrow(() -> notFound(what + ": there is none"));
          boolean readable = isTrue(handle.createQuery(IS_READABLE).bind("newest", id));
          List<StoredState> entries =
              handle.createQuery(ENTRIES).bind("newest", id).map(CheckpointRow::entry).list();
          if (!readable || entries.size() != checkpoint.entries()) {
            throw new NonTransientPersistenceException(
                DataError.CONSISTENCY_VIOLATION,
                what
                    + " of agent "
                    + checkpoint.agent()
                    + ": it is not as this library writes them, or was changed since");
          }
          return entries;
        });
  }

  @Override
  public int delete(AgentId agent, Collection<UUID> ids, String eventType) {
    AgentId unused = agent.requireRegistered("checkpoints");
    String what = "delete checkpoints " + ids + " of agent " + agent;
    return statements.transaction(
        SqlOptions.of(what), handle -> delete(handle, what, agent, ids, eventType));
  }

  /** A child that is made after the question is found by the foreign key. */
  private static int delete(
      Handle handle, String what, AgentId agent, Collection<UUID> ids, String eventType) {
    SqlArray all = SqlArray.text(ids.stream().map(UUID::toString).toList());
    handle
        .createQuery(NEEDED_BY)
        .bind("agent", agent.uuid())
        .bind("ids", all)
        .mapTo(String.class)
        .findOne()
        .ifPresent(
            need -> {
              throw new NonTransientPersistenceException(
                  DataError.CONSTRAINT_VIOLATION, what + ": checkpoint " + need);
            });
    List<String> deleted =
        handle
            .createQuery(DELETE)
            .bind("agent", agent.uuid())
            .bind("ids", all)
            .mapTo(String.class)
            .list();
    if (!deleted.isEmpty()) {
      LifecycleEventLog.happened(handle, agent, eventType, Map.of("checkpoints", deleted));
    }
    return deleted.size();
  }

  private static PersistenceException notFound(String message) {
    return new NonTransientPersistenceException(DataError.NOT_FOUND, message);
  }
}
