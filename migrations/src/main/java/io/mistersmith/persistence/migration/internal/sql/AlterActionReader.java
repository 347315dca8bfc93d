package io.mistersmith.persistence.migration.internal.sql;

import io.mistersmith.persistence.migration.internal.sql.AlterAction.Kind;
import org.jspecify.annotations.Nullable;

/** Reads one of the changes of an ALTER TABLE. */
final class AlterActionReader {
  private final TokenCursor cursor;
  private final int line;

  private AlterActionReader(TokenSequence action) {
    this.cursor = new TokenCursor(action);
    this.line = action.line();
  }

  static AlterAction read(TokenSequence action) {
    return new AlterActionReader(action).action();
  }

  private AlterAction action() {
    if (cursor.accept("add")) {
      return add();
    }
    if (cursor.accept("alter", "constraint")) {
      return named(Kind.OTHER);
    }
    if (cursor.accept("alter")) {
      return alterColumn();
    }
    if (cursor.accept("drop")) {
      boolean constraint = cursor.accept("constraint");
      cursor.accept("column");
      return named(constraint ? Kind.DROP_CONSTRAINT : Kind.DROP_COLUMN);
    }
    if (cursor.accept("validate", "constraint")) {
      return named(Kind.VALIDATE_CONSTRAINT);
    }
    if (cursor.accept("rename")) {
      return rename();
    }
    if (cursor.accept("attach", "partition")) {
      return withOther(Kind.ATTACH_PARTITION);
    }
    if (cursor.accept("detach", "partition")) {
      boolean concurrently = cursor.rest().has("concurrently") || cursor.rest().has("finalize");
      return withOther(concurrently ? Kind.DETACH_PARTITION_CONCURRENTLY : Kind.DETACH_PARTITION);
    }
    if (cursor.accept("inherit") || cursor.accept("no", "inherit")) {
      return withOther(Kind.OTHER);
    }
    return setting();
  }

  private AlterAction add() {
    if (ElementReader.atTableConstraint(cursor)) {
      ConstraintDefinition constraint = ElementReader.constraint(cursor, "");
      String name = constraint == null || constraint.name() == null ? "" : constraint.name();
      return of(Kind.ADD_CONSTRAINT, name, null, constraint, null);
    }
    cursor.accept("column");
    cursor.accept("if", "not", "exists");
    ColumnDefinition column = ElementReader.column(cursor.rest());
    return of(Kind.ADD_COLUMN, column.name(), column, null, null);
  }

  private AlterAction alterColumn() {
    cursor.accept("column");
    String column = cursor.word();
    return of(columnChange(), column, null, null, null);
  }

  private Kind columnChange() {
    if (cursor.accept("set", "data", "type") || cursor.accept("type")) {
      return Kind.SET_TYPE;
    }
    if (cursor.accept("set", "default") || cursor.accept("drop", "default")) {
      return Kind.SET_DEFAULT;
    }
    if (cursor.accept("set", "not", "null")) {
      return Kind.SET_NOT_NULL;
    }
    if (cursor.accept("drop", "not", "null")) {
      return Kind.DROP_NOT_NULL;
    }
    if (cursor.accept("set", "expression")) {
      return Kind.SET_EXPRESSION;
    }
    boolean options = cursor.accept("set") || cursor.accept("reset");
    return cursor.at("statistics") || (options && cursor.atSymbol("("))
        ? Kind.SET_COLUMN_STATISTICS
        : Kind.ALTER_COLUMN;
  }

  private AlterAction rename() {
    if (cursor.accept("to")) {
      return named(Kind.RENAME_TABLE);
    }
    boolean constraint = cursor.accept("constraint");
    cursor.accept("column");
    return named(constraint ? Kind.RENAME_CONSTRAINT : Kind.RENAME_COLUMN);
  }

  private AlterAction setting() {
    if (cursor.accept("disable", "trigger")) {
      return named(Kind.DISABLE_TRIGGER);
    }
    if (cursor.accept("enable", "trigger")
        || cursor.accept("enable", "replica", "trigger")
        || cursor.accept("enable", "always", "trigger")) {
      return named(Kind.ENABLE_TRIGGER);
    }
    if (cursor.accept("set", "schema")) {
      return named(Kind.SET_SCHEMA);
    }
    if (cursor.at("cluster") || cursor.at("set", "without", "cluster")) {
      return named(Kind.SET_STORAGE_PARAMETERS);
    }
    boolean set = cursor.accept("set") || cursor.accept("reset");
    if (set && cursor.atSymbol("(")) {
      boolean strong = cursor.rest().has("user_catalog_table");
      return named(strong ? Kind.OTHER : Kind.SET_STORAGE_PARAMETERS);
    }
    boolean moves =
        cursor.acceptAny("logged", "unlogged", "tablespace") || cursor.accept("access", "method");
    return named(set && moves ? Kind.MOVE_ROWS : Kind.OTHER);
  }

  private AlterAction named(Kind kind) {
    cursor.accept("if", "exists");
    return of(kind, cursor.word(), null, null, null);
  }

  private AlterAction withOther(Kind kind) {
    ObjectName other = cursor.name();
    return of(kind, other == null ? "" : other.name(), null, null, other);
  }

  private AlterAction of(
      Kind kind,
      String subject,
      @Nullable ColumnDefinition column,
      @Nullable ConstraintDefinition constraint,
      @Nullable ObjectName other) {
    return new AlterAction(kind, subject, column, constraint, other, cursor.rest(), line);
  }
}
