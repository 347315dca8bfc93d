package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Runs a store's statements: each call in a transaction of its own ({@link Database}), or all in
 * one unit of work ({@link UnitStatements}). Throws each failure as a typed one whose message
 * begins with {@code what}: the action and its object.
 */
interface Statements {

  /** Runs one statement that reads. */
  <T> T read(String what, Function<Handle, T> work);

  /** Runs statements that read the data of one moment. */
  <T> T snapshot(String what, Function<Handle, T> work);

  /**
   * Runs statements that read in a transaction, so that they may fetch the rows of one by and by.
   */
  default <T> T cursor(String what, Function<Handle, T> work) {
    return snapshot(what, work);
  }

  /** Runs one statement that writes. */
  <T> T write(String what, Function<Handle, T> work);

  /**
   * Runs statements that all take effect or none. Repeats them after a conflict only where the
   * transaction is their own.
   */
  <T> T transaction(SqlOptions options, Function<Handle, T> work);

  /** {@link #transaction} within a {@link #whole} call, which goes on when the attempt fails. */
  <T> T attempt(SqlOptions options, Function<Handle, T> work);

  /** Runs a call that makes several attempts; when it throws, the call as a whole has failed. */
  <T> T whole(Supplier<T> call);

  /** Returns what is known of the primary; null where a connection is the application's. */
  default @Nullable PrimaryMonitor primaries() {
    return null;
  }
}
