package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.core.internal.backup.BaseManifest.Content;
import io.mistersmith.persistence.core.internal.backup.TarReader.Entry;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;

/** The archive that {@code pg_basebackup} writes: the files of a server, and its manifest. */
final class BaseTar {

  static final String MANIFEST = "backup_manifest";

  private static final String WAL = "pg_wal/";

  /** PostgreSQL does not start where others may read its data. */
  private static final String DIRECTORY_RIGHTS = "rwx------";

  private static final String FILE_RIGHTS = "rw-------";

  /** What PostgreSQL expects to exist, and an archive may lack. */
  private static final Set<String> NEEDED = Set.of("pg_wal", "pg_wal/archive_status", "pg_tblspc");

  private BaseTar() {}

  /**
   * Reads an archive, and keeps what the backup needs of it: its manifest, and the WAL, which goes
   * to the archive. The WAL of a base backup is so in the archive as soon as the backup is, also
   * where the server's archive command is behind or does not exist. Fails where a file is not as
   * the manifest says.
   *
   * @param directory for files on their way
   * @return the file with the manifest, in the directory
   */
  static Path scan(InputStream in, Path directory, WalArchive archive) throws IOException {
    TarReader tar = new TarReader(in);
    Path manifest = directory.resolve(MANIFEST);
    Files.deleteIfExists(manifest);
    Map<String, Content> read = new HashMap<>();
    for (Optional<Entry> next = tar.next(); next.isPresent(); next = tar.next()) {
      Entry entry = next.get();
      if (entry.name().equals(MANIFEST)) {
        Files.copy(tar.content(), manifest);
      } else if (isWal(entry)) {
        String name = entry.name().substring(WAL.length());
        Path file = directory.resolve(name);
        try (OutputStream out = Files.newOutputStream(file)) {
          read.put(entry.name(), read(tar.content(), entry.size(), out));
        }
        archive.store(name, file);
        Files.delete(file);
      } else if (entry.type() == TarReader.Type.FILE) {
        read.put(entry.name(), read(tar.content(), entry.size(), OutputStream.nullOutputStream()));
      }
    }
    if (!Files.exists(manifest)) {
      throw new IOException("pg_basebackup wrote no manifest");
    }
    BaseManifest.read(manifest).require(read);
    return manifest;
  }

  private static Content read(InputStream in, long size, OutputStream out) throws IOException {
    CRC32C checksum = new CRC32C();
    in.transferTo(new CheckedOutputStream(out, checksum));
    return Content.of(size, checksum);
  }

  private static boolean isWal(Entry entry) {
    return entry.type() == TarReader.Type.FILE
        && entry.name().startsWith(WAL)
        && WalFileName.isName(entry.name().substring(WAL.length()));
  }

  /** Unpacks an archive into an empty directory, readable by this process's user alone. */
  static void unpack(InputStream in, Path directory) throws IOException {
    makeDirectory(directory);
    TarReader tar = new TarReader(in);
    for (Optional<Entry> next = tar.next(); next.isPresent(); next = tar.next()) {
      Entry entry = next.get();
      Path path = within(directory, entry.name());
      switch (entry.type()) {
        case DIRECTORY -> makeDirectory(path);
        case FILE -> writeFile(path, tar.content());
        case LINK ->
            throw new NonTransientPersistenceException(
                DataError.MISCONFIGURED,
                "the base backup has the tablespace " + entry.name() + ", which is not supported");
      }
    }
    for (String needed : NEEDED) {
      makeDirectory(directory.resolve(needed));
    }
  }

  /** Returns where an entry goes; an archive that was tampered with leads to no other place. */
  private static Path within(Path directory, String name) throws IOException {
    Path path = directory.resolve(name).normalize();
    if (!path.startsWith(directory.normalize())) {
      throw new IOException("the archive has an entry that leads out of it: " + name);
    }
    return path;
  }

  /** The archive lists each directory before the files in it. */
  private static void writeFile(Path path, InputStream content) throws IOException {
    Files.copy(content, path, StandardCopyOption.REPLACE_EXISTING);
    restrict(path, FILE_RIGHTS);
  }

  private static void makeDirectory(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(directory);
    }
    restrict(directory, DIRECTORY_RIGHTS);
  }

  private static void restrict(Path path, String rights) throws IOException {
    if (path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(rights));
    }
  }
}
