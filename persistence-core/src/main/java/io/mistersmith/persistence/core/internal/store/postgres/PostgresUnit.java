package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.transaction.Transaction.Row;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;

/** The stores of one transaction. */
final class PostgresUnit extends PostgresAccess implements SqlUnit {

  private final UnitStatements statements;

  PostgresUnit(UnitStatements statements, UUID installation) {
    super(statements, installation);
    this.statements = statements;
  }

  @Override
  public <T> T nested(Supplier<? extends T> work) {
    return statements.nested(work);
  }

  @Override
  public int update(String sql, Map<String, ?> parameters) {
    return statements.update(sql, parameters);
  }

  @Override
  public List<Row> query(String sql, Map<String, ?> parameters) {
    return statements.query(sql, parameters);
  }

  @Override
  public void note(String correlationId) {
    statements.note(correlationId);
  }
}
