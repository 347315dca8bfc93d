package io.mistersmith.persistence.core.internal.store.postgres;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.ColonPrefixSqlParser;
import org.jdbi.v3.core.statement.ParsedSql;
import org.jdbi.v3.core.statement.SqlParser;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.core.statement.TemplateEngine;

/**
 * The parsed statements of a process. Each pool of each runtime has a Jdbi of its own, and each
 * Jdbi would parse all statements again, which takes a third of the time to open a runtime.
 * Thread-safe.
 */
final class ParsedStatements implements SqlParser {

  private static final int MOST = 2_000;
  private static final ParsedStatements OF_PROCESS = new ParsedStatements();

  private final SqlParser parser = new ColonPrefixSqlParser();
  private final Cache<String, ParsedSql> parsed = Caffeine.newBuilder().maximumSize(MOST).build();

  private ParsedStatements() {}

  /** Has a Jdbi use them. No statement is a template, so that none is looked through for one. */
  static void install(Jdbi jdbi) {
    jdbi.configure(
        SqlStatements.class,
        config -> config.setSqlParser(OF_PROCESS).setTemplateEngine(TemplateEngine.NOP));
  }

  @Override
  public ParsedSql parse(String sql, StatementContext context) {
    return parsed.get(sql, text -> parser.parse(text, context));
  }

  @Override
  public String nameParameter(String rawName, StatementContext context) {
    return parser.nameParameter(rawName, context);
  }
}
