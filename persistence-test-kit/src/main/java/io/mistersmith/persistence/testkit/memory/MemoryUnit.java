package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.transaction.Transaction.Row;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;

/** The stores of one transaction. */
final class MemoryUnit extends MemoryAccess implements SqlUnit {

  private final UnitSession session;

  MemoryUnit(UnitSession session) {
    super(session);
    this.session = session;
  }

  @Override
  public <T> T nested(Supplier<? extends T> work) {
    return session.attempt(work);
  }

  @Override
  public int update(String sql, Map<String, ?> parameters) {
    throw session.noStatements();
  }

  @Override
  public List<Row> query(String sql, Map<String, ?> parameters) {
    throw session.noStatements();
  }

  @Override
  public void note(String correlationId) {
    session.note(correlationId, UUID.randomUUID());
  }
}
