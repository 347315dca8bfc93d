package io.mistersmith.persistence.migration.internal.sql;

/**
 * CREATE DOMAIN.
 *
 * @param statement the statement
 * @param name its name
 * @param constrained whether it has a CHECK or is NOT NULL
 */
public record CreateDomain(SqlStatement statement, ObjectName name, boolean constrained)
    implements StatementFacts {

  static CreateDomain read(SqlStatement statement, TokenCursor cursor) {
    ObjectName name = Names.orUnknown(cursor.name());
    TokenSequence rest = cursor.rest();
    return new CreateDomain(
        statement, name, rest.hasOutside("check") || rest.hasOutside("not", "null"));
  }

  @Override
  public String summary() {
    return "CREATE DOMAIN " + name;
  }
}
