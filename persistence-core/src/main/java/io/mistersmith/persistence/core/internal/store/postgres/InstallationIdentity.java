package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.util.UUID;

/** Reads which installation a database is. */
final class InstallationIdentity {

  private static final String FIND = "SELECT id FROM agents.installation";

  private InstallationIdentity() {}

  static UUID read(Database database, String what) {
    return database
        .read(what, handle -> handle.createQuery(FIND).mapTo(UUID.class).findOne())
        .orElseThrow(() -> missing(what));
  }

  /** Fails where another installation answers. */
  static void require(UUID expected, Database database, String what) {
    UUID found = read(database, what);
    if (!found.equals(expected)) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          what
              + ": installation "
              + found
              + " answers, and that of PRIMARY is "
              + expected
              + "; all roles but ANALYTICS need the same database, correct the role's URL");
    }
  }

  static NonTransientPersistenceException missing(String what) {
    return new NonTransientPersistenceException(
        DataError.MISCONFIGURED,
        what
            + ": agents.installation has no row. Put back the one of the latest backup; or, if there"
            + " is none, run SELECT agents.new_installation(), and open once with unknownEntries"
            + " TAKE_OVER");
  }
}
