package io.mistersmith.persistence.migration.internal.sql;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the names of objects. */
final class Names {
  private static final ObjectName UNKNOWN = new ObjectName(null, "");

  private Names() {}

  /** The name, or one that is empty where the statement is not as its kind should be. */
  static ObjectName orUnknown(@Nullable ObjectName name) {
    return name == null ? UNKNOWN : name;
  }

  /** The names between commas; ONLY, * and the arguments of functions are left out. */
  static List<ObjectName> list(TokenSequence sequence) {
    List<ObjectName> names = new ArrayList<>();
    for (TokenSequence part : sequence.byComma()) {
      TokenCursor cursor = new TokenCursor(part);
      cursor.accept("only");
      ObjectName name = cursor.name();
      if (name != null) {
        names.add(name);
      }
    }
    return names;
  }
}
