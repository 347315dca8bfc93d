package io.mistersmith.persistence.model;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import org.jspecify.annotations.Nullable;

/** Checks the texts that name entries: both stores must be able to keep them. */
final class KeyText {

  private KeyText() {}

  /** Throws {@link DataError#INVALID_KEY} where the text is not 1 to {@code max} code points. */
  static void check(String field, @Nullable String text, int max) {
    if (text == null) {
      throw invalid(field, "is null");
    }
    if (text.isEmpty()) {
      throw invalid(field, "is empty");
    }
    int length = text.codePointCount(0, text.length());
    if (length > max) {
      throw invalid(field, "has " + length + " characters, more than " + max);
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0) {
        throw invalid(field, "holds NUL at index " + i + ", which PostgreSQL cannot store");
      }
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        throw invalid(field, "holds half a surrogate pair at index " + i + ", which is no text");
      }
    }
  }

  static NonTransientPersistenceException invalid(String field, String reason) {
    return new NonTransientPersistenceException(
        DataError.INVALID_KEY, "state key: " + field + " " + reason);
  }
}
