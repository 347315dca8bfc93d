package io.mistersmith.persistence.migration.internal.sql;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A constraint, of a column or of a table.
 *
 * @param name its name, where the script gives one
 * @param kind what it demands
 * @param columns the columns that it names, of its own table
 * @param references the other table of a foreign key
 * @param notValid whether the rows that exist are left unchecked
 * @param usingIndex whether an index that exists is taken for it
 * @param body what follows the kind: a check's condition, a key's columns and options
 * @param line the line of the script
 */
public record ConstraintDefinition(
    @Nullable String name,
    Kind kind,
    List<String> columns,
    @Nullable ObjectName references,
    boolean notValid,
    boolean usingIndex,
    TokenSequence body,
    int line) {

  /** The kinds of constraints. */
  public enum Kind {
    /** A condition. */
    CHECK,
    /** A row of another table. */
    FOREIGN_KEY,
    /** No value twice. */
    UNIQUE,
    /** No value twice, and no null. */
    PRIMARY_KEY,
    /** No two rows that conflict. */
    EXCLUDE,
    /** No null. */
    NOT_NULL
  }

  /** Copies the columns. */
  public ConstraintDefinition {
    columns = List.copyOf(columns);
  }

  /** Whether no two rows may have the same columns. */
  public boolean isKey() {
    return kind == Kind.UNIQUE || kind == Kind.PRIMARY_KEY;
  }
}
