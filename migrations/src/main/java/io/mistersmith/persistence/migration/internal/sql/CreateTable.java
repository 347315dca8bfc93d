package io.mistersmith.persistence.migration.internal.sql;

import io.mistersmith.persistence.migration.internal.sql.ConstraintDefinition.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * CREATE TABLE, in all its forms.
 *
 * @param statement the statement
 * @param name the table
 * @param columns its columns
 * @param tableConstraints its constraints, without those of the columns
 * @param partitionKey what follows PARTITION BY RANGE, in the parentheses; empty without it
 * @param partitionOf the table of which it is a partition
 * @param bounds what follows FOR VALUES
 * @param parents the tables that it inherits from
 * @param ifNotExists whether it may exist
 * @param temporary whether it ends with the session
 */
public record CreateTable(
    SqlStatement statement,
    ObjectName name,
    List<ColumnDefinition> columns,
    List<ConstraintDefinition> tableConstraints,
    TokenSequence partitionKey,
    @Nullable ObjectName partitionOf,
    TokenSequence bounds,
    List<ObjectName> parents,
    boolean ifNotExists,
    boolean temporary)
    implements StatementFacts {

  static CreateTable read(SqlStatement statement, boolean temporary, TokenCursor cursor) {
    boolean ifNotExists = cursor.accept("if", "not", "exists");
    ObjectName name = Names.orUnknown(cursor.name());
    ObjectName partitionOf = cursor.accept("partition", "of") ? cursor.name() : null;
    List<ColumnDefinition> columns = new ArrayList<>();
    List<ConstraintDefinition> constraints = new ArrayList<>();
    for (TokenSequence element : cursor.parenthesised().byComma()) {
      TokenCursor inside = new TokenCursor(element);
      ConstraintDefinition constraint =
          ElementReader.atTableConstraint(inside) ? ElementReader.constraint(inside, "") : null;
      if (constraint != null) {
        constraints.add(constraint);
      } else if (!inside.at("like")) {
        columns.add(ElementReader.column(element));
      }
    }
    TokenSequence rest = cursor.rest();
    TokenCursor by = new TokenCursor(rest.after("partition", "by"));
    by.skip();
    TokenCursor inherits = new TokenCursor(rest.after("inherits"));
    return new CreateTable(
        statement,
        name,
        columns,
        constraints,
        by.parenthesised(),
        partitionOf,
        rest.after("for", "values"),
        Names.list(inherits.parenthesised()),
        ifNotExists,
        temporary);
  }

  /** Copies the lists. */
  public CreateTable {
    columns = List.copyOf(columns);
    tableConstraints = List.copyOf(tableConstraints);
    parents = List.copyOf(parents);
  }

  /** All constraints, those of the columns too. */
  public Stream<ConstraintDefinition> constraints() {
    return Stream.concat(
        columns.stream().flatMap(column -> column.constraints().stream()),
        tableConstraints.stream());
  }

  @Override
  public List<TableLock> locks() {
    List<TableLock> locks = new ArrayList<>();
    if (partitionOf != null) {
      locks.add(TableLock.brief(partitionOf, LockMode.ACCESS_EXCLUSIVE, line()));
    }
    for (ObjectName parent : parents) {
      locks.add(TableLock.brief(parent, LockMode.SHARE_UPDATE_EXCLUSIVE, line()));
    }
    constraints()
        .filter(constraint -> constraint.kind() == Kind.FOREIGN_KEY)
        .forEach(
            key -> {
              if (key.references() != null) {
                locks.add(
                    TableLock.brief(key.references(), LockMode.SHARE_ROW_EXCLUSIVE, key.line()));
              }
            });
    return locks;
  }

  @Override
  public List<ObjectName> creates() {
    return List.of(name);
  }

  @Override
  public String summary() {
    return "CREATE TABLE " + name;
  }
}
