package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.PersistenceException;

/** Translates what the driver and the pool throw, for tests of other packages. */
public final class PostgresTranslation {

  private PostgresTranslation() {}

  /** Returns the typed failure. */
  public static PersistenceException of(Throwable thrown) {
    return PostgresFailures.of("test", thrown);
  }
}
