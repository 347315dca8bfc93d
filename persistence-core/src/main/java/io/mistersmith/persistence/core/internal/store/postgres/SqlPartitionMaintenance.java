package io.mistersmith.persistence.core.internal.store.postgres;

import java.util.List;
import java.util.Optional;

/**
 * Calls {@code partitions.maintain}, by the database's clock. A transaction for each table, so that
 * the locks of one are not held while another is worked on.
 */
final class SqlPartitionMaintenance implements PartitionMaintenance {

  private static final String AVAILABLE =
      "SELECT to_regprocedure('partitions.maintain(timestamptz, regclass)') IS NOT NULL";

  private static final String TABLES =
      """
      SELECT parent_schema, parent_table,
             to_regclass(format('%I.%I', parent_schema, parent_table)) IS NOT NULL AS found
        FROM partitions.settings
       ORDER BY parent_schema, parent_table
      """;

  /** A null table would mean all of them. */
  private static final String MAINTAIN =
      """
      SELECT m.outcome, m.created, m.drained, m.detached, coalesce(m.message, '') AS message
        FROM to_regclass(format('%%I.%%I', :schema::text, :name::text)) AS t,
             LATERAL %s AS m
       WHERE t IS NOT NULL
      """;

  private static final String AS_CALLER = MAINTAIN.formatted("partitions.maintain(now(), t)");

  /** With the set roles, a user who does not own the tables may have them maintained. */
  private static final String AS_OWNER = MAINTAIN.formatted("partitions.maintain_as_owner(t)");

  private static final String ALLOWED =
      """
      SELECT coalesce(has_function_privilege(
               to_regprocedure('partitions.maintain_as_owner(regclass)'), 'EXECUTE'), FALSE)
      """;

  private final Database database;

  SqlPartitionMaintenance(Database database) {
    this.database = database;
  }

  @Override
  public boolean available() {
    return database.read(
        "look for partitions.maintain",
        handle -> handle.createQuery(AVAILABLE).mapTo(Boolean.class).one());
  }

  @Override
  public List<Table> tables() {
    return database.read(
        "read partitions.settings",
        handle ->
            handle
                .createQuery(TABLES)
                .map(
                    (row, context) ->
                        new Table(
                            row.getString("parent_schema"),
                            row.getString("parent_table"),
                            row.getBoolean("found")))
                .list());
  }

  @Override
  public Optional<Outcome> maintain(Table table) {
    return database.write(
        "maintain the partitions of " + table,
        handle ->
            handle
                .createQuery(
                    handle.createQuery(ALLOWED).mapTo(Boolean.class).one() ? AS_OWNER : AS_CALLER)
                .bind("schema", table.schema())
                .bind("name", table.name())
                .map(
                    (row, context) ->
                        new Outcome(
                            row.getString("outcome"),
                            row.getInt("created"),
                            row.getLong("drained"),
                            row.getInt("detached"),
                            row.getString("message")))
                .findOne());
  }
}
