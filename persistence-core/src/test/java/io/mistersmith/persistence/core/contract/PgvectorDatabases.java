package io.mistersmith.persistence.core.contract;

import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.migration.VectorScripts;
import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.postgresql.ds.PGSimpleDataSource;

/** Databases with the set {@code vector}, on one server that has pgvector. */
final class PgvectorDatabases {

  private static final Map<Integer, PgvectorDatabases> BY_DIMENSIONS = new ConcurrentHashMap<>();

  /** Started by the first that needs it; ends with the JVM. */
  private static final class Shared {
    static final PostgresServer SERVER =
        PostgresServer.start(PostgresOptions.defaults().withoutSync().withPgvector());
  }

  private final AtomicInteger copies = new AtomicInteger();
  private final int dimensions;
  private final String template;

  private PgvectorDatabases(int dimensions) {
    this.dimensions = dimensions;
    this.template = "vectors_" + dimensions;
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(server().createDatabase(template));
    source.setUser(server().user());
    server().password().ifPresent(source::setPassword);
    MigrationRunner.builder().dataSource(source).set("vector", scripts(dimensions)).build().apply();
  }

  private static Path scripts(int dimensions) {
    try {
      Path folder = Files.createTempDirectory("vector-scripts-");
      folder.toFile().deleteOnExit(); // after the scripts in it: the last one named goes first
      VectorScripts.write(dimensions, folder).forEach(script -> script.toFile().deleteOnExit());
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the databases for vectors of so many dimensions. */
  static PgvectorDatabases of(int dimensions) {
    return BY_DIMENSIONS.computeIfAbsent(dimensions, PgvectorDatabases::new);
  }

  PostgresServer server() {
    return Shared.SERVER;
  }

  /** Creates one, and returns its URL. */
  String create() {
    return server()
        .copyDatabase(template, "vectors_" + dimensions + "_" + copies.incrementAndGet());
  }
}
