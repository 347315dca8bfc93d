package io.mistersmith.persistence.core.internal.guard;

import io.mistersmith.persistence.error.DataError;
import java.util.Optional;

/**
 * A kind of call into a store.
 *
 * @param name its name in events and meters
 * @param repeat when it may be repeated
 * @param table the table that it is about, for observers; empty where there is none
 */
record StoreCall(String name, Repeat repeat, Optional<String> table) {

  /** A call that is about no table. */
  StoreCall(String name, Repeat repeat) {
    this(name, repeat, Optional.empty());
  }

  /** When a call that failed may be made again. */
  enum Repeat {
    /** It changes nothing. */
    READ {
      @Override
      boolean allows(DataError failure) {
        return failure == DataError.CONNECTION_FAILED || failure == DataError.UNAVAILABLE;
      }
    },
    /** A write to KV: these failures say that nothing was sent, or that it was refused. */
    HOT_WRITE {
      @Override
      boolean allows(DataError failure) {
        return READ.allows(failure);
      }
    },
    /**
     * A write to PostgreSQL, which may have been applied when its connection was lost. A conflict
     * is repeated by the store itself.
     */
    SQL_WRITE {
      @Override
      boolean allows(DataError failure) {
        return failure == DataError.UNAVAILABLE;
      }
    },
    /** Runs work of the application, which is repeated by its transaction or not at all. */
    NEVER {
      @Override
      boolean allows(DataError failure) {
        return false;
      }

      /** The application's own statements may be slow without the store being in trouble. */
      @Override
      boolean isTrouble(DataError failure) {
        return failure != DataError.TIMEOUT && super.isTrouble(failure);
      }
    };

    /** Whether a call that failed so has left no trace, and may succeed a moment later. */
    abstract boolean allows(DataError failure);

    /**
     * Whether the failure says that the store does not serve calls at present. A pool that is
     * exhausted does: a breaker would only keep out those that would get a connection.
     */
    boolean isTrouble(DataError failure) {
      return switch (failure) {
        case CONNECTION_FAILED, TIMEOUT, UNAVAILABLE, OUTCOME_UNKNOWN -> true;
        default -> false;
      };
    }
  }
}
