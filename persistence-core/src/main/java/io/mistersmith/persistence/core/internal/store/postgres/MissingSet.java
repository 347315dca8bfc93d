package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.sql.SQLException;
import java.util.Set;
import java.util.function.Supplier;

/** Says which set of scripts is missing, where a call fails for want of it. */
final class MissingSet {

  /** No such function, table or schema. */
  private static final Set<String> STATES = Set.of("42883", "42P01", "3F000");

  private MissingSet() {}

  /**
   * Runs a call that needs a set.
   *
   * @throws NonTransientPersistenceException {@code MISCONFIGURED} where the set is not applied
   */
  static <T> T named(String set, String what, Supplier<T> call) {
    try {
      return call.get();
    } catch (NonTransientPersistenceException e) {
      if (e.getCause() instanceof SQLException sql && STATES.contains(sql.getSQLState())) {
        throw new NonTransientPersistenceException(
            DataError.MISCONFIGURED,
            what
                + ": the set of migrations "
                + set
                + " is not applied to this database; apply it with migrateOnOpen(\""
                + set
                + "\") or the migrations' jar: apply --set "
                + set,
            e);
      }
      throw e;
    }
  }
}
