package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.saga.RowChange;
import io.mistersmith.persistence.saga.RowChange.Operation;
import io.mistersmith.persistence.saga.SagaStep.InTransaction;
import io.mistersmith.persistence.saga.SagaStep.Row;
import io.mistersmith.persistence.saga.StepRefusedException;
import io.mistersmith.persistence.transaction.Transaction;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes steps that change one row of the application's table: transactions that keep the row as it
 * was, and as it is after the change with the id of the transaction that wrote it last ({@code
 * xmin}). It is changed back only while that id is the same: an update by anybody else replaces it.
 */
final class RowSteps {

  private static final String TABLE = "table";
  private static final String OPERATION = "operation";
  private static final String KEY = "key";
  private static final String COLUMNS = "columns";
  private static final String PREVIOUS = "previous";
  private static final String NOW = "now";
  private static final String XMIN = "xmin";

  private RowSteps() {}

  /** Returns the action. */
  static InTransaction action(Row step) {
    return (context, transaction) -> {
      RowChange change = step.change().apply(context);
      Map<String, Object> kept = new LinkedHashMap<>();
      kept.put(TABLE, change.table());
      kept.put(OPERATION, change.operation().name());
      kept.put(KEY, List.copyOf(change.key().keySet()));
      kept.put(COLUMNS, List.copyOf(change.values().keySet()));
      RowStatements statements = new RowStatements(change.table());
      if (change.operation() != Operation.INSERT) {
        kept.put(PREVIOUS, lock(statements, change, transaction));
      }
      apply(statements, change, transaction, kept);
      return kept;
    };
  }

  private static String lock(RowStatements statements, RowChange change, Transaction transaction) {
    List<String> rows =
        transaction.query(
            statements.lock(change.key().keySet()),
            Map.of("key", RowValues.of(change.key())),
            row -> row.get(PREVIOUS, String.class));
    if (rows.size() != 1) {
      throw new NonTransientPersistenceException(
          rows.isEmpty() ? DataError.NOT_FOUND : DataError.CONSTRAINT_VIOLATION,
          "table "
              + change.table()
              + ": "
              + rows.size()
              + " rows have the key "
              + change.key().keySet()
              + "; a step changes one");
    }
    return rows.get(0);
  }

  private static void apply(
      RowStatements statements,
      RowChange change,
      Transaction transaction,
      Map<String, Object> kept) {
    switch (change.operation()) {
      case INSERT ->
          written(
              transaction,
              statements.insert(change.values().keySet()),
              Map.of("values", RowValues.of(change.values())),
              kept);
      case UPDATE ->
          written(
              transaction,
              statements.update(change.values().keySet(), change.key().keySet()),
              Map.of("values", RowValues.of(change.values()), "key", RowValues.of(change.key())),
              kept);
      case DELETE -> {
        int unused =
            transaction.update(
                statements.delete(change.key().keySet()),
                Map.of("key", RowValues.of(change.key())));
      }
    }
  }

  private static void written(
      Transaction transaction,
      String sql,
      Map<String, String> parameters,
      Map<String, Object> kept) {
    List<Boolean> rows =
        transaction.query(
            sql,
            parameters,
            row -> {
              kept.put(XMIN, row.get(XMIN, String.class));
              kept.put(NOW, row.get(NOW, String.class));
              return true;
            });
    if (rows.size() != 1) {
      throw new StepRefusedException(
          "table " + kept.get(TABLE) + ": a rule or a trigger of the table skipped the change");
    }
  }

  /**
   * Returns the compensation. A row that is as it was before the step counts as changed back, even
   * if others did that.
   *
   * @param kept what the action kept
   */
  static InTransaction undo(Map<String, Object> kept) {
    return (context, transaction) -> {
      RowStatements statements = new RowStatements(text(kept, TABLE));
      boolean isBack =
          switch (Operation.valueOf(text(kept, OPERATION))) {
            case INSERT -> undoInsert(statements, transaction, kept);
            case UPDATE -> undoUpdate(statements, transaction, kept);
            case DELETE -> undoDelete(statements, transaction, kept);
          };
      if (!isBack) {
        throw new StepRefusedException(
            "table "
                + statements.table()
                + ": the row was changed by others since the step wrote it, so it is not changed"
                + " back. Put it as it was and resume the saga, or give the saga up");
      }
      return Map.of();
    };
  }

  private static boolean undoInsert(
      RowStatements statements, Transaction transaction, Map<String, Object> kept) {
    String now = text(kept, NOW);
    List<String> key = names(transaction, RowStatements.PRIMARY_KEY, statements.quoted());
    return transaction.update(statements.undoInsert(key), Map.of(NOW, now, XMIN, text(kept, XMIN)))
            == 1
        || transaction.query(statements.present(key), Map.of(NOW, now), row -> row).isEmpty();
  }

  private static boolean undoUpdate(
      RowStatements statements, Transaction transaction, Map<String, Object> kept) {
    String previous = text(kept, PREVIOUS);
    List<String> key = list(kept, KEY);
    return transaction.update(
                statements.undoUpdate(list(kept, COLUMNS), key),
                Map.of(NOW, text(kept, NOW), XMIN, text(kept, XMIN), PREVIOUS, previous))
            == 1
        || isAsBefore(statements, transaction, key, previous);
  }

  private static boolean undoDelete(
      RowStatements statements, Transaction transaction, Map<String, Object> kept) {
    String previous = text(kept, PREVIOUS);
    List<String> columns = names(transaction, RowStatements.COLUMNS, statements.quoted());
    return transaction.update(statements.undoDelete(columns), Map.of(PREVIOUS, previous)) == 1
        || isAsBefore(statements, transaction, list(kept, KEY), previous);
  }

  private static boolean isAsBefore(
      RowStatements statements, Transaction transaction, List<String> key, String previous) {
    return !transaction
        .query(statements.asBefore(key), Map.of(PREVIOUS, previous), row -> row)
        .isEmpty();
  }

  private static List<String> names(Transaction transaction, String sql, String table) {
    return transaction.query(sql, Map.of("table", table), row -> row.get("name", String.class));
  }

  private static String text(Map<String, Object> kept, String name) {
    return String.valueOf(kept.get(name));
  }

  private static List<String> list(Map<String, Object> kept, String name) {
    return kept.get(name) instanceof List<?> names
        ? names.stream().map(String::valueOf).toList()
        : List.of();
  }
}
