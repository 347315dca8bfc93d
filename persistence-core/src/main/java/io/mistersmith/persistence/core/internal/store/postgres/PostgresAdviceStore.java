package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.operations.Advice.IndexFinding;
import io.mistersmith.persistence.operations.Advice.IndexTrouble;
import io.mistersmith.persistence.operations.Advice.MissingIndex;
import io.mistersmith.persistence.operations.Advice.SlowStatement;
import io.mistersmith.persistence.spi.sql.AdviceStore;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/** The functions of the schema {@code monitoring}, which the set of scripts of that name makes. */
final class PostgresAdviceStore implements AdviceStore {

  private static final String INDEXES =
      """
      SELECT format('%I.%I', schema_name, index_name) AS index,
             format('%I.%I', schema_name, table_name) AS table,
             trouble, index_bytes, reason, statement
        FROM monitoring.index_findings()
      """;

  private static final String RECOMMEND = "SELECT monitoring.generate_index_recommendations()";

  private static final String MISSING =
      """
      SELECT recommendation_id, format('%I.%I', schema_name, table_name) AS table, column_names,
             index_type, recommendation_reason, estimated_benefit, created_at, failure
        FROM monitoring.pending_index_recommendations()
      """;

  private static final String REJECT =
      """
      UPDATE monitoring.index_recommendations
         SET status = 'rejected'
       WHERE recommendation_id = :id AND status = 'pending'
      """;

  private static final String SLOWEST =
      """
      SELECT query_hash, query_text, calls, mean_exec_time_ms, total_exec_time_ms, plan_json
        FROM monitoring.slowest_statements(:most)
      """;

  private final Statements statements;
  private final @Nullable RecommendedIndexes builds;

  /** A store that builds no index: its statements may run in a transaction. */
  PostgresAdviceStore(Statements statements) {
    this.statements = statements;
    this.builds = null;
  }

  PostgresAdviceStore(Statements statements, RecommendedIndexes builds) {
    this.statements = statements;
    this.builds = builds;
  }

  @Override
  public List<IndexFinding> indexes() {
    return read(
        "look for indexes that do not help",
        handle -> handle.createQuery(INDEXES).map(PostgresAdviceStore::finding).list());
  }

  private static IndexFinding finding(ResultSet row, StatementContext context) throws SQLException {
    return new IndexFinding(
        row.getString("index"),
        row.getString("table"),
        IndexTrouble.valueOf(row.getString("trouble").toUpperCase(Locale.ROOT)),
        row.getLong("index_bytes"),
        row.getString("reason"),
        row.getString("statement"));
  }

  @Override
  public void recommend() {
    int unused =
        write(
            "look for missing indexes",
            handle -> handle.createQuery(RECOMMEND).mapTo(Integer.class).one());
  }

  @Override
  public List<MissingIndex> missing() {
    return read(
        "list the recommended indexes",
        handle -> handle.createQuery(MISSING).map(PostgresAdviceStore::recommended).list());
  }

  private static MissingIndex recommended(ResultSet row, StatementContext context)
      throws SQLException {
    return new MissingIndex(
        row.getObject("recommendation_id", UUID.class),
        row.getString("table"),
        List.of((String[]) row.getArray("column_names").getArray()),
        row.getString("index_type"),
        row.getString("recommendation_reason"),
        row.getString("estimated_benefit"),
        SqlTime.get(row, "created_at"),
        Optional.ofNullable(row.getString("failure")));
  }

  @Override
  public String implement(UUID recommendation) {
    if (builds == null) {
      throw new IllegalStateException(
          "implement recommendation "
              + recommendation
              + ": an index is not built in a transaction; use SqlStore.advice() outside of a"
              + " unit");
    }
    return builds.build(recommendation);
  }

  @Override
  public boolean reject(UUID recommendation) {
    return write(
        "reject recommendation " + recommendation,
        handle -> handle.createUpdate(REJECT).bind("id", recommendation).execute() == 1);
  }

  @Override
  public List<SlowStatement> slowStatements(int most) {
    return read(
        "list slow statements",
        handle ->
            handle
                .createQuery(SLOWEST)
                .bind("most", most)
                .map(PostgresAdviceStore::statement)
                .list());
  }

  private static SlowStatement statement(ResultSet row, StatementContext context)
      throws SQLException {
    return new SlowStatement(
        row.getString("query_hash"),
        row.getString("query_text"),
        row.getLong("calls"),
        row.getDouble("mean_exec_time_ms"),
        row.getDouble("total_exec_time_ms"),
        Optional.ofNullable(row.getString("plan_json")));
  }

  private <T> T read(String what, Function<Handle, T> work) {
    return MissingSet.named("monitoring", what, () -> statements.read(what, work));
  }

  private <T> T write(String what, Function<Handle, T> work) {
    return MissingSet.named("monitoring", what, () -> statements.write(what, work));
  }
}
