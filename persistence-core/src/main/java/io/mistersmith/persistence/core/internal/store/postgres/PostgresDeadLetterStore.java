package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.repository.DeadLetter;
import io.mistersmith.persistence.repository.DeadLetters;
import io.mistersmith.persistence.spi.DeadLetterStore;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.spi.StateChange;
import io.mistersmith.persistence.spi.Unreadable;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads and replays {@code agents.dead_letters}. */
final class PostgresDeadLetterStore implements DeadLetterStore {

  private static final Logger LOG = LoggerFactory.getLogger(PostgresDeadLetterStore.class);

  private static final String OPEN =
      """
      SELECT dead_letter_id, bucket, subject, subject_escaped, agent, state_key, epoch, sequence,
             reason_code, sql_state, reason, written_at
        FROM agents.dead_letters
       WHERE status = 'open'
       ORDER BY epoch, sequence
       LIMIT :limit
      """;

  private static final String COUNT =
      "SELECT count(*) FROM agents.dead_letters WHERE status = 'open'";

  private static final String OPEN_FOR =
      """
      SELECT dead_letter_id, bucket, subject, subject_escaped, agent, state_key, epoch, sequence,
             reason_code, sql_state, reason, written_at
        FROM agents.dead_letters
       WHERE bucket = :bucket AND agent = :agent AND state_key = :key AND status = 'open'
         AND (epoch, sequence) >= (:epoch, :sequence)
       ORDER BY epoch, sequence
       LIMIT 1
      """;

  private static final String OPEN_FOR_AGENT =
      """
      SELECT dead_letter_id, bucket, subject, subject_escaped, agent, state_key, epoch, sequence,
             reason_code, sql_state, reason, written_at
        FROM agents.dead_letters
       WHERE bucket = :bucket AND agent = :agent AND status = 'open'
       ORDER BY epoch, sequence
       LIMIT 1
      """;

  private static final String PAGE =
      """
      SELECT dead_letter_id, bucket, subject, subject_escaped, agent, state_key, epoch, sequence,
             reason_code, sql_state, reason, written_at
        FROM agents.dead_letters
       WHERE status = 'open' AND (bucket, epoch, sequence) > (:bucket, :epoch, :sequence)
         AND (CAST(:agent AS text) IS NULL OR agent = :agent)
         AND (CAST(:error AS text) IS NULL OR reason_code = :error)
         AND (CAST(:sqlState AS text) IS NULL OR sql_state = :sqlState)
         AND (CAST(:from AS timestamptz) IS NULL OR written_at >= CAST(:from AS timestamptz))
         AND (CAST(:before AS timestamptz) IS NULL OR written_at < CAST(:before AS timestamptz))
       ORDER BY bucket, epoch, sequence
       LIMIT :limit
      """;

  private static final String OPEN_SUBJECTS =
      """
      SELECT DISTINCT subject, subject_escaped
        FROM agents.dead_letters
       WHERE bucket = :bucket AND status = 'open'
      """;

  private static final String TAKE =
      """
      SELECT subject, subject_escaped, agent, state_key, operation, value, headers, epoch, sequence,
             written_at, expires_at, hybrid_time, vector_clock, reason
        FROM agents.dead_letters
       WHERE dead_letter_id = :id AND status = 'open'
      """;

  /** A locked row must not hold up those that are replayed after it. */
  private static final String WAIT_BRIEFLY = "SET LOCAL lock_timeout = '1s'";

  private static final String CLOSE =
      """
      UPDATE agents.dead_letters
         SET status = 'replayed', resolved_at = clock_timestamp()
       WHERE dead_letter_id = :id AND status = 'open'
      """;

  private final Database database;
  private final StateUpsert states = new StateUpsert();

  PostgresDeadLetterStore(Database database) {
    this.database = database;
  }

  @Override
  public List<DeadLetter> open(int limit) {
    return database.call(
        "list dead letters",
        handle ->
            handle
                .createQuery(OPEN)
                .bind("limit", limit)
                .map(PostgresDeadLetterStore::letter)
                .list());
  }

  @Override
  public long count() {
    return database.call(
        "count dead letters", handle -> handle.createQuery(COUNT).mapTo(Long.class).one());
  }

  @Override
  public Optional<DeadLetter> openFor(String bucket, StateKey key, Revision from) {
    return database.call(
        "look for dead letters of " + key,
        handle ->
            handle
                .createQuery(OPEN_FOR)
                .bind("bucket", bucket)
                .bind("agent", key.agent())
                .bind("key", key.key())
                .bind("epoch", from.epoch())
                .bind("sequence", from.sequence())
                .map(PostgresDeadLetterStore::letter)
                .findOne());
  }

