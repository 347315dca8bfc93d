package io.mistersmith.persistence.migration;

import static java.nio.file.StandardOpenOption.CREATE_NEW;

import io.mistersmith.persistence.migration.internal.script.BundledSets;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes the optional set {@code vector} for embeddings of another number of dimensions than the
 * bundled 1,536. The scripts are plain SQL, to be kept with the application's sources and applied
 * with {@link MigrationRunner.Builder#set(String, Path)}, Flyway or psql.
 */
public final class VectorScripts {
  private static final String BUNDLED_DIMENSIONS = "1536";

  /** The most that an HNSW index of pgvector takes. */
  private static final int MOST_DIMENSIONS = 2_000;

  private VectorScripts() {}

  /**
   * Writes the set's scripts.
   *
   * @param dimensions how many numbers an embedding has, 1 to 2,000
   * @param folder where to; made where it is missing. Files of the same names are not replaced
   * @return the files
   * @throws MigrationException when a file cannot be written
   */
  public static List<Path> write(int dimensions, Path folder) {
    if (dimensions < 1 || dimensions > MOST_DIMENSIONS) {
      throw new IllegalArgumentException(
          "dimensions is "
              + dimensions
              + ": an HNSW index takes 1 to 2,000; ask the model for a shortened embedding");
    }
    try {
      Files.createDirectories(folder);
      List<Path> written = new ArrayList<>();
      for (Migration migration : BundledSets.read("vector").migrations()) {
        Path script = folder.resolve(migration.fileName());
        written.add(Files.writeString(script, sized(migration.sql(), dimensions), CREATE_NEW));
        if (migration.rollbackSql().isPresent()) {
          Path back = folder.resolve("U" + migration.fileName().substring(1));
          String sql = sized(migration.rollbackSql().get(), dimensions);
          written.add(Files.writeString(back, sql, CREATE_NEW));
        }
      }
      return written;
    } catch (IOException e) {
      throw new MigrationException(
          Kind.INVALID_SCRIPT,
          "Could not write the set's scripts into " + folder + ": " + e.getMessage(),
          e);
    }
  }

  private static String sized(String sql, int dimensions) {
    return sql.replace(BUNDLED_DIMENSIONS, Integer.toString(dimensions));
  }
}
