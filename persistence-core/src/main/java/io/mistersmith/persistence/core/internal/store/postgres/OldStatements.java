package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;

/** Runs reads that may be old, each for itself, and refuses all else. Thread-safe. */
final class OldStatements implements Statements {

  private final Replicas replicas;

  OldStatements(Replicas replicas) {
    this.replicas = replicas;
  }

  @Override
  public <T> T read(String what, Function<Handle, T> work) {
    return replicas.read(database -> database.read(what, work));
  }

  @Override
  public <T> T snapshot(String what, Function<Handle, T> work) {
    return replicas.read(database -> database.snapshot(what, work));
  }

  @Override
  public <T> T write(String what, Function<Handle, T> work) {
    throw ReadStatements.refused(what);
  }

  @Override
  public <T> T transaction(SqlOptions options, Function<Handle, T> work) {
    throw ReadStatements.refused(options.what());
  }

  @Override
  public <T> T attempt(SqlOptions options, Function<Handle, T> work) {
    throw ReadStatements.refused(options.what());
  }

  @Override
  public <T> T whole(Supplier<T> call) {
    return call.get();
  }
}
