package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupTarget;
import io.mistersmith.persistence.backup.BackupTarget.Stored;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.security.EncryptionConfig;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The archive of the write-ahead log in a target. The checksum of a file is stored before the file,
 * so that every file that exists has one. Both are of the content as PostgreSQL wrote it, also
 * where the file is stored encrypted. Thread-safe.
 */
public final class WalArchive {

  /**
   * The exit code by which a restore command makes PostgreSQL give a recovery up. After any code up
   * to 125, it takes the file for one that does not exist, and the recovery for complete: a damaged
   * file, or a target that does not answer, would silently cost all that follows.
   */
  public static final int STOP_RECOVERY = 126;

  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  private final BackupTarget target;
  private final WalSealing sealing;

  /** The archive in a target, whose files are encrypted where there are keys. */
  public WalArchive(BackupTarget target, Optional<EncryptionConfig> encryption) {
    this.target = target;
    this.sealing = new WalSealing(encryption.map(FileKeys::new));
  }

  /**
   * Stores a file that PostgreSQL hands over. It is durable when this returns. A file that is
   * stored with the same content is accepted, so that PostgreSQL can hand it over again.
   *
   * @param name the name of the file, which PostgreSQL gives as {@code %f}
   * @param file where it is, which PostgreSQL gives as {@code %p}
   * @throws PersistenceException when it is not stored: DUPLICATE_KEY when the archive has another
   *     file of that name, DATA_CORRUPTION when it is not the segment of that name
   */
  public void store(String name, Path file) {
    WalFileName checked = new WalFileName(name);
    String sha256 = digest(name, file);
    Optional<String> known = checksum(checked);
    if (known.isPresent() && !known.get().equals(sha256)) {
      throw new NonTransientPersistenceException(
          DataError.DUPLICATE_KEY,
          "the archive has another file named "
              + name
              + ": its SHA-256 is "
              + known.get()
              + ", that of the server's is "
              + sha256
              + ". Nothing was stored; give each server an archive of its own");
    }
    if (known.isEmpty()) {
      byte[] line = (sha256 + "\n").getBytes(StandardCharsets.US_ASCII);
      target.put(checked.checksumPath(), line.length, new ByteArrayInputStream(line));
    }
    if (known.isEmpty() || target.find(checked.path()).isEmpty()) {
      put(checked, file, sha256);
    }
  }

