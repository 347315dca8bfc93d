package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.DeadLetters;
import io.mistersmith.persistence.operations.DeadLetters.DeadLetter;
import io.mistersmith.persistence.spi.sql.DeadLetterStore;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.statement.StatementContext;

/** Reads and replays {@code agents.dead_letters}. */
final class PostgresDeadLetterStore implements DeadLetterStore {

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

  private final Statements statements;
  private final LetterReplay replays;

  PostgresDeadLetterStore(Statements statements) {
    this.statements = statements;
    this.replays = new LetterReplay(statements);
  }

  @Override
  public List<DeadLetter> open(int limit) {
    return statements.read(
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
    return statements.read(
        "count dead letters", handle -> handle.createQuery(COUNT).mapTo(Long.class).one());
  }

  @Override
  public Optional<DeadLetter> openFor(String bucket, StateKey key, Revision.OfJournal from) {
    return statements.read(
        "look for dead letters of " + key,
        handle ->
            handle
                .createQuery(OPEN_FOR)
                .bind("bucket", bucket)
                .bind("agent", key.agent().toString())
                .bind("key", key.path())
                .bind("epoch", from.epoch())
                .bind("sequence", from.sequence())
                .map(PostgresDeadLetterStore::letter)
                .findOne());
  }

  @Override
  public Optional<DeadLetter> openForAgent(String bucket, AgentId agent) {
    return statements.read(
        "look for dead letters of agent " + agent,
        handle ->
            handle
                .createQuery(OPEN_FOR_AGENT)
                .bind("bucket", bucket)
                .bind("agent", agent.toString())
                .map(PostgresDeadLetterStore::letter)
                .findOne());
  }

  @Override
  public List<DeadLetter> page(DeadLetters.Filter filter, Optional<DeadLetter> after, int limit) {
    return statements.read(
        "list dead letters of " + filter,
        handle ->
            handle
                .createQuery(PAGE)
                .bind("bucket", after.map(DeadLetter::bucket).orElse(""))
                .bind("epoch", after.map(letter -> letter.revision().epoch()).orElse(0L))
                .bind("sequence", after.map(letter -> letter.revision().sequence()).orElse(0L))
                .bind("agent", filter.agent().map(AgentId::toString).orElse(null))
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
    return statements.read(
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
    return statements.read(
        "read dead letter " + id,
        handle -> Optional.ofNullable(LetterReplay.changes(handle, List.of(id)).get(id)));
  }

  @Override
  public boolean replay(UUID id) {
    return statements.whole(() -> replays.replay(id));
  }

  @Override
  public Map<UUID, DataResult<Boolean>> replayAll(Collection<UUID> ids) {
    return statements.whole(() -> replays.replayAll(ids));
  }

  static String subject(ResultSet row) throws SQLException {
    String subject = row.getString("subject");
    return row.getBoolean("subject_escaped") ? SqlText.unescape(subject) : subject;
  }

  static Optional<StateKey> key(ResultSet row) throws SQLException {
    String agent = row.getString("agent");
    String path = row.getString("state_key");
    return agent == null || path == null
        ? Optional.empty()
        : Optional.of(StateKey.ofPath(AgentId.parse(agent), path));
  }

  private static DeadLetter letter(ResultSet row, StatementContext context) throws SQLException {
    return new DeadLetter(
        row.getObject("dead_letter_id", UUID.class),
        row.getString("bucket"),
        subject(row),
        key(row),
        new Revision.OfJournal(row.getLong("epoch"), row.getLong("sequence")),
        DataError.valueOf(row.getString("reason_code")),
        Optional.ofNullable(row.getString("sql_state")),
        row.getString("reason"),
        SqlTime.get(row, "written_at"));
  }
}
