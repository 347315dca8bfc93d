package io.mistersmith.persistence.migration.internal.sql;

/**
 * BEGIN, COMMIT, ROLLBACK, SAVEPOINT and the like.
 *
 * @param statement the statement
 * @param verb its first word, in lower case
 */
public record TransactionControl(SqlStatement statement, String verb) implements StatementFacts {

  @Override
  public String summary() {
    return verb;
  }
}
