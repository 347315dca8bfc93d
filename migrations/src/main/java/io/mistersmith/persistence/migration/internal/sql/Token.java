package io.mistersmith.persistence.migration.internal.sql;

/**
 * The smallest piece of a script that means something.
 *
 * @param kind what it is
 * @param text as written; a {@link Kind#WORD} in lower case
 * @param start where it begins in the text that was read
 * @param end where it ends, exclusive
 * @param line the line where it begins, counted from 1
 */
public record Token(Kind kind, String text, int start, int end, int line) {

  /** The kinds of tokens. */
  public enum Kind {
    /** A keyword or a name without quotes. */
    WORD,
    /** A name in double quotes, as written. */
    QUOTED_NAME,
    /** A string in single quotes, with its prefix and its quotes. */
    STRING,
    /** A string in dollar quotes, with them. */
    DOLLAR_STRING,
    /** A number. */
    NUMBER,
    /** A parameter such as {@code $1}. */
    PARAMETER,
    /** One character of punctuation, or {@code ::}, {@code :=}. */
    SYMBOL
  }

  /** Whether this is the keyword; give it in lower case. */
  public boolean is(String word) {
    return kind == Kind.WORD && text.equals(word);
  }

  /** Whether this is the punctuation. */
  public boolean isSymbol(String symbol) {
    return kind == Kind.SYMBOL && text.equals(symbol);
  }

  /** Whether this can be a name: a word, or a name in quotes. */
  public boolean isName() {
    return kind == Kind.WORD || kind == Kind.QUOTED_NAME;
  }

  /** Whether this is a string, however it is quoted. */
  public boolean isString() {
    return kind == Kind.STRING || kind == Kind.DOLLAR_STRING;
  }

  /** The name as PostgreSQL keeps it: without its quotes; the text for any other kind. */
  public String name() {
    if (kind != Kind.QUOTED_NAME) {
      return text;
    }
    int open = text.indexOf('"');
    return text.substring(open + 1, text.length() - 1).replace("\"\"", "\"");
  }

  /**
   * Returns the text between a string's quotes; the text for any other kind. Backslashes of an E'…'
   * string and the escapes of a U&amp;'…' string are left as they are.
   */
  public String content() {
    if (kind == Kind.DOLLAR_STRING) {
      int tag = text.indexOf('$', 1) + 1;
      return text.substring(tag, text.length() - tag);
    }
    if (kind == Kind.STRING) {
      return text.substring(text.indexOf('\'') + 1, text.length() - 1).replace("''", "'");
    }
    return text;
  }
}
