package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.transaction.Transaction.Row;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A transaction that is under way. The stores that it gives are bound to it: their writes are
 * committed or rolled back with it, and until then no other transaction sees them.
 *
 * <p>A call that fails aborts the unit. Every later call fails, and the unit cannot be committed,
 * until the failure is rolled back: work that wants to go on after a failure runs the call in
 * {@link #nested}. A bound store repeats nothing by itself.
 *
 * <p>A unit and its stores belong to the thread that runs the work, and end with it; any other use
 * fails with {@link IllegalStateException}.
 */
public interface SqlUnit extends SqlAccess {

  /**
   * Runs {@code work} after a savepoint. When {@code work} throws, its changes are rolled back, the
   * unit is as it was before, and the same exception is thrown on.
   *
   * @return what {@code work} returned
   * @throws io.mistersmith.persistence.error.PersistenceException the failure of a call within
   *     {@code work}, also when {@code work} caught it; it is rolled back then as well
   */
  <T> T nested(Supplier<? extends T> work);

  /**
   * Runs a statement of the application and returns how many rows it changed; see {@link
   * io.mistersmith.persistence.transaction.Transaction#update}.
   */
  int update(String sql, Map<String, ?> parameters);

  /**
   * Runs a statement of the application and returns its rows; see {@link
   * io.mistersmith.persistence.transaction.Transaction#query}.
   */
  List<Row> query(String sql, Map<String, ?> parameters);

  /**
   * Leaves the row of {@link SqlStore#isCommitted} for a part of this unit.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code DUPLICATE_KEY}
   *     when a unit with this correlation id was committed before
   */
  void note(String correlationId);
}