  @Override
  public Optional<DeadLetter> openForAgent(String bucket, String agent) {
    return database.call(
        "look for dead letters of agent " + agent,
        handle ->
            handle
                .createQuery(OPEN_FOR_AGENT)
                .bind("bucket", bucket)
                .bind("agent", agent)
                .map(PostgresDeadLetterStore::letter)
                .findOne());
  }

  @Override
  public List<DeadLetter> page(DeadLetters.Filter filter, Optional<DeadLetter> after, int limit) {
    return database.call(
        "list dead letters of " + filter,
        handle ->
            handle
                .createQuery(PAGE)
                .bind("bucket", after.map(DeadLetter::bucket).orElse(""))
                .bind("epoch", after.map(letter -> letter.revision().epoch()).orElse(0L))
                .bind("sequence", after.map(letter -> letter.revision().sequence()).orElse(0L))
                .bind("agent", filter.agent().orElse(null))
                .bind("error", filter.error().map(DataError::name).orElse(null))
                .bind("sqlState", filter.sqlState().orElse(null))
                .bind("from", filter.writtenFrom().map(SqlTime::text).orElse(null))
                .bind("before", filter.writtenBefore().map(SqlTime::text).orElse(null))
                .bind("limit", limit)
                .map(PostgresDeadLetterStore::letter)
                .list());
  }

  @Override
  public Set<String> openSubjects(String bucket) {
    return database.call(
        "list the subjects with dead letters of journal " + bucket,
        handle ->
            new HashSet<>(
                handle
                    .createQuery(OPEN_SUBJECTS)
                    .bind("bucket", bucket)
                    .map((row, context) -> subject(row))
                    .list()));
  }

  @Override
  public Optional<StateChange> change(UUID id) {
    return database.call("read dead letter " + id, handle -> change(handle, id));
  }

  @Override
  public boolean replay(UUID id) {
    String what = "replay dead letter " + id + " (it stays open until that succeeds)";
    try {
      return database.transaction(what, handle -> replay(handle, id));
    } catch (PersistenceException e) {
      if (PostgresFailures.verdict(e) == PostgresFailures.Verdict.OUT_OF_TIME) {
        throw new TransientPersistenceException(
            DataError.TRANSACTION_CONFLICT, what + ": it ran out of time again", e);
      }
      throw e;
    }
  }

  /** Locks the state before the letter, as a flush does. */
  private boolean replay(Handle handle, UUID id) {
    handle.execute(WAIT_BRIEFLY);
    StateChange change =
        change(handle, id)
            .orElseThrow(
                () ->
                    new NonTransientPersistenceException(
                        DataError.NOT_FOUND, "there is no open dead letter " + id));
    List<StateRow> rows = new ArrayList<>();
    List<RefusedChange> refused = new ArrayList<>();
    StateRow.of(List.of(change), rows, refused);
    for (RefusedChange refusal : refused) {
      throw new NonTransientPersistenceException(
          DataError.CONSTRAINT_VIOLATION,
          "replay dead letter " + id + ": " + refusal.reason() + "; it stays open");
    }
    if (states.write(handle, rows) == 0) {
      LOG.debug("dead letter {}: a later write of its key is there", id);
    }
    handle.createUpdate(CLOSE).bind("id", id).execute();
    return true;
  }

  private static Optional<StateChange> change(Handle handle, UUID id) {
    return handle.createQuery(TAKE).bind("id", id).map(PostgresDeadLetterStore::change).findOne();
  }

  private static String subject(ResultSet row) throws SQLException {
    String subject = row.getString("subject");
    return row.getBoolean("subject_escaped") ? SqlText.unescape(subject) : subject;
  }

  private static DeadLetter letter(ResultSet row, StatementContext context) throws SQLException {
    return new DeadLetter(
        row.getObject("dead_letter_id", UUID.class),
        row.getString("bucket"),
        subject(row),
        Optional.ofNullable(row.getString("agent")),
        Optional.ofNullable(row.getString("state_key")),
        new Revision(row.getLong("epoch"), row.getLong("sequence")),
        DataError.valueOf(row.getString("reason_code")),
        Optional.ofNullable(row.getString("sql_state")),
        row.getString("reason"),
        SqlTime.get(row, "written_at"));
  }

  private static StateChange change(ResultSet row, StatementContext context) throws SQLException {
    String agent = row.getString("agent");
    String key = row.getString("state_key");
    byte[] headers = row.getBytes("headers");
    return new StateChange(
        subject(row),
        agent == null || key == null ? Optional.empty() : Optional.of(new StateKey(agent, key)),
        Operation.valueOf(row.getString("operation").toUpperCase(Locale.ROOT)),
        row.getBytes("value"),
        new Revision(row.getLong("epoch"), row.getLong("sequence")),
        SqlTime.get(row, "written_at"),
        SqlTime.optional(row, "expires_at"),
        SqlProvenance.get(row),
        headers == null
            ? Optional.empty()
            : Optional.of(new Unreadable(row.getString("reason"), headers)));
  }
}
