package io.mistersmith.persistence.migration.internal.sql;

import java.util.ArrayList;
import java.util.List;

/**
 * CREATE FUNCTION or PROCEDURE, and DO, which has neither name nor options.
 *
 * @param statement the statement
 * @param name its name; empty for DO
 * @param replace whether it may exist
 * @param language the language, in lower case
 * @param securityDefiner whether it runs with its owner's rights
 * @param searchPath the schemas to which its search path is pinned; empty where it is not
 * @param options the tokens outside of the body
 * @param body the tokens of its body
 * @param standardBody whether the body is SQL that PostgreSQL reads when it is created: RETURN, or
 *     BEGIN ATOMIC
 */
public record CreateRoutine(
    SqlStatement statement,
    ObjectName name,
    boolean replace,
    String language,
    boolean securityDefiner,
    List<String> searchPath,
    TokenSequence options,
    TokenSequence body,
    boolean standardBody)
    implements StatementFacts {

  static CreateRoutine read(SqlStatement statement, boolean replace, TokenCursor cursor) {
    ObjectName name = Names.orUnknown(cursor.name());
    cursor.parenthesised();
    List<Token> options = new ArrayList<>();
    options.addAll(cursor.until(CreateRoutine::atBody).tokens());
    boolean standard = !cursor.at("as") && !cursor.atEnd();
    TokenSequence body = standard ? cursor.until(c -> false) : TokenSequence.EMPTY;
    if (cursor.accept("as")) {
      Token text = cursor.peek();
      body = text == null ? TokenSequence.EMPTY : inside(text);
      cursor.skip();
      options.addAll(cursor.rest().tokens());
    }
    TokenSequence all = new TokenSequence(options);
    String language = new TokenCursor(all.after("language")).word();
    return new CreateRoutine(
        statement,
        name,
        replace,
        standard || language.isEmpty() ? "sql" : language,
        all.hasOutside("security", "definer"),
        path(all),
        all,
        body,
        standard);
  }

  static CreateRoutine readDo(SqlStatement statement) {
    TokenSequence all = new TokenSequence(statement.tokens());
    TokenSequence body =
        all.tokens().stream()
            .filter(Token::isString)
            .findFirst()
            .map(CreateRoutine::inside)
            .orElse(TokenSequence.EMPTY);
    return new CreateRoutine(
        statement,
        Names.orUnknown(null),
        false,
        "plpgsql",
        false,
        List.of(),
        TokenSequence.EMPTY,
        body,
        false);
  }

  private static boolean atBody(TokenCursor cursor) {
    return cursor.at("as") || cursor.at("return") || cursor.at("begin", "atomic");
  }

  private static TokenSequence inside(Token text) {
    return new TokenSequence(Tokenizer.inside(text));
  }

  private static List<String> path(TokenSequence options) {
    TokenCursor path = new TokenCursor(options.after("set", "search_path"));
    if (!path.accept("to")) {
      path.acceptSymbol("=");
    }
    List<String> schemas = new ArrayList<>();
    do {
      Token schema = path.peek();
      if (schema != null && (schema.isName() || schema.isString())) {
        schemas.add(schema.isString() ? schema.content() : schema.name());
      }
      path.skip();
    } while (path.acceptSymbol(","));
    return schemas;
  }

  /** Copies the search path. */
  public CreateRoutine {
    searchPath = List.copyOf(searchPath);
  }

  /** Whether it is a DO block, which runs at once and is gone. */
  public boolean anonymous() {
    return name.name().isEmpty();
  }

  @Override
  public String summary() {
    return anonymous() ? "DO" : "CREATE FUNCTION " + name;
  }
}
