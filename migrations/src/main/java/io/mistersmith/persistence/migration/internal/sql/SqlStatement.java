package io.mistersmith.persistence.migration.internal.sql;

import java.util.List;

/**
 * One statement of a script.
 *
 * @param sql the statement, from its first token to its last, without the semicolon
 * @param piece its piece of the script, with the comments before it and the semicolon; the pieces
 *     of all statements, one after another, are the script
 * @param line the line of the script in which {@code sql} begins, counted from 1
 * @param tokens the tokens of {@code sql}; their offsets are those of the script
 */
public record SqlStatement(String sql, String piece, int line, List<Token> tokens) {

  /** Copies the tokens. */
  public SqlStatement {
    tokens = List.copyOf(tokens);
    if (tokens.isEmpty()) {
      throw new IllegalArgumentException("tokens is empty: a statement has at least one");
    }
  }
}
