package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Looks into PostgreSQL, past the library, at the moment that it is said to have a write. The later
 * checks of all rows would not see that this was said too early.
 */
final class Witness {

  private final Database database;

  Witness(Database database) {
    this.database = database;
  }

  /** Nothing where PostgreSQL does not answer: then the later checks look alone. */
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
