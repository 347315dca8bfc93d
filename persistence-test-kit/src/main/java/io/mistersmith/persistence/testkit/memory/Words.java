package io.mistersmith.persistence.testkit.memory;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The words of a document as the text search configuration {@code simple} has them: in lower case.
 * A word is a run of letters and digits; PostgreSQL takes some texts, such as addresses, for one.
 */
final class Words {

  /** Larger documents have no words. */
  private static final int LARGEST = 256 * 1024;

  private static final Pattern BETWEEN = Pattern.compile("[^\\p{L}\\p{N}\\p{M}]+");

  private Words() {}

  /** Whether a document's strings have all words of a text, and there are any. */
  static boolean has(byte[] json, String wanted) {
    Set<String> words = new HashSet<>();
    add(wanted, words);
    if (words.isEmpty() || json.length > LARGEST) {
      return false;
    }
    Set<String> present = new HashSet<>();
    collect(JsonTree.read(json), present);
    return present.containsAll(words);
  }

  /** Returns how often a document's strings have words of a text. */
  static long count(String json, String wanted) {
    Set<String> words = new HashSet<>();
    add(wanted, words);
    if (json.getBytes(StandardCharsets.UTF_8).length > LARGEST) {
      return 0;
    }
    List<String> present = new ArrayList<>();
    collect(JsonTree.read(json), present);
    return present.stream().filter(words::contains).count();
  }

  private static void collect(@Nullable Object value, Collection<String> words) {
    if (value instanceof String text) {
      add(text, words);
    } else if (value instanceof Map<?, ?> members) {
      members.values().forEach(member -> collect(member, words));
    } else if (value instanceof List<?> elements) {
      elements.forEach(element -> collect(element, words));
    }
  }

  private static void add(String text, Collection<String> words) {
    for (String word : BETWEEN.split(text, -1)) {
      if (!word.isEmpty()) {
        words.add(word.toLowerCase(Locale.ROOT));
      }
    }
  }
}
