package io.mistersmith.persistence.core.internal.store.postgres;

import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.core.NativeQuery;
import org.postgresql.core.Parser;

/**
 * Checks that a text of the application is one statement, and none that ends a transaction or a
 * savepoint past its unit. The driver's own parser splits the text, as it does before it sends it.
 * Whether a statement returns rows is left to the server: no keyword tells.
 */
final class StatementText {

  private static final Set<String> REFUSED =
      Set.of("begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release");

  /** A setting without LOCAL stays on the connection for the next caller that gets it. */
  private static final Set<String> UNTIL_COMMIT = Set.of("local", "constraints");

  private static final Pattern WORD = Pattern.compile("\\w+");

  private StatementText() {}

  /**
   * Checks a text.
   *
   * @throws IllegalArgumentException when it has no statement or several, or controls the
   *     transaction
   */
  static void check(String sql) {
    List<String> statements =
        split(sql).stream()
            .map(StatementText::withoutLeadingComments)
            .filter(StatementText::isAny)
            .toList();
    if (statements.isEmpty()) {
      throw new IllegalArgumentException("there is no statement in the text");
    }
    if (statements.size() > 1) {
      throw new IllegalArgumentException(
          "there are " + statements.size() + " statements in the text; make a call for each");
    }
    checkControl(statements.get(0));
  }

  private static List<String> split(String sql) {
    try {
      return Parser.parseJdbcSql(sql, true, true, true, false, false).stream()
          .map((NativeQuery statement) -> statement.nativeSql)
          .toList();
    } catch (SQLException e) {
      throw new IllegalArgumentException("the text is no statement: " + e.getMessage(), e);
    }
  }

  private static boolean isAny(String statement) {
    return !statement.isEmpty();
  }

  private static void checkControl(String statement) {
    String first = word(statement); // none in a query in parentheses
    String second = word(withoutLeadingComments(statement.substring(first.length())));
    if (REFUSED.contains(first)
        || (first.equals("prepare") && second.equals("transaction"))
        || (first.equals("set") && second.equals("transaction"))) {
      throw new IllegalArgumentException(
          first.toUpperCase(Locale.ROOT)
              + " is not for a statement in a transaction: the runner begins and ends it, and"
              + " Transaction.nested sets savepoints");
    }
    if (first.equals("reset")
        || first.equals("discard")
        || (first.equals("set") && !UNTIL_COMMIT.contains(second))) {
      throw new IllegalArgumentException(
          first.toUpperCase(Locale.ROOT)
              + " would outlive the transaction on a connection that others use next; use SET"
              + " LOCAL");
    }
  }

  /** Returns the word that a text begins with, in lower case; empty if none. */
  private static String word(String text) {
    Matcher word = WORD.matcher(text);
    return word.lookingAt() ? word.group().toLowerCase(Locale.ROOT) : "";
  }

  private static String withoutLeadingComments(String statement) {
    int at = 0;
    int before;
    do {
      before = at;
      at = afterBlanks(statement, at);
      if (statement.startsWith("--", at)) {
        at = afterLine(statement, at);
      } else if (statement.startsWith("/*", at)) {
        at = afterComment(statement, at);
      }
    } while (at > before);
    return statement.substring(at);
  }

  private static int afterBlanks(String statement, int from) {
    int at = from;
    while (at < statement.length()
        && (Character.isWhitespace(statement.charAt(at)) || statement.charAt(at) == ';')) {
      at++;
    }
    return at;
  }

  /** A carriage return ends a line, too. */
  private static int afterLine(String statement, int from) {
    int at = from;
    while (at < statement.length()
        && statement.charAt(at) != '\n'
        && statement.charAt(at) != '\r') {
      at++;
    }
    return at;
  }

  /** Comments nest. */
  private static int afterComment(String statement, int from) {
    int depth = 0;
    int at = from;
    do {
      if (statement.startsWith("/*", at)) {
        depth++;
        at += 2;
      } else if (statement.startsWith("*/", at)) {
        depth--;
        at += 2;
      } else {
        at++;
      }
    } while (depth > 0 && at < statement.length());
    return Math.min(at, statement.length());
  }
}
