package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.util.List;
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

  /** What is written at the end of a transaction, for several calls together. */
  @FunctionalInterface
  interface AtEnd<P> {

    /** Writes the parts of the calls, in their order. */
    void write(Handle handle, List<P> parts);
  }

  /**
   * Writes a part of a call within its transaction: now, or just before the commit where the
   * transaction is a caller's, which may last. What the part locks is then held for a moment.
   *
   * @param write the same object in each call of its kind
   */
  default <P> void atEnd(Handle handle, AtEnd<P> write, P part) {
    write.write(handle, List.of(part));
  }

  /** Whether the transaction is a caller's, who keeps what is locked for as long as it lasts. */
  default boolean isPartOfUnit() {
    return false;
  }

  /** {@link #transaction} within a {@link #whole} call, which goes on when the attempt fails. */
  <T> T attempt(SqlOptions options, Function<Handle, T> work);

  /** Runs a call that makes several attempts; when it throws, the call as a whole has failed. */
  <T> T whole(Supplier<T> call);

  /** Returns what is known of the primary; null where a connection is the application's. */
  default @Nullable PrimaryMonitor primaries() {
    return null;
  }
}
