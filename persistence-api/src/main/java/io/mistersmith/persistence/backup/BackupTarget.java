package io.mistersmith.persistence.backup;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A place that keeps backups, such as a directory or a bucket of an object store. Thread-safe.
 *
 * <p>A path has parts of letters, digits and {@code . _ -}, joined by {@code /}. No part begins
 * with a dot. This is the layout:
 *
 * <ul>
 *   <li>{@code backups/<id>/…}: the files of a backup
 *   <li>{@code backups/<id>/manifest.json}: written last. A backup without one is unfinished
 *   <li>{@code wal/<timeline>/<segment>} and {@code wal/<timeline>/<segment>.sha256}: the archive
 * </ul>
 *
 * <p>Every method fails with a {@link
 * io.mistersmith.persistence.error.TransientPersistenceException} where another attempt may help,
 * else with a {@link NonTransientPersistenceException}: {@code NOT_FOUND} for a file that does not
 * exist, {@code DUPLICATE_KEY} for one that exists with other content, {@code DATA_CORRUPTION} for
 * content of another size than announced, {@code STORE_FULL}, {@code ACCESS_DENIED}, {@code
 * INVALID_KEY} for a bad path.
 */
public interface BackupTarget extends AutoCloseable {

  /** The size of a file that is written as it arises. */
  long UNKNOWN_SIZE = -1;

  /**
   * Returns the path where it is a legal one.
   *
   * @throws NonTransientPersistenceException with {@code INVALID_KEY} where it is not
   */
  static String checked(String path) {
    if (!path.matches("[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")) {
      throw new NonTransientPersistenceException(
          DataError.INVALID_KEY,
          "'"
              + path
              + "' is no path of a backup's target: its parts have letters, digits and . _ -, and"
              + " none begins with a dot");
    }
    return path;
  }

  /**
   * Stores a file. It is whole and durable when this returns, and does not exist when this fails.
   * Accepts a file that exists with the same content, and refuses one with other content.
   *
   * @param size how many bytes the content has; another number of bytes is refused
   * @param content is read to its end, and not closed
   */
  void put(String path, long size, InputStream content);

  /**
   * Reads a file.
   *
   * @param offset where to begin, from 0; at the end of the file or beyond it nothing is read
   */
  InputStream get(String path, long offset);

  /** Returns what is known of a file; empty when there is none. */
  Optional<Stored> find(String path);

  /** Returns every whole file whose path begins with the prefix, in the order of the paths. */
  List<Stored> list(String prefix);

  /** Deletes a file, and what was uploaded of it. Does nothing when there is none. */
  void delete(String path);

  /**
   * Uploads a file in parts. A part that this process uploaded before is kept, so that the upload
   * goes on at {@link Upload#offset}.
   *
   * @param size how many bytes the file has; {@link #UNKNOWN_SIZE} begins a new upload, whatever
   *     was uploaded before
   */
  Upload resume(String path, long size);

  /** Releases connections. Does nothing where there are none. */
  @Override
  default void close() {}

  /**
   * A file of a target.
   *
   * @param path its path
   * @param size how many bytes it has
   * @param sha256 the SHA-256 of its bytes in lower-case hexadecimal, where the target knows it
   *     without reading the file
   * @param storedAt when it was stored, by the target's clock
   */
  record Stored(String path, long size, Optional<String> sha256, Instant storedAt) {}

  /** A file that is being uploaded. Used by one thread. */
  interface Upload extends AutoCloseable {

    /** Returns how many bytes of the file are stored already. The next one to write follows. */
    long offset();

    /** Adds bytes. They need not be durable before {@link #complete} returns. */
    void write(byte[] bytes, int from, int length);

    /**
     * Ends the file. It is whole and durable when this returns. Accepts and refuses a file that
     * exists as {@link BackupTarget#put} does, and refuses another number of bytes than announced.
     */
    void complete();

    /** Releases what the upload holds. Without {@link #complete} no file appears. */
    @Override
    void close();
  }
}
