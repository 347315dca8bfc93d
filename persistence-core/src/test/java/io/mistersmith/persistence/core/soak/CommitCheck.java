package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Reads PostgreSQL past the library when the library reports a write as durable. The later checks
 * of all rows would not notice a report that came too early.
 */
final class CommitCheck {

  private final Database database;

  CommitCheck(Database database) {
    this.database = database;
  }

  /** Returns nothing if PostgreSQL does not answer: only the later checks see the row then. */
  Optional<Fault> check(StateKey key, Revision promised) {
    try {
      Optional<Revision> found = database.revision(key.toString());
      return found.isPresent() && !promised.isAfter(found.get())
          ? Optional.empty()
          : Optional.of(
              new Fault(Kind.LOST, key + ": durable now " + promised + ", found " + found));
    } catch (SQLException e) {
      return Optional.empty();
    }
  }
}
