package io.mistersmith.persistence.migration.internal.sql;

import io.mistersmith.persistence.migration.internal.sql.AlterAction.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * ALTER TABLE, and ALTER of a view or an index where it renames or sets as that of a table does.
 *
 * @param statement the statement
 * @param table the table
 * @param objectKind what the script says it is: TABLE, INDEX, VIEW, SEQUENCE...
 * @param actions what it changes
 */
public record AlterTable(
    SqlStatement statement, ObjectName table, String objectKind, List<AlterAction> actions)
    implements StatementFacts {

  static AlterTable read(SqlStatement statement, String objectKind, TokenCursor cursor) {
    cursor.accept("if", "exists");
    cursor.accept("only");
    ObjectName table = Names.orUnknown(cursor.name());
    cursor.acceptSymbol("*");
    List<AlterAction> actions =
        cursor.rest().byComma().stream().map(AlterActionReader::read).toList();
    return new AlterTable(statement, table, objectKind, actions);
  }

  /** Copies the actions. */
  public AlterTable {
    actions = List.copyOf(actions);
  }

  /** Whether it alters a table rather than an index, view or sequence. */
  public boolean ofTable() {
    return objectKind.equals("TABLE");
  }

  @Override
  public List<TableLock> locks() {
    List<TableLock> locks = new ArrayList<>();
    for (AlterAction action : actions) {
      locks.add(own(action));
      addOthers(action, locks);
    }
    return locks;
  }

  private TableLock own(AlterAction action) {
    LockMode mode = action.kind().lock();
    TableWork work = action.kind().work();
    ConstraintDefinition constraint = action.constraint();
    ColumnDefinition column = action.column();
    if (objectKind.equals("INDEX") && action.is(Kind.RENAME_TABLE)) {
      mode = LockMode.SHARE_UPDATE_EXCLUSIVE;
    } else if (constraint != null) {
      boolean foreign = constraint.kind() == ConstraintDefinition.Kind.FOREIGN_KEY;
      mode = foreign ? LockMode.SHARE_ROW_EXCLUSIVE : mode;
      work = constraint.notValid() || constraint.usingIndex() ? TableWork.NONE : work;
    } else if (column != null) {
      work = workOfNew(column);
    }
    return new TableLock(table, mode, work, action.line());
  }

  private static TableWork workOfNew(ColumnDefinition column) {
    if (column.serial() || column.identity() || column.stored()) {
      return TableWork.REWRITE;
    }
    if (Volatility.mayDiffer(column.defaultValue())) {
      return TableWork.REWRITE;
    }
    boolean checked =
        column.constraints().stream()
            .anyMatch(constraint -> constraint.kind() != ConstraintDefinition.Kind.NOT_NULL);
    return checked ? TableWork.SCAN : TableWork.NONE;
  }

  private static void addOthers(AlterAction action, List<TableLock> locks) {
    int line = action.line();
    ObjectName other = action.other();
    if (other != null) {
      switch (action.kind()) {
        case ATTACH_PARTITION ->
            locks.add(new TableLock(other, LockMode.ACCESS_EXCLUSIVE, TableWork.SCAN, line));
        case DETACH_PARTITION -> locks.add(TableLock.brief(other, LockMode.ACCESS_EXCLUSIVE, line));
        default -> locks.add(TableLock.brief(other, LockMode.SHARE_UPDATE_EXCLUSIVE, line));
      }
    }
    List<ConstraintDefinition> added = new ArrayList<>();
    if (action.constraint() != null) {
      added.add(action.constraint());
    }
    if (action.column() != null) {
      added.addAll(action.column().constraints());
    }
    for (ConstraintDefinition constraint : added) {
      if (constraint.references() != null) {
        locks.add(TableLock.brief(constraint.references(), LockMode.SHARE_ROW_EXCLUSIVE, line));
      }
    }
  }

  @Override
  public List<ObjectName> creates() {
    return actions.stream()
        .filter(action -> action.is(Kind.RENAME_TABLE))
        .map(action -> new ObjectName(table.schema(), action.subject()))
        .toList();
  }

  @Override
  public boolean transactional() {
    return actions.stream()
        .noneMatch(
            action ->
                action.is(Kind.DETACH_PARTITION_CONCURRENTLY) && action.rest().has("concurrently"));
  }

  @Override
  public String summary() {
    return "ALTER " + objectKind + " " + table;
  }
}
