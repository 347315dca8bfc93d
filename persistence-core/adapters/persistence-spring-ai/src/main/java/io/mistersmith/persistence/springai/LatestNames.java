package io.mistersmith.persistence.springai;

import java.util.LinkedHashMap;
import java.util.Map;

/** Names of conversations that this process has named lately: as many as fit. Thread-safe. */
final class LatestNames {

  private static final int MOST = 10_000;

  private final Map<String, Boolean> names =
      new LinkedHashMap<>(16, 0.75f, true) {

        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > MOST;
        }
      };

  synchronized boolean isKnown(String name) {
    return names.get(name) != null;
  }

  synchronized void add(String name) {
    names.put(name, true);
  }

  synchronized void remove(String name) {
    names.remove(name);
  }
}
