package io.mistersmith.persistence.migration.internal.sql;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Splits a script into its statements.
 *
 * <p>A semicolon ends a statement, except within strings, names and comments, in parentheses (the
 * actions of a rule), and in the body of an SQL function: BEGIN ATOMIC … END, in which every CASE
 * has an END of its own.
 */
public final class StatementSplitter {
  private final String fileName;
  private final String script;
  private final List<SqlStatement> statements = new ArrayList<>();
  private final List<Token> current = new ArrayList<>();
  private final Deque<Token> parentheses = new ArrayDeque<>();
  private final Deque<Token> blocks = new ArrayDeque<>();
  private int pieceStart;

  private StatementSplitter(String fileName, String script) {
    this.fileName = fileName;
    this.script = script;
  }

  /**
   * The statements of a script in their order; none when it is empty or all comment.
   *
   * @param fileName for the message of an error
   * @param script its text
   * @throws ScriptSyntaxException when something never ends, or only psql could run it; it names
   *     the line
   */
  public static List<SqlStatement> split(String fileName, String script) {
    StatementSplitter splitter = new StatementSplitter(fileName, script);
    for (Token token : Tokenizer.tokens(fileName, script, 1)) {
      splitter.take(token);
    }
    splitter.finish();
    return List.copyOf(splitter.statements);
  }

  private void take(Token token) {
    if (token.isSymbol(";") && parentheses.isEmpty() && blocks.isEmpty()) {
      endStatement(token.end());
      return;
    }
    current.add(token);
    if (token.isSymbol("(")) {
      parentheses.push(token);
    } else if (token.isSymbol(")")) {
      if (parentheses.isEmpty()) {
        throw error(token, "a parenthesis is closed that none opened: remove it");
      }
      parentheses.pop();
    } else if (parentheses.isEmpty()) {
      trackBlock(token);
    }
  }

  private void trackBlock(Token token) {
    if (blocks.isEmpty()) {
      boolean atomic =
          token.is("atomic") && current.size() > 1 && current.get(current.size() - 2).is("begin");
      if (atomic && current.get(0).is("create")) {
        blocks.push(token);
      }
    } else if (token.is("case")) {
      blocks.push(token);
    } else if (token.is("end")) {
      blocks.pop();
    }
  }

  private void endStatement(int end) {
    if (current.isEmpty()) {
      return;
    }
    Token first = current.get(0);
    refuseInlineData(first);
    int last = current.get(current.size() - 1).end();
    statements.add(
        new SqlStatement(
            script.substring(first.start(), last),
            script.substring(pieceStart, end),
            first.line(),
            current));
    pieceStart = end;
    current.clear();
  }

  private void refuseInlineData(Token first) {
    if (first.is("copy") && current.stream().anyMatch(token -> token.is("stdin"))) {
      throw error(
          first,
          "COPY … FROM STDIN needs a client that sends the rows: write INSERT statements instead");
    }
  }

  private void finish() {
    if (!parentheses.isEmpty()) {
      throw error(parentheses.getLast(), "a parenthesis opens here that is never closed");
    }
    if (!blocks.isEmpty()) {
      throw error(blocks.getLast(), "there is a BEGIN ATOMIC without its END");
    }
    endStatement(script.length());
    if (pieceStart < script.length() && !statements.isEmpty()) {
      SqlStatement last = statements.remove(statements.size() - 1);
      String piece = last.piece() + script.substring(pieceStart);
      statements.add(new SqlStatement(last.sql(), piece, last.line(), last.tokens()));
    }
  }

  private ScriptSyntaxException error(Token token, String reason) {
    return new ScriptSyntaxException(fileName, token.line(), reason);
  }
}
