package io.mistersmith.persistence.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Resources that the rounds of an experiment share: JMH creates its own states again for each
 * round.
 */
final class Opened {

  /** Opens it. */
  interface Opening<T extends AutoCloseable> {
    T open() throws Exception;
  }

  private static final Map<String, AutoCloseable> OPEN = new LinkedHashMap<>();

  private Opened() {}

  /** Returns the resource of this name, opened at the first call. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // each name belongs to one class
  static synchronized <T extends AutoCloseable> T get(String name, Opening<T> opening) {
    AutoCloseable open = OPEN.get(name);
    if (open == null) {
      try {
        open = opening.open();
      } catch (Exception e) {
        throw new IllegalStateException("cannot open " + name, e);
      }
      OPEN.put(name, open);
    }
    return (T) open;
  }

  /** Closes all of it. */
  static synchronized void closeAll() {
    OPEN.forEach(
        (name, open) -> {
          try {
            open.close();
          } catch (Exception e) {
            throw new IllegalStateException("cannot close " + name, e);
          }
        });
    OPEN.clear();
  }
}
