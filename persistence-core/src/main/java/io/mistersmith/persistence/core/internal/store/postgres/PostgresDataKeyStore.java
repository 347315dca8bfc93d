package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.spi.sql.DataKeyStore;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.statement.StatementContext;

/** The table {@code agents.data_keys}. */
final class PostgresDataKeyStore implements DataKeyStore {

  private static final String SELECT =
      """
      SELECT key_id, subject, master_key, wrapped_key, created_at
        FROM agents.data_keys
      """;

  private static final String FIND = SELECT + " WHERE key_id = :id";

  private static final String FIND_ALL = SELECT + " WHERE key_id = ANY (:ids::uuid[])";

  private static final String NEWEST =
      SELECT
          + """
           WHERE subject = :subject AND wrapped_key IS NOT NULL
           ORDER BY created_at DESC
           LIMIT 1
          """;

  private static final String ADD =
      """
      INSERT INTO agents.data_keys (key_id, subject, master_key, wrapped_key, created_at)
      VALUES (:id, :subject, :master, :wrapped, :created::timestamptz)
      """;

  private static final String WRAPPED_BY_OTHERS =
      SELECT
          + """
           WHERE master_key <> :master AND wrapped_key IS NOT NULL
           ORDER BY created_at
           LIMIT :limit
          """;

  private static final String REWRAP =
      """
      UPDATE agents.data_keys
         SET master_key = :master, wrapped_key = :wrapped
       WHERE key_id = :id AND master_key = :before AND wrapped_key IS NOT NULL
      """;

  private static final String DESTROY =
      """
      UPDATE agents.data_keys
         SET wrapped_key = NULL, destroyed_at = clock_timestamp()
       WHERE subject = :subject AND wrapped_key IS NOT NULL
      """;

  private final Statements statements;

  PostgresDataKeyStore(Statements statements) {
    this.statements = statements;
  }

  @Override
  public Optional<StoredKey> find(UUID id) {
    return statements.read(
        "find data key " + id,
        handle -> handle.createQuery(FIND).bind("id", id).map(PostgresDataKeyStore::key).findOne());
  }

  @Override
  public List<StoredKey> findAll(Collection<UUID> ids) {
    return statements.read(
        "find data keys",
        handle ->
            handle
                .createQuery(FIND_ALL)
                .bindArray("ids", UUID.class, ids.toArray())
                .map(PostgresDataKeyStore::key)
                .list());
  }

  @Override
  public Optional<StoredKey> newest(String subject) {
    return statements.read(
        "find the newest data key of a subject",
        handle ->
            handle
                .createQuery(NEWEST)
                .bind("subject", subject)
                .map(PostgresDataKeyStore::key)
                .findOne());
  }

  @Override
  public void add(NewKey key) {
    int unused =
        statements.write(
            "add data key " + key.id(),
            handle ->
                handle
                    .createUpdate(ADD)
                    .bind("id", key.id())
                    .bind("subject", key.subject())
                    .bind("master", key.masterKey())
                    .bind("wrapped", key.wrapped())
                    .bind("created", SqlTime.text(key.createdAt()))
                    .execute());
  }

  @Override
  public List<StoredKey> wrappedByOthers(String masterKey, int limit) {
    return statements.read(
        "list data keys of other master keys than " + masterKey,
        handle ->
            handle
                .createQuery(WRAPPED_BY_OTHERS)
                .bind("master", masterKey)
                .bind("limit", limit)
                .map(PostgresDataKeyStore::key)
                .list());
  }

  @Override
  public boolean rewrap(UUID id, String before, String masterKey, byte[] wrapped) {
    return statements.write(
        "replace the wrapping of data key " + id,
        handle ->
            handle
                    .createUpdate(REWRAP)
                    .bind("id", id)
                    .bind("before", before)
                    .bind("master", masterKey)
                    .bind("wrapped", wrapped)
                    .execute()
                == 1);
  }

  @Override
  public int destroy(String subject) {
    return statements.write(
        "destroy the data keys of a subject",
        handle -> handle.createUpdate(DESTROY).bind("subject", subject).execute());
  }

  private static StoredKey key(ResultSet row, StatementContext context) throws SQLException {
    return new StoredKey(
        row.getObject("key_id", UUID.class),
        row.getString("subject"),
        row.getString("master_key"),
        Optional.ofNullable(row.getBytes("wrapped_key")),
        SqlTime.get(row, "created_at"));
  }
}
