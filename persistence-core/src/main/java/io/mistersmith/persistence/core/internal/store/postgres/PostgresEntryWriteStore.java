package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.EntryWriteStore;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/** The table {@code sagas.entry_writes}. */
final class PostgresEntryWriteStore implements EntryWriteStore {

  private static final String COLUMNS =
      """
      w.owner, w.path, w.value, w.token, w.superseded, w.base_sequence, w.base_revision,
             w.correlation_id, w.written_at, w.refused
      """;

  private static final String WRITE =
      """
      INSERT INTO sagas.entry_writes AS w (owner, path, value, token, correlation_id)
      VALUES (:owner, :path, :value, :token, :correlation)
      ON CONFLICT (owner, path) DO UPDATE
         SET value = excluded.value,
             token = excluded.token,
             superseded = CASE WHEN w.refused IS NULL THEN w.superseded || w.token
                               ELSE '{}' END,
             base_sequence = CASE WHEN w.refused IS NULL THEN w.base_sequence END,
             base_revision = CASE WHEN w.refused IS NULL THEN w.base_revision END,
             correlation_id = excluded.correlation_id,
             written_at = clock_timestamp(),
             refused = NULL
      RETURNING
      """
          + COLUMNS;

  private static final String BASE =
      """
      UPDATE sagas.entry_writes
         SET base_sequence = :sequence, base_revision = :revision
       WHERE owner = :owner AND path = :path AND token = :token AND base_sequence IS NULL
      """;

  private static final String FIND =
      "SELECT "
          + COLUMNS
          + " FROM sagas.entry_writes AS w WHERE w.owner = :owner AND w.path = :path";

  private static final String WAITING =
      "SELECT "
          + COLUMNS
          + " FROM sagas.entry_writes AS w WHERE w.refused IS NULL ORDER BY w.written_at LIMIT"
          + " :limit";

  private static final String REFUSED =
      "SELECT "
          + COLUMNS
          + " FROM sagas.entry_writes AS w WHERE w.refused IS NOT NULL ORDER BY w.written_at LIMIT"
          + " :limit";

  /** A row that a transaction is writing has another token once that has ended. */
  private static final String REMOVE =
      """
      DELETE FROM sagas.entry_writes
       WHERE (owner, path) IN (SELECT owner, path
                                 FROM sagas.entry_writes
                                WHERE owner = :owner AND path = :path AND token = :token
                                  FOR UPDATE SKIP LOCKED)
      """;

  private static final String REFUSE =
      """
      UPDATE sagas.entry_writes
         SET refused = :reason
       WHERE (owner, path) IN (SELECT owner, path
                                 FROM sagas.entry_writes
                                WHERE owner = :owner AND path = :path AND token = :token
                                  AND refused IS NULL
                                  FOR UPDATE SKIP LOCKED)
      """;

  private static final String RETRY =
      """
      UPDATE sagas.entry_writes
         SET refused = NULL, superseded = '{}', base_sequence = :sequence,
             base_revision = :revision
       WHERE owner = :owner AND path = :path AND token = :token AND refused IS NOT NULL
      """;

  private final Statements statements;

  PostgresEntryWriteStore(Statements statements) {
    this.statements = statements;
  }

  @Override
  public Pending write(Change change) {
    return statements.write(
        "write a change of " + change.key(),
        handle ->
            keyed(handle.createQuery(WRITE), change.key())
                .bind("value", change.json().orElse(null))
                .bind("token", change.token())
                .bind("correlation", change.correlationId())
                .map(PostgresEntryWriteStore::pending)
                .one());
  }

  @Override
  public boolean base(StateKey key, String token, Basis basis) {
    return changed("set the basis of a change of " + key, BASE, key, token, Optional.of(basis));
  }

  @Override
  public Optional<Pending> find(StateKey key) {
    return statements.read(
        "find the change of " + key,
        handle ->
            keyed(handle.createQuery(FIND), key).map(PostgresEntryWriteStore::pending).findOne());
  }

  @Override
  public List<Pending> waiting(int limit) {
    return list("list changes of entries that wait", WAITING, limit);
  }

  @Override
  public List<Pending> refused(int limit) {
    return list("list changes of entries that were refused", REFUSED, limit);
  }

  private List<Pending> list(String what, String sql, int limit) {
    return statements.read(
        what,
        handle ->
            handle
                .createQuery(sql)
                .bind("limit", limit)
                .map(PostgresEntryWriteStore::pending)
                .list());
  }

  @Override
  public boolean remove(StateKey key, String token) {
    return changed("remove the change of " + key, REMOVE, key, token, Optional.empty());
  }

  @Override
  public boolean refuse(StateKey key, String token, String reason) {
    return statements.write(
        "refuse the change of " + key,
        handle ->
            keyed(handle.createUpdate(REFUSE), key)
                    .bind("token", token)
                    .bind("reason", reason)
                    .execute()
                == 1);
  }

  @Override
  public boolean retry(StateKey key, String token, Basis basis) {
    return changed("retry the change of " + key, RETRY, key, token, Optional.of(basis));
  }

  private boolean changed(
      String what, String sql, StateKey key, String token, Optional<Basis> basis) {
    return statements.write(
        what,
        handle -> {
          var update = keyed(handle.createUpdate(sql), key).bind("token", token);
          basis.ifPresent(
              place ->
                  update
                      .bind("sequence", place.place())
                      .bind("revision", place.revision().map(Revision::toString).orElse(null)));
          return update.execute() == 1;
        });
  }

  private static <S extends SqlStatement<S>> S keyed(S statement, StateKey key) {
    return statement.bind("owner", key.agent().toString()).bind("path", key.path());
  }

  private static Pending pending(ResultSet row, StatementContext context) throws SQLException {
    StateKey key = StateKey.ofPath(AgentId.parse(row.getString("owner")), row.getString("path"));
    byte @Nullable [] value = row.getBytes("value");
    Change change =
        new Change(
            key,
            Optional.ofNullable(value),
            row.getString("token"),
            row.getString("correlation_id"));
    long sequence = row.getLong("base_sequence");
    Optional<Basis> basis =
        row.wasNull()
            ? Optional.empty()
            : Optional.of(
                new Basis(
                    sequence,
                    Optional.ofNullable(row.getString("base_revision"))
                        .map(text -> (Revision.OfJournal) Revision.parse(text))));
    Array superseded = row.getArray("superseded");
    return new Pending(
        change,
        basis,
        Set.copyOf(Arrays.asList((String[]) superseded.getArray())),
        SqlTime.get(row, "written_at"),
        Optional.ofNullable(row.getString("refused")));
  }
}
