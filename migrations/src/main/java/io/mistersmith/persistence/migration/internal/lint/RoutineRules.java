package io.mistersmith.persistence.migration.internal.lint;

import static io.mistersmith.persistence.migration.internal.lint.LintRule.error;
import static io.mistersmith.persistence.migration.internal.lint.LintRule.warning;

import io.mistersmith.persistence.migration.internal.lint.LintRule.Report;
import io.mistersmith.persistence.migration.internal.sql.CreateRoutine;
import io.mistersmith.persistence.migration.internal.sql.Token;
import io.mistersmith.persistence.migration.internal.sql.TokenCursor;
import io.mistersmith.persistence.migration.internal.sql.TokenSequence;
import java.util.List;
import java.util.Set;

/** Functions and procedures. */
final class RoutineRules {
  private static final Set<String> NO_NAMES = Set.of("c", "internal");

  private RoutineRules() {}

  static List<LintRule> rules() {
    return List.of(
        error(
            "security-definer-path",
            "a caller can put an object of the same name in front, which then runs with the"
                + " owner's rights; temporary tables come first unless pg_temp is named last",
            "SET search_path = pg_catalog, pg_temp, and qualify every other name",
            RoutineRules::securityDefiner),
        warning(
            "function-path",
            "what a name in the function means depends on who calls it",
            "SET search_path = pg_catalog, or write the body as RETURN or BEGIN ATOMIC, whose"
                + " names are bound when it is created",
            RoutineRules::unpinned),
        error(
            "unbounded-notify",
            "NOTIFY refuses a payload of 8,000 bytes or more, so that the write itself fails",
            "Notify a key or nothing, and let the listener read the row",
            RoutineRules::notify));
  }

  private static void securityDefiner(Script script, Report report) {
    script
        .all(CreateRoutine.class)
        .filter(CreateRoutine::securityDefiner)
        .filter(routine -> !safe(routine.searchPath()))
        .forEach(
            routine ->
                report.add(routine.line(), routine.summary() + " runs with its owner's rights"));
  }

  private static boolean safe(List<String> path) {
    return path.size() > 1
        && path.get(path.size() - 1).equals("pg_temp")
        && !path.contains("public")
        && !path.contains("$user");
  }

  private static void unpinned(Script script, Report report) {
    script
        .all(CreateRoutine.class)
        .filter(routine -> !routine.anonymous() && !routine.standardBody())
        .filter(routine -> !NO_NAMES.contains(routine.language()))
        .filter(routine -> routine.searchPath().isEmpty() && !routine.securityDefiner())
        .filter(routine -> !inlines(routine))
        .forEach(routine -> report.add(routine.line(), routine.summary() + " pins no search_path"));
  }

  /** A single SELECT in SQL can become part of the query that calls it, unless it has settings. */
  private static boolean inlines(CreateRoutine routine) {
    if (!routine.language().equals("sql")) {
      return false;
    }
    List<Token> body = routine.body().tokens();
    boolean query = !body.isEmpty() && (body.get(0).is("select") || body.get(0).is("with"));
    long ends =
        body.stream().limit(Math.max(0, body.size() - 1)).filter(t -> t.isSymbol(";")).count();
    return query && ends == 0;
  }

  private static void notify(Script script, Report report) {
    script
        .all(CreateRoutine.class)
        .forEach(
            routine -> {
              List<Token> body = routine.body().tokens();
              for (int i = 0; i + 1 < body.size(); i++) {
                if (body.get(i).is("pg_notify") && body.get(i + 1).isSymbol("(")) {
                  TokenCursor call =
                      new TokenCursor(new TokenSequence(body.subList(i + 1, body.size())));
                  List<TokenSequence> arguments = call.parenthesised().byComma();
                  if (arguments.size() == 2 && unbounded(arguments.get(1), routine.body())) {
                    report.add(body.get(i).line(), "the payload may have any length");
                  }
                }
              }
            });
  }

  private static boolean unbounded(TokenSequence payload, TokenSequence body) {
    List<Token> tokens = payload.tokens();
    if (payload.startsWith("left")
        || payload.startsWith("substr")
        || payload.startsWith("substring")) {
      return false;
    }
    boolean wholeRow =
        !tokens.isEmpty()
            && (tokens.get(0).is("new") || tokens.get(0).is("old"))
            && (tokens.size() == 1 || !tokens.get(1).isSymbol("."));
    boolean variable = tokens.size() == 1 && tokens.get(0).isName();
    boolean cast = tokens.size() == 3 && tokens.get(1).isSymbol("::") && tokens.get(0).isName();
    return wholeRow
        || payload.calls(RoutineRules::makesDocument)
        || ((variable || cast) && body.calls(RoutineRules::makesDocument));
  }

  private static boolean makesDocument(String function) {
    return function.contains("json") || function.equals("xmlelement") || function.equals("hstore");
  }
}