  /** Returns the SHA-256 of a file, and fails where it is no file of that name. */
  private static String digest(String name, Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] beginning = in.readNBytes(WalHeader.LENGTH);
      requireSegment(new WalFileName(name), beginning, Files.size(file));
      DigestedInput rest = new DigestedInput(in, beginning, Optional.empty(), name);
      rest.transferTo(OutputStream.nullOutputStream());
      return rest.sha256();
    } catch (IOException e) {
      throw unreadable(name, file, e);
    }
  }

  private static void requireSegment(WalFileName name, byte[] beginning, long size) {
    if (!name.isSegment()) {
      return;
    }
    String mismatch =
        WalHeader.read(beginning)
            .map(header -> header.mismatch(name.name(), size))
            .orElse("it does not begin as a segment does");
    if (!mismatch.isEmpty()) {
      throw new NonTransientPersistenceException(
          DataError.DATA_CORRUPTION,
          "this is not the segment " + name.name() + " of the WAL: " + mismatch);
    }
  }

  private void put(WalFileName name, Path file, String sha256) {
    try {
      if (!sealing.isSealing()) {
        put(name, file, Optional.of(sha256));
        return;
      }
      Path sealed = Files.createTempFile("persistence-wal-", ".sealed");
      try {
        seal(name, file, sealed, sha256);
        putSealed(name, sealed);
      } finally {
        Files.deleteIfExists(sealed);
      }
    } catch (IOException e) {
      throw unreadable(name.name(), file, e);
    }
  }

  /** Nobody encrypts alike twice, so that another process that stores the file may win. */
  private void putSealed(WalFileName name, Path sealed) throws IOException {
    try {
      put(name, sealed, Optional.empty());
    } catch (NonTransientPersistenceException e) {
      if (e.error() != DataError.DUPLICATE_KEY) {
        throw e;
      }
    }
  }

  /** Stores a file, and nothing when its content is no longer what was digested. */
  private void put(WalFileName name, Path file, Optional<String> sha256) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      target.put(
          name.path(), Files.size(file), new DigestedInput(in, new byte[0], sha256, name.name()));
    }
  }

  private void seal(WalFileName name, Path file, Path sealed, String sha256) throws IOException {
    try (InputStream in =
            new DigestedInput(
                Files.newInputStream(file), new byte[0], Optional.of(sha256), name.name());
        OutputStream out = sealing.seal(Files.newOutputStream(sealed), name.path())) {
      in.transferTo(out);
    }
  }

  /**
   * Brings a file back.
   *
   * @param to where to; replaced when it exists, and unchanged when this fails
   * @return false when the archive has no such file
   * @throws PersistenceException DATA_CORRUPTION when it is not the file that was stored
   */
  public boolean fetch(String name, Path to) {
    WalFileName checked = new WalFileName(name);
    Optional<Stored> stored = target.find(checked.path());
    if (stored.isEmpty()) {
      return false;
    }
    Optional<String> expected = checksum(checked);
    DurableFile.write(to, out -> copy(checked, expected, out));
    return true;
  }

  /**
   * Reads a file that exists, and says how it is damaged; empty when it is whole, or when it is
   * encrypted and there are no keys.
   */
  Optional<String> damage(String name) {
    WalFileName checked = new WalFileName(name);
    try {
      copy(checked, checksum(checked), OutputStream.nullOutputStream());
      return Optional.empty();
    } catch (IOException e) {
      if (DamagedFileException.isDamage(e)) {
        return Optional.of(String.valueOf(e.getMessage()));
      }
      throw unreadable(name, Path.of(checked.path()), e);
    } catch (NonTransientPersistenceException e) {
      if (e.error() == DataError.DATA_CORRUPTION) {
        return Optional.of(String.valueOf(e.getMessage()));
      }
      if (e.error() == DataError.UNREADABLE && !sealing.isSealing()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private void copy(WalFileName name, Optional<String> expected, OutputStream out)
      throws IOException {
    try (InputStream raw = target.get(name.path(), 0);
        InputStream in =
            new DigestedInput(sealing.open(raw, name.path()), new byte[0], expected, name.name())) {
      in.transferTo(out);
    }
  }

  /** Returns the SHA-256 that was stored for a file. */
  private Optional<String> checksum(WalFileName name) {
    if (target.find(name.checksumPath()).isEmpty()) {
      return Optional.empty();
    }
    try (InputStream in = target.get(name.checksumPath(), 0)) {
      String text = new String(in.readNBytes(128), StandardCharsets.US_ASCII).strip();
      if (!SHA256.matcher(text).matches()) {
        throw new NonTransientPersistenceException(
            DataError.DATA_CORRUPTION,
            name.checksumPath() + " is damaged: it holds no SHA-256; delete it, with its segment");
      }
      return Optional.of(text);
    } catch (IOException e) {
      throw unreadable(name.name(), Path.of(name.checksumPath()), e);
    }
  }

  /** Returns how many bytes a segment has; empty when the archive has none. */
  Optional<Long> segmentSize() {
    for (Stored stored : files()) {
      WalFileName name = new WalFileName(nameOf(stored));
      if (name.isSegment()) {
        return Optional.of(header(name).segmentSize());
      }
    }
    return Optional.empty();
  }

  private WalHeader header(WalFileName name) {
    try (InputStream raw = target.get(name.path(), 0);
        InputStream in = sealing.open(raw, name.path())) {
      return WalHeader.read(in.readNBytes(WalHeader.LENGTH))
          .orElseThrow(
              () ->
                  new NonTransientPersistenceException(
                      DataError.DATA_CORRUPTION,
                      name.path() + " is damaged: it does not begin as a segment does"));
    } catch (IOException e) {
      throw unreadable(name.name(), Path.of(name.path()), e);
    }
  }

  /** Returns the files of the archive, checksums left out, in the order of their paths. */
  List<Stored> files() {
    return target.list(BackupPaths.WAL).stream()
        .filter(stored -> WalFileName.isName(nameOf(stored)))
        .toList();
  }

  /** Returns the name of a file without its directory. */
  static String nameOf(Stored stored) {
    return stored.path().substring(stored.path().lastIndexOf('/') + 1);
  }

  /** Returns the names of the segments that are stored whole. */
  List<String> segments() {
    return files().stream().map(WalArchive::nameOf).filter(WalFileName::isSegmentName).toList();
  }

  /** Reads the histories of all timelines in the archive; the first one has none. */
  List<TimelineHistory> histories() {
    return files().stream()
        .map(WalArchive::nameOf)
        .filter(name -> name.endsWith(".history"))
        .map(name -> history(Integer.parseInt(name.substring(0, 8), 16)))
        .toList();
  }

  /** Reads the history of a timeline, which the archive has. */
  TimelineHistory history(int timeline) {
    WalFileName name = WalFileName.history(timeline);
    try {
      Path copy = Files.createTempFile("persistence-wal-", ".history");
      try {
        if (!fetch(name.name(), copy)) {
          throw new NonTransientPersistenceException(
              DataError.NOT_FOUND, "the archive has no file " + name.path());
        }
        return TimelineHistory.parse(timeline, Files.readString(copy));
      } finally {
        Files.deleteIfExists(copy);
      }
    } catch (IOException e) {
      throw unreadable(name.name(), Path.of(name.path()), e);
    }
  }

  private static PersistenceException unreadable(String name, Path file, IOException e) {
    return DamagedFileException.isDamage(e)
        ? new NonTransientPersistenceException(
            DataError.DATA_CORRUPTION, "the file " + name + " of the WAL: " + e.getMessage(), e)
        : new TransientPersistenceException(
            DataError.UNAVAILABLE,
            "the file " + name + " of the WAL: " + file + " could not be read or written: " + e,
            e);
  }
}
