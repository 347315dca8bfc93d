package io.mistersmith.persistence.migration.internal.sql;

import io.mistersmith.persistence.migration.internal.sql.ConstraintDefinition.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the columns and constraints of CREATE TABLE and ALTER TABLE. */
final class ElementReader {
  private static final Set<String> AFTER_TYPE =
      Set.of(
          "constraint",
          "not",
          "null",
          "default",
          "check",
          "generated",
          "unique",
          "primary",
          "references",
          "collate",
          "storage",
          "compression",
          "deferrable",
          "initially",
          "using",
          "cascade",
          "restrict",
          "enforced",
          "no",
          "options");

  private ElementReader() {}

  /** Whether what comes next is a constraint of the table rather than a column. */
  static boolean atTableConstraint(TokenCursor cursor) {
    return cursor.at("constraint")
        || cursor.at("check")
        || cursor.at("unique")
        || cursor.at("primary", "key")
        || cursor.at("foreign", "key")
        || cursor.at("exclude")
        || cursor.at("not", "null");
  }

  static ColumnDefinition column(TokenSequence element) {
    TokenCursor cursor = new TokenCursor(element);
    String name = cursor.word();
    TokenSequence type = cursor.until(ElementReader::atOption);
    TokenSequence defaultValue = TokenSequence.EMPTY;
    TokenSequence generated = TokenSequence.EMPTY;
    boolean stored = false;
    boolean identity = false;
    List<ConstraintDefinition> constraints = new ArrayList<>();
    while (!cursor.atEnd()) {
      if (cursor.accept("default")) {
        defaultValue = expression(cursor);
      } else if (cursor.accept("generated")) {
        cursor.until(c -> c.at("as"));
        cursor.accept("as");
        identity |= cursor.accept("identity");
        generated = identity ? generated : cursor.parenthesised();
        stored |= cursor.accept("stored");
      } else {
        ConstraintDefinition constraint = constraint(cursor, name);
        if (constraint == null) {
          cursor.skip();
        } else {
          constraints.add(constraint);
        }
      }
    }
    return new ColumnDefinition(
        name, type, defaultValue, generated, stored, identity, constraints, element.line());
  }

  private static boolean atOption(TokenCursor cursor) {
    Token token = cursor.peek();
    return token != null && token.kind() == Token.Kind.WORD && AFTER_TYPE.contains(token.text());
  }

  /** A default: at least one token, since NULL, which may also follow it, can be it. */
  private static TokenSequence expression(TokenCursor cursor) {
    Token first = cursor.peek();
    boolean isNull = cursor.accept("null");
    TokenSequence rest = cursor.until(ElementReader::atOption);
    if (!isNull || first == null) {
      return rest;
    }
    List<Token> all = new ArrayList<>(List.of(first));
    all.addAll(rest.tokens());
    return new TokenSequence(all);
  }

  /**
   * Reads a constraint.
   *
   * @param column the column it belongs to; empty for one of the table
   * @return null where none comes next
   */
  static @Nullable ConstraintDefinition constraint(TokenCursor cursor, String column) {
    Token first = cursor.peek();
    int line = first == null ? 0 : first.line();
    String name = cursor.accept("constraint") ? cursor.word() : null;
    Kind kind = kind(cursor);
    if (kind == null) {
      return null;
    }
    TokenCursor body =
        new TokenCursor(column.isEmpty() ? cursor.until(c -> false) : bodyInColumn(cursor));
    TokenSequence all = body.rest();
    List<String> columns = column.isEmpty() ? columns(kind, body) : List.of(column);
    ObjectName references = null;
    if (kind == Kind.FOREIGN_KEY) {
      body.accept("references");
      references = body.name();
    }
    return new ConstraintDefinition(
        name,
        kind,
        columns,
        references,
        all.hasOutside("not", "valid"),
        all.startsWith("using", "index"),
        all,
        line);
  }

  private static List<String> columns(Kind kind, TokenCursor body) {
    if (kind == Kind.NOT_NULL) {
      return List.of(body.word());
    }
    if (kind == Kind.CHECK || kind == Kind.EXCLUDE) {
      return List.of();
    }
    if (body.accept("nulls", "not", "distinct") || body.accept("nulls", "distinct")) {
      return columns(kind, body);
    }
    return body.parenthesised().byComma().stream()
        .map(part -> new TokenCursor(part).word())
        .toList();
  }

  private static @Nullable Kind kind(TokenCursor cursor) {
    if (cursor.accept("check")) {
      return Kind.CHECK;
    }
    if (cursor.accept("unique")) {
      return Kind.UNIQUE;
    }
    if (cursor.accept("primary", "key")) {
      return Kind.PRIMARY_KEY;
    }
    if (cursor.accept("foreign", "key") || cursor.at("references")) {
      return Kind.FOREIGN_KEY;
    }
    if (cursor.accept("exclude")) {
      return Kind.EXCLUDE;
    }
    return cursor.accept("not", "null") ? Kind.NOT_NULL : null;
  }

  /** Whether the next option of a column begins, rather than more of the one before it. */
  private static boolean atNextOption(TokenCursor cursor) {
    return cursor.at("constraint")
        || cursor.at("not", "null")
        || cursor.at("null")
        || cursor.at("default")
        || cursor.at("check")
        || cursor.at("generated")
        || cursor.at("unique")
        || cursor.at("primary")
        || cursor.at("collate");
  }

  /** Reads the rest of a column's constraint; SET NULL and SET DEFAULT are actions of a key. */
  private static TokenSequence bodyInColumn(TokenCursor cursor) {
    List<Token> body = new ArrayList<>(cursor.until(ElementReader::atNextOption).tokens());
    Token next = cursor.peek();
    while (next != null && !body.isEmpty() && body.get(body.size() - 1).is("set")) {
      body.add(next);
      cursor.skip();
      body.addAll(cursor.until(ElementReader::atNextOption).tokens());
      next = cursor.peek();
    }
    return new TokenSequence(body);
  }
}
