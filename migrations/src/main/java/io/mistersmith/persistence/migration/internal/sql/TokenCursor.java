package io.mistersmith.persistence.migration.internal.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A place in a row of tokens, which moves on as they are read. For one thread. */
public final class TokenCursor {
  private final List<Token> tokens;
  private int position;

  /** Begins at the first token. */
  public TokenCursor(TokenSequence sequence) {
    this.tokens = sequence.tokens();
  }

  /** Whether all is read. */
  public boolean atEnd() {
    return position >= tokens.size();
  }

  /** Whether these words come next. */
  public boolean at(String... words) {
    return rest().startsWith(words);
  }

  /** Whether this punctuation comes next. */
  public boolean atSymbol(String symbol) {
    Token token = peek();
    return token != null && token.isSymbol(symbol);
  }

  /** The next token, which stays the next one; null at the end. */
  public @Nullable Token peek() {
    return atEnd() ? null : tokens.get(position);
  }

  /** Moves past these words where they come next. */
  public boolean accept(String... words) {
    if (!at(words)) {
      return false;
    }
    position += words.length;
    return true;
  }

  /** Moves past one of these words. */
  public boolean acceptAny(String... words) {
    for (String word : words) {
      if (accept(word)) {
        return true;
      }
    }
    return false;
  }

  /** Moves past this punctuation. */
  public boolean acceptSymbol(String symbol) {
    if (!atSymbol(symbol)) {
      return false;
    }
    position++;
    return true;
  }

  /** Moves past one token, whatever it is, or stays at the end. */
  public void skip() {
    if (!atEnd()) {
      position++;
    }
  }

  /** Moves to these words, outside of parentheses; where there are none, to the end. */
  public TokenSequence until(Predicate<TokenCursor> end) {
    List<Token> read = new ArrayList<>();
    int depth = 0;
    while (!atEnd() && !(depth == 0 && end.test(this))) {
      Token token = tokens.get(position);
      depth += TokenSequence.depthChange(token);
      read.add(token);
      position++;
    }
    return new TokenSequence(read);
  }

  /** Reads a name with or without a schema; null where no name comes next. */
  public @Nullable ObjectName name() {
    Token first = peek();
    if (first == null || !first.isName()) {
      return null;
    }
    position++;
    String schema = null;
    String name = first.name();
    while (atSymbol(".") && position + 1 < tokens.size() && tokens.get(position + 1).isName()) {
      schema = name;
      name = tokens.get(position + 1).name();
      position += 2;
    }
    return new ObjectName(schema, name);
  }

  /** Reads a name of one part; empty where no name comes next. */
  public String word() {
    ObjectName name = name();
    return name == null ? "" : name.name();
  }

  /** Reads the tokens inside the parentheses that come next; empty where there are none. */
  public TokenSequence parenthesised() {
    if (!atSymbol("(")) {
      return TokenSequence.EMPTY;
    }
    int start = position + 1;
    int depth = 0;
    do {
      depth += TokenSequence.depthChange(tokens.get(position));
      position++;
    } while (depth > 0 && !atEnd());
    return new TokenSequence(tokens.subList(start, Math.max(start, position - 1)));
  }

  /** Returns the remaining tokens. */
  public TokenSequence rest() {
    return new TokenSequence(tokens.subList(position, tokens.size()));
  }
}
