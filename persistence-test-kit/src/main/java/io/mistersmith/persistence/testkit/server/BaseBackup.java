package io.mistersmith.persistence.testkit.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;

/**
 * Copies the data directory of a running server, as {@code pg_basebackup} does, which the embedded
 * binaries lack. The copy needs the write-ahead log from the beginning of the backup on: the
 * replication slot keeps it until the standby has streamed it.
 */
final class BaseBackup {
  /** Directories that the copy has, but empty. */
  private static final Set<String> EMPTY =
      Set.of("pg_wal", "pg_replslot", "pg_dynshmem", "pg_notify", "pg_stat_tmp", "pg_subtrans");

  private static final Set<String> LEFT_OUT =
      Set.of("postmaster.pid", "postmaster.opts", "backup_label", "backup_manifest");

  private BaseBackup() {}

  /**
   * Copies the data of the server to a directory that does not exist yet.
   *
   * @param slot a physical replication slot, created unless it exists
   */
  static void take(PostgresServer server, String slot, Path target) {
    try (Connection connection = server.connect()) {
      if (query(connection, "SELECT 1 FROM pg_replication_slots WHERE slot_name = ?", slot)
          .isEmpty()) {
        query(connection, "SELECT pg_create_physical_replication_slot(?, true)", slot);
      }
      query(connection, "SELECT pg_backup_start(?, true)", slot);
      Files.walkFileTree(server.dataDirectory(), new Copier(server.dataDirectory(), target));
      String label = query(connection, "SELECT labelfile FROM pg_backup_stop(false)").get(0);
      Files.writeString(target.resolve("backup_label"), label);
    } catch (SQLException e) {
      throw new IllegalStateException(
          "Could not take a base backup of " + server.jdbcUrl() + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException("Could not copy the data of a running server", e);
    }
  }

  private static List<String> query(Connection connection, String sql, String... parameters)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setString(i + 1, parameters[i]);
      }
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next() ? List.of(String.valueOf(rows.getString(1))) : List.of();
      }
    }
  }

  /** Copies what is there; a file that the server deletes meanwhile is in the log, too. */
  private static final class Copier extends SimpleFileVisitor<Path> {
    private final Path source;
    private final Path target;

    Copier(Path source, Path target) {
      this.source = source;
      this.target = target;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
        throws IOException {
      copy(directory);
      if (EMPTY.contains(nameOf(directory)) && isTopLevel(directory)) {
        if (nameOf(directory).equals("pg_wal")) {
          Files.createDirectories(target.resolve("pg_wal").resolve("archive_status"));
          Files.createDirectories(target.resolve("pg_wal").resolve("summaries"));
        }
        return FileVisitResult.SKIP_SUBTREE;
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      if (!attributes.isOther() && !(isTopLevel(file) && LEFT_OUT.contains(nameOf(file)))) {
        copy(file);
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
      if (failure instanceof NoSuchFileException) {
        return FileVisitResult.CONTINUE;
      }
      throw failure;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, IOException failure)
        throws IOException {
      if (failure == null || failure instanceof NoSuchFileException) {
        return FileVisitResult.CONTINUE;
      }
      throw failure;
    }

    private void copy(Path path) throws IOException {
      try {
        Files.copy(
            path,
            target.resolve(source.relativize(path).toString()),
            StandardCopyOption.COPY_ATTRIBUTES,
            LinkOption.NOFOLLOW_LINKS);
      } catch (NoSuchFileException deletedMeanwhile) {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
          throw deletedMeanwhile;
        }
      }
    }

    private boolean isTopLevel(Path path) {
      return source.equals(path.getParent());
    }

    private static String nameOf(Path path) {
      return String.valueOf(path.getFileName());
    }
  }
}
