package io.mistersmith.persistence.migration.internal.sql;

import io.mistersmith.persistence.migration.internal.sql.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Cuts SQL into tokens as PostgreSQL's own scanner does, with {@code standard_conforming_strings}
 * on: comments nest, a backslash escapes in E'…' strings only, also where such a string goes on in
 * the next line, and a dollar quote opens only where no name is being read.
 */
public final class Tokenizer {
  private final String fileName;
  private final String sql;
  private final List<Token> tokens = new ArrayList<>();
  private int position;
  private int line;

  private Tokenizer(String fileName, String sql, int firstLine) {
    this.fileName = fileName;
    this.sql = sql;
    this.line = firstLine;
  }

  /**
   * The tokens of the text; comments and white space are between them.
   *
   * @param fileName for the message of an error
   * @param sql the text
   * @param firstLine the line of the file in which the text begins
   * @throws ScriptSyntaxException when a string, name or comment never ends, or on a psql command
   */
  public static List<Token> tokens(String fileName, String sql, int firstLine) {
    Tokenizer tokenizer = new Tokenizer(fileName, sql, firstLine);
    tokenizer.readAll();
    return List.copyOf(tokenizer.tokens);
  }

  /**
   * The tokens of what a string contains, such as the body of a function. Empty where it is not
   * SQL, which another language's body may not be.
   */
  static List<Token> inside(Token string) {
    try {
      return tokens("body", string.content(), string.line());
    } catch (ScriptSyntaxException e) {
      return List.of();
    }
  }

  private void readAll() {
    while (position < sql.length()) {
      char c = sql.charAt(position);
      if (isSpace(c)) {
        advance(position + 1);
      } else if (sql.startsWith("--", position)) {
        advance(endOfLine(position));
      } else if (sql.startsWith("/*", position)) {
        advance(endOfComment());
      } else {
        readToken(c);
      }
    }
  }

  private void readToken(char c) {
    int prefix = prefixOfString(c);
    if (c == '\'' || prefix > 0) {
      boolean escapes = c == 'e' || c == 'E';
      add(Kind.STRING, endOfString(position + prefix, escapes));
    } else if (c == '"') {
      add(Kind.QUOTED_NAME, endOfName(position));
    } else if ((c == 'u' || c == 'U') && sql.startsWith("&\"", position + 1)) {
      add(Kind.QUOTED_NAME, endOfName(position + 2));
    } else if (c == '$') {
      readDollar();
    } else if (isNameStart(c)) {
      add(Kind.WORD, endOfWord(position));
    } else if (isDigit(c) || (c == '.' && isDigit(at(position + 1)))) {
      add(Kind.NUMBER, endOfNumber());
    } else if (c == '\\') {
      throw error(
          line,
          "there is a psql command (\\…); only psql knows it: write plain SQL instead, so that"
              + " every tool can apply the script");
    } else {
      boolean pair = sql.startsWith("::", position) || sql.startsWith(":=", position);
      add(Kind.SYMBOL, position + (pair ? 2 : 1));
    }
  }

  /** Returns the length of the prefix of a string's quote, such as E or U&; 0 if there is none. */
  private int prefixOfString(char c) {
    if ("eEbBxXnN".indexOf(c) >= 0 && at(position + 1) == '\'') {
      return 1;
    }
    return (c == 'u' || c == 'U') && sql.startsWith("&'", position + 1) ? 2 : 0;
  }

  private int endOfString(int quote, boolean escapes) {
    int i = quote + 1;
    while (i < sql.length()) {
      char c = sql.charAt(i);
      if (c == '\\' && escapes) {
        i += 2;
      } else if (c != '\'') {
        i++;
      } else if (at(i + 1) == '\'') {
        i += 2;
      } else {
        int next = escapes ? continuation(i + 1) : -1;
        if (next < 0) {
          return i + 1;
        }
        i = next + 1;
      }
    }
    throw error(line, "a string begins here and never ends: close it with '");
  }

  /** The quote with which a string goes on, after white space with a line end in it; else -1. */
  private int continuation(int from) {
    boolean newLine = false;
    int i = from;
    while (i < sql.length()) {
      if (isSpace(sql.charAt(i))) {
        newLine |= sql.charAt(i) == '\n' || sql.charAt(i) == '\r';
        i++;
      } else if (sql.startsWith("--", i)) {
        i = endOfLine(i);
      } else {
        break;
      }
    }
    return newLine && at(i) == '\'' ? i : -1;
  }

  private int endOfName(int quote) {
    int i = quote + 1;
    while (i < sql.length()) {
      if (sql.charAt(i) != '"') {
        i++;
      } else if (at(i + 1) == '"') {
        i += 2;
      } else {
        return i + 1;
      }
    }
    throw error(line, "a name in double quotes begins here and never ends: close it with \"");
  }

  private void readDollar() {
    int i = position + 1;
    if (isDigit(at(i))) {
      while (isDigit(at(i))) {
        i++;
      }
      add(Kind.PARAMETER, i);
      return;
    }
    if (isNameStart(at(i))) {
      while (isNameStart(at(i)) || isDigit(at(i))) {
        i++;
      }
    }
    if (at(i) != '$') {
      add(Kind.SYMBOL, position + 1);
      return;
    }
    String tag = sql.substring(position, i + 1);
    int end = sql.indexOf(tag, i + 1);
    if (end < 0) {
      throw error(line, "a string begins here with " + tag + " and never ends: close it with it");
    }
    add(Kind.DOLLAR_STRING, end + tag.length());
  }

  private int endOfWord(int from) {
    int i = from;
    while (isNameStart(at(i)) || isDigit(at(i)) || at(i) == '$') {
      i++;
    }
    return i;
  }

  private int endOfNumber() {
    int i = position;
    while (isDigit(at(i)) || isNameStart(at(i)) || (at(i) == '.' && at(i + 1) != '.')) {
      boolean exponent = at(i) == 'e' || at(i) == 'E';
      boolean sign = at(i + 1) == '+' || at(i + 1) == '-';
      i += exponent && sign && isDigit(at(i + 2)) ? 2 : 1;
    }
    return i;
  }

  private int endOfComment() {
    int depth = 0;
    int i = position;
    while (i < sql.length()) {
      if (sql.startsWith("/*", i)) {
        depth++;
        i += 2;
      } else if (sql.startsWith("*/", i)) {
        depth--;
        i += 2;
        if (depth == 0) {
          return i;
        }
      } else {
        i++;
      }
    }
    throw error(
        line, "a comment begins here with /* and never ends: comments nest, close each with */");
  }

  private int endOfLine(int from) {
    int i = from;
    while (i < sql.length() && sql.charAt(i) != '\n' && sql.charAt(i) != '\r') {
      i++;
    }
    return i;
  }

  private void add(Kind kind, int end) {
    String text = sql.substring(position, end);
    String kept = kind == Kind.WORD ? text.toLowerCase(Locale.ROOT) : text;
    tokens.add(new Token(kind, kept, position, end, line));
    advance(end);
  }

  private void advance(int end) {
    for (int i = position; i < end; i++) {
      if (sql.charAt(i) == '\n') {
        line++;
      }
    }
    position = end;
  }

  /** The character there, or NUL, which no script contains, beyond the end. */
  private char at(int index) {
    return index < sql.length() ? sql.charAt(index) : '\0';
  }

  private ScriptSyntaxException error(int atLine, String reason) {
    return new ScriptSyntaxException(fileName, atLine, reason);
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\u000b';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isNameStart(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= '\u0080';
  }
}
