package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.model.Revision;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Writes of which a runtime was told that PostgreSQL has them: it has, from then on. Thread-safe.
 */
final class DurableChecks {

  private final Database database;
  private final Tally tally;
  private final Map<String, Revision> expected = new HashMap<>();

  DurableChecks(Database database, Tally tally) {
    this.database = database;
    this.tally = tally;
  }

  synchronized void expect(String key, String revision) {
    expected.merge(key, Revision.parse(revision), (a, b) -> a.isAfter(b) ? a : b);
  }

  /** Looks at all rows; throws when PostgreSQL is away. */
  void check() throws SQLException {
    Map<String, Revision> promised;
    synchronized (this) {
      promised = Map.copyOf(expected);
    }
    Map<String, Found> rows = database.rows();
    promised.forEach(
        (key, revision) -> {
          Optional<Revision> found = rows.getOrDefault(key, Found.NOTHING).revision();
          if (found.isEmpty() || revision.isAfter(found.get())) {
            tally.add(new Fault(Kind.LOST, key + ": durable " + revision + ", found " + found));
          }
        });
  }
}
