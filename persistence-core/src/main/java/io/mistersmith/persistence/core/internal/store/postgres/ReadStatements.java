package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;

/** Runs reads, each for itself, and refuses all else. Thread-safe. */
final class ReadStatements implements Statements {

  private final Database database;

  ReadStatements(Database database) {
    this.database = database;
  }

  @Override
  public <T> T read(String what, Function<Handle, T> work) {
    return database.read(what, work);
  }

  @Override
  public <T> T snapshot(String what, Function<Handle, T> work) {
    return database.snapshot(what, work);
  }

  @Override
  public <T> T write(String what, Function<Handle, T> work) {
    throw refused(what);
  }

  @Override
  public <T> T transaction(SqlOptions options, Function<Handle, T> work) {
    throw refused(options.what());
  }

  @Override
  public <T> T attempt(SqlOptions options, Function<Handle, T> work) {
    throw refused(options.what());
  }

  @Override
  public <T> T whole(Supplier<T> call) {
    return call.get();
  }

  static IllegalStateException refused(String what) {
    return new IllegalStateException(
        what + ": these reads must not write; use SqlStore.inTransaction for that");
  }
}
