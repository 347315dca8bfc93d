package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.spi.sql.RecoveryStore;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/** The tables and functions of the schema {@code recovery}. */
final class PostgresRecoveryStore implements RecoveryStore {

  private static final String SET = "recovery";

  /** Of the catalog alone, so that it needs no right on the schema. */
  private static final String IS_INSTALLED =
      """
      SELECT EXISTS (
        SELECT
          FROM pg_catalog.pg_proc AS p
          JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
         WHERE n.nspname = 'recovery' AND p.proname = 'ages')
      """;

  private static final String ADD =
      """
      INSERT INTO recovery.backups (backup_id, kind, started_at, completed_at, bytes)
      VALUES (:id, :kind, :started::timestamptz,
              greatest(:completed::timestamptz, :started::timestamptz), :bytes)
      ON CONFLICT ON CONSTRAINT backups_pkey DO NOTHING
      """;

  private static final String REMOVE = "DELETE FROM recovery.backups WHERE backup_id = :id";

  private static final String BACKUPS =
      """
      SELECT backup_id, kind, started_at, completed_at, bytes
        FROM recovery.backups
       ORDER BY started_at DESC, backup_id DESC
      """;

  private static final String RECORD =
      """
      SELECT recovery.record_test_result(
               :type, :backup::timestamptz, :started::timestamptz, NULL, :status, :verified,
               (SELECT jsonb_object_agg(f.name, f.value)
                  FROM unnest(:names::text[], :values::float8[]) AS f (name, value)),
               :notes, :errors)
      """;

  private static final String AGES =
      """
      SELECT what, last_at, extract(EPOCH FROM allowed_age)::bigint AS seconds, allowed_ages
        FROM recovery.ages()
      """;

  private static final String VERIFY =
      "SELECT table_name, record_count, issues_found FROM recovery.verify_data_consistency()";

  private final Statements statements;

  PostgresRecoveryStore(Statements statements) {
    this.statements = statements;
  }

  @Override
  public boolean isInstalled() {
    return statements.read(
        "look for the set of migrations recovery",
        handle -> handle.createQuery(IS_INSTALLED).mapTo(Boolean.class).one());
  }

  @Override
  public void add(KnownBackup backup) {
    int unused =
        write(
            "note backup " + backup.id(),
            handle ->
                handle
                    .createUpdate(ADD)
                    .bind("id", backup.id())
                    .bind("kind", backup.kind())
                    .bind("started", SqlTime.text(backup.startedAt()))
                    .bind("completed", SqlTime.text(backup.completedAt()))
                    .bind("bytes", backup.bytes())
                    .execute());
  }

  @Override
  public boolean remove(String id) {
    return write(
        "forget backup " + id, handle -> handle.createUpdate(REMOVE).bind("id", id).execute() == 1);
  }

  @Override
  public List<KnownBackup> backups() {
    return read(
        "list the known backups",
        handle -> handle.createQuery(BACKUPS).map(PostgresRecoveryStore::backup).list());
  }

  private static KnownBackup backup(ResultSet row, StatementContext context) throws SQLException {
    return new KnownBackup(
        row.getString("backup_id"),
        row.getString("kind"),
        SqlTime.get(row, "started_at"),
        SqlTime.get(row, "completed_at"),
        row.getLong("bytes"));
  }

  @Override
  public UUID record(DrillResult result) {
    List<String> names = new ArrayList<>();
    List<String> values = new ArrayList<>();
    result
        .figures()
        .forEach(
            (name, value) -> {
              names.add(name);
              values.add(value.toString());
            });
    return write(
        "record a drill",
        handle ->
            handle
                .createQuery(RECORD)
                .bind("type", result.both() ? "cross_system" : "full_restore")
                .bind("backup", SqlTime.text(result.backupAt()))
                .bind("started", SqlTime.text(result.startedAt()))
                .bind("status", result.passed() ? "passed" : "failed")
                .bind("verified", result.passed())
                .bindArray("names", String.class, names.toArray())
                .bindArray("values", String.class, values.toArray())
                .bind("notes", result.notes())
                .bindArray("errors", String.class, result.errors().toArray())
                .mapTo(UUID.class)
                .one());
  }

  @Override
  public List<Age> ages() {
    return read(
        "ask how old the newest backup is",
        handle -> handle.createQuery(AGES).map(PostgresRecoveryStore::age).list());
  }

  private static Age age(ResultSet row, StatementContext context) throws SQLException {
    return new Age(
        row.getString("what"),
        SqlTime.optional(row, "last_at"),
        Duration.ofSeconds(row.getLong("seconds")),
        row.getDouble("allowed_ages"));
  }

  @Override
  public List<TableCheck> verifyConsistency() {
    return read(
        "check the consistency of every table",
        handle -> handle.createQuery(VERIFY).map(PostgresRecoveryStore::check).list());
  }

  private static TableCheck check(ResultSet row, StatementContext context) throws SQLException {
    return new TableCheck(
        row.getString("table_name"),
        row.getLong("record_count"),
        List.of((String[]) row.getArray("issues_found").getArray()));
  }

  private <T> T read(String what, Function<Handle, T> work) {
    return MissingSet.named(SET, what, () -> statements.read(what, work));
  }

  private <T> T write(String what, Function<Handle, T> work) {
    return MissingSet.named(SET, what, () -> statements.write(what, work));
  }
}
