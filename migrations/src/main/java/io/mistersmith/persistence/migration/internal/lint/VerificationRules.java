package io.mistersmith.persistence.migration.internal.lint;

import static io.mistersmith.persistence.migration.internal.lint.LintRule.error;

import io.mistersmith.persistence.migration.internal.lint.LintRule.Report;
import io.mistersmith.persistence.migration.internal.sql.ScriptSyntaxException;
import io.mistersmith.persistence.migration.internal.sql.SqlStatement;
import io.mistersmith.persistence.migration.internal.sql.StatementSplitter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The queries in the head of a script that must return no row. */
final class VerificationRules {
  private static final Pattern QUERY = Pattern.compile("--\\s*verify-(?:before|after):\\s*(.*)");
  private static final Pattern KEY = Pattern.compile("-- [a-z][a-z-]*:.*");
  private static final Pattern CONTINUATION = Pattern.compile("-- {2,}(.*)");

  private static final Set<String> QUERIES = Set.of("select", "with", "values", "table");

  private VerificationRules() {}

  static List<LintRule> rules() {
    return List.of(
        error(
            "verify-query",
            "what verifies a script is one query that changes nothing, and returns no row",
            "Write one SELECT of the rows that must not be there",
            VerificationRules::query),
        error(
            "verify-misplaced",
            "only the lines at the very head of a script are read: this one verifies nothing",
            "Put it before the script's description, as '-- verify-after: SELECT …'",
            VerificationRules::misplaced));
  }

  /** A line of the head, with those that it goes on in. */
  private record Line(int number, String text) {}

  private static void query(Script script, Report report) {
    for (Line line : heads(script)) {
      if (!isQuery(line.text())) {
        report.add(line.number(), "'" + line.text() + "' is not one query");
      }
    }
  }

  private static boolean isQuery(String text) {
    try {
      List<SqlStatement> statements = StatementSplitter.split("", text);
      return statements.size() == 1 && QUERIES.contains(statements.get(0).tokens().get(0).text());
    } catch (ScriptSyntaxException e) {
      return false;
    }
  }

  /** The queries that the runner reads. */
  private static List<Line> heads(Script script) {
    List<Line> heads = new ArrayList<>();
    int number = 0;
    boolean inQuery = false;
    for (String line : script.sql().lines().toList()) {
      number++;
      Matcher query = QUERY.matcher(line.stripTrailing());
      Matcher more = CONTINUATION.matcher(line.stripTrailing());
      if (inQuery && more.matches()) {
        Line last = heads.remove(heads.size() - 1);
        heads.add(new Line(last.number(), last.text() + " " + more.group(1)));
      } else if (KEY.matcher(line.stripTrailing()).matches()) {
        inQuery = query.matches();
        if (inQuery) {
          heads.add(new Line(number, query.group(1)));
        }
      } else if (!line.isBlank() && !line.equals("--")) {
        break;
      }
    }
    return heads;
  }

  private static void misplaced(Script script, Report report) {
    List<Integer> read = heads(script).stream().map(Line::number).toList();
    int number = 0;
    for (String line : script.sql().lines().toList()) {
      number++;
      if (QUERY.matcher(line.strip()).matches() && !read.contains(number)) {
        report.add(number, "this query is behind the head of the script");
      }
    }
  }
}
