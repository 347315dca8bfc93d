package io.mistersmith.persistence.migration.internal.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Some tokens in a row, such as a column's type or a condition.
 *
 * @param tokens the tokens
 */
public record TokenSequence(List<Token> tokens) {
  static final TokenSequence EMPTY = new TokenSequence(List.of());

  /** Copies the tokens. */
  public TokenSequence {
    tokens = List.copyOf(tokens);
  }

  /** Whether there is no token. */
  public boolean isEmpty() {
    return tokens.isEmpty();
  }

  /** Whether the words, in lower case, follow one another somewhere in it. */
  public boolean has(String... words) {
    for (int i = 0; i + words.length <= tokens.size(); i++) {
      if (matches(i, words)) {
        return true;
      }
    }
    return false;
  }

  /** As {@link #has}, outside of parentheses alone. */
  public boolean hasOutside(String... words) {
    return indexOutside(words) >= 0;
  }

  /** Whether it begins with these words. */
  public boolean startsWith(String... words) {
    return matches(0, words);
  }

  /** Whether a function of that name is called in it. */
  public boolean calls(Predicate<String> function) {
    for (int i = 0; i + 1 < tokens.size(); i++) {
      Token token = tokens.get(i);
      if (token.isName() && function.test(token.name()) && tokens.get(i + 1).isSymbol("(")) {
        return true;
      }
    }
    return false;
  }

  /** Returns the tokens after these words outside of parentheses; none if the words are missing. */
  public TokenSequence after(String... words) {
    int index = indexOutside(words);
    return index < 0
        ? EMPTY
        : new TokenSequence(tokens.subList(index + words.length, tokens.size()));
  }

  /** The parts between the commas that stand outside of parentheses. */
  public List<TokenSequence> byComma() {
    List<TokenSequence> parts = new ArrayList<>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i < tokens.size(); i++) {
      depth += depthChange(tokens.get(i));
      if (depth == 0 && tokens.get(i).isSymbol(",")) {
        parts.add(new TokenSequence(tokens.subList(start, i)));
        start = i + 1;
      }
    }
    if (start < tokens.size()) {
      parts.add(new TokenSequence(tokens.subList(start, tokens.size())));
    }
    return parts;
  }

  /** The line of its first token, or 0 when it is empty. */
  public int line() {
    return tokens.isEmpty() ? 0 : tokens.get(0).line();
  }

  /** The tokens with a space between them. */
  public String text() {
    return tokens.stream().map(Token::text).collect(Collectors.joining(" "));
  }

  static int depthChange(Token token) {
    if (token.isSymbol("(") || token.isSymbol("[")) {
      return 1;
    }
    return token.isSymbol(")") || token.isSymbol("]") ? -1 : 0;
  }

  private int indexOutside(String... words) {
    int depth = 0;
    for (int i = 0; i + words.length <= tokens.size(); i++) {
      if (depth == 0 && matches(i, words)) {
        return i;
      }
      depth += depthChange(tokens.get(i));
    }
    return -1;
  }

  private boolean matches(int at, String... words) {
    if (at + words.length > tokens.size()) {
      return false;
    }
    for (int i = 0; i < words.length; i++) {
      if (!tokens.get(at + i).is(words[i])) {
        return false;
      }
    }
    return true;
  }
}
