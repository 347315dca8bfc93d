package io.mistersmith.persistence.testkit.fault;

import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.transaction.Transaction.Row;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** A transaction with faults on each of its calls. */
final class FaultyUnit extends FaultyAccess implements SqlUnit {

  private final SqlUnit real;
  private final CutOff cutOff;

  FaultyUnit(SqlUnit real, CutOff cutOff) {
    super(real, cutOff);
    this.real = real;
    this.cutOff = cutOff;
  }

  @Override
  public <T> T nested(Supplier<? extends T> work) {
    return real.nested(work);
  }

  @Override
  public int update(String sql, Map<String, ?> parameters) {
    return SqlFaults.call(cutOff, Call.SQL_WRITE, () -> real.update(sql, parameters));
  }

  @Override
  public List<Row> query(String sql, Map<String, ?> parameters) {
    return SqlFaults.call(cutOff, Call.SQL_READ, () -> real.query(sql, parameters));
  }

  @Override
  public void note(String correlationId) {
    boolean unused =
        SqlFaults.call(
            cutOff,
            Call.SQL_WRITE,
            () -> {
              real.note(correlationId);
              return true;
            });
  }
}
