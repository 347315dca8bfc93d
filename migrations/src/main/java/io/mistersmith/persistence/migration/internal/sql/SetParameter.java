package io.mistersmith.persistence.migration.internal.sql;

/**
 * SET or RESET of a setting of the session.
 *
 * @param statement the statement
 * @param name the setting, in lower case; ALL for RESET ALL
 * @param value what it is set to; empty for RESET
 * @param local whether it ends with the transaction
 */
public record SetParameter(SqlStatement statement, String name, TokenSequence value, boolean local)
    implements StatementFacts {

  static SetParameter read(SqlStatement statement, TokenCursor cursor) {
    boolean local = cursor.accept("local");
    cursor.accept("session");
    boolean zone = cursor.accept("time", "zone");
    String name = zone ? "timezone" : Names.orUnknown(cursor.name()).toString();
    if (!cursor.accept("to")) {
      cursor.acceptSymbol("=");
    }
    boolean ofTransaction = name.equals("transaction") || name.equals("constraints");
    return new SetParameter(statement, name, cursor.rest(), local || ofTransaction);
  }

  @Override
  public String summary() {
    return "SET " + name;
  }
}
