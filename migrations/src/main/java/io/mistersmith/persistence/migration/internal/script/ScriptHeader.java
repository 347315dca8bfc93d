package io.mistersmith.persistence.migration.internal.script;

import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.ScriptId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The header of a script: its first lines of the form {@code -- key: value}. A query goes on in the
 * lines below it that are indented by two blanks or more. The comment behind all of these is the
 * script's description.
 *
 * @param kind what it is about
 * @param dependsOn what must be applied before it; empty where it does not say
 * @param transactional whether it is one transaction
 * @param lintAllowances the lint rules that it is exempt from, with the reason, as written
 * @param verifyBefore queries that must return no row before its statements
 * @param verifyAfter queries that must return no row after its statements
 * @param description the first paragraph of the comment; may be empty
 */
public record ScriptHeader(
    Migration.Kind kind,
    Optional<List<ScriptId>> dependsOn,
    boolean transactional,
    List<String> lintAllowances,
    List<String> verifyBefore,
    List<String> verifyAfter,
    String description) {

  private static final Pattern LINE = Pattern.compile("-- ([a-z][a-z-]*): *(.*)");

  private static final Pattern CONTINUATION = Pattern.compile("-- {2,}(.*)");

  private static final Set<String> QUERIES = Set.of("select", "with", "values", "table");

  /** Reads the header of a script. */
  public static ScriptHeader parse(String set, String fileName, String sql) {
    Reader reader = new Reader(set, fileName);
    List<String> prose = new ArrayList<>();
    for (String line : sql.lines().toList()) {
      Matcher matcher = LINE.matcher(line.stripTrailing());
      Matcher continuation = CONTINUATION.matcher(line.stripTrailing());
      if (prose.isEmpty() && reader.isInQuery() && continuation.matches()) {
        reader.goOn(continuation.group(1));
      } else if (prose.isEmpty() && matcher.matches()) {
        reader.read(matcher.group(1), matcher.group(2));
      } else if (line.startsWith("--") && !line.equals("--")) {
        prose.add(line.substring(2).strip());
      } else if (!prose.isEmpty() || !(line.isBlank() || line.equals("--"))) {
        break;
      }
    }
    return new ScriptHeader(
        reader.kind,
        reader.dependsOn,
        reader.transactional,
        List.copyOf(reader.lintAllowances),
        reader.queries("verify-before", reader.verifyBefore),
        reader.queries("verify-after", reader.verifyAfter),
        String.join(" ", prose));
  }

  private static final class Reader {
    private final String set;
    private final String fileName;
    private Migration.Kind kind = Migration.Kind.SCHEMA;
    private Optional<List<ScriptId>> dependsOn = Optional.empty();
    private boolean transactional = true;
    private final List<String> lintAllowances = new ArrayList<>();
    private final List<StringBuilder> verifyBefore = new ArrayList<>();
    private final List<StringBuilder> verifyAfter = new ArrayList<>();
    private @Nullable StringBuilder query;

    Reader(String set, String fileName) {
      this.set = set;
      this.fileName = fileName;
    }

    void read(String key, String value) {
      query = null;
      switch (key) {
        case "kind" -> kind = kind(value);
        case "depends-on" -> dependsOn = Optional.of(dependsOn(value));
        case "transactional" -> transactional = yesOrNo(value);
        case "lint" -> lintAllowances.add(value);
        case "verify-before" -> begin(verifyBefore, value);
        case "verify-after" -> begin(verifyAfter, value);
        default ->
            throw invalid(
                "the header has a line '"
                    + key
                    + ":'; use kind, depends-on, transactional, lint, verify-before or"
                    + " verify-after, or begin the sentence with a capital letter where it is"
                    + " prose",
                null);
      }
    }

    private void begin(List<StringBuilder> queries, String value) {
      StringBuilder text = new StringBuilder(value);
      queries.add(text);
      query = text;
    }

    boolean isInQuery() {
      return query != null;
    }

    void goOn(String more) {
      if (query != null) {
        query.append(' ').append(more);
      }
    }

    List<String> queries(String key, List<StringBuilder> texts) {
      List<String> queries = new ArrayList<>();
      for (StringBuilder text : texts) {
        ScriptStatements statements = ScriptStatements.of(fileName, text.toString());
        if (statements.count() != 1
            || !QUERIES.contains(statements.get(0).tokens().get(0).text())) {
          throw invalid(key + " is '" + text + "'; use one query, which returns no row", null);
        }
        queries.add(statements.get(0).sql());
      }
      return List.copyOf(queries);
    }

    private Migration.Kind kind(String value) {
      return Arrays.stream(Migration.Kind.values())
          .filter(k -> k.toString().equals(value))
          .findFirst()
          .orElseThrow(
              () ->
                  invalid(
                      "kind is '%s'; use one of %s"
                          .formatted(
                              value,
                              Arrays.stream(Migration.Kind.values())
                                  .map(Migration.Kind::toString)
                                  .collect(Collectors.joining(", "))),
                      null));
    }

    private List<ScriptId> dependsOn(String value) {
      List<ScriptId> ids = new ArrayList<>();
      for (String part : value.split(",", -1)) {
        try {
          ids.add(ScriptId.parse(part, set));
        } catch (IllegalArgumentException e) {
          throw invalid(
              "depends-on is '"
                  + value
                  + "'; use versions with commas between them, such as 1.7.0, core 2.3.0",
              e);
        }
      }
      return List.copyOf(ids);
    }

    private boolean yesOrNo(String value) {
      return switch (value.toLowerCase(Locale.ROOT)) {
        case "yes" -> true;
        case "no" -> false;
        default -> throw invalid("transactional is '" + value + "'; use yes or no", null);
      };
    }

    private MigrationException invalid(String reason, @Nullable Exception cause) {
      String message = "Script " + fileName + ": " + reason;
      return cause == null
          ? new MigrationException(Kind.INVALID_SCRIPT, message)
          : new MigrationException(Kind.INVALID_SCRIPT, message, cause);
    }
  }
}
