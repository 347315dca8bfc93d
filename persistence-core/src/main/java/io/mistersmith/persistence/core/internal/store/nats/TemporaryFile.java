package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that is written, then read, and goes with this. Only its owner can read it. Its failures
 * are typed, to be told from those of what is copied. Used by one thread.
 */
final class TemporaryFile implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(TemporaryFile.class);
  private static final int BUFFER = 256 * 1024;

  private final String what;
  private final Path path;
  private final OutputStream out;

  private TemporaryFile(String what, Path path, OutputStream out) {
    this.what = what;
    this.path = path;
    this.out = out;
  }

  /**
   * Makes a file.
   *
   * @param what what it is for, as it begins the message of a failure
   */
  static TemporaryFile create(String what) {
    try {
      Path path = Files.createTempFile("persistence-stream-", ".part");
      return new TemporaryFile(
          what, path, new BufferedOutputStream(Files.newOutputStream(path), BUFFER));
    } catch (IOException e) {
      throw failed(what, e);
    }
  }

  void write(byte[] bytes, int length) {
    try {
      out.write(bytes, 0, length);
    } catch (IOException e) {
      throw failed(what, e);
    }
  }

  /** Writes all that the stream has; fails as reading it fails. */
  void fill(InputStream content) throws IOException {
    byte[] buffer = new byte[BUFFER];
    int read = content.read(buffer);
    while (read >= 0) {
      write(buffer, read);
      read = content.read(buffer);
    }
  }

  /** Opens the file, to which nothing is written any more. */
  InputStream open() {
    try {
      out.close();
      return Files.newInputStream(path);
    } catch (IOException e) {
      throw failed(what, e);
    }
  }

  private static TransientPersistenceException failed(String what, IOException e) {
    return new TransientPersistenceException(
        DataError.UNAVAILABLE,
        what + ": its temporary file fails; make room where java.io.tmpdir is",
        e);
  }

  @Override
  public void close() {
    try {
      out.close();
    } catch (IOException e) {
      log.debug("The temporary file {} was not written to its end", path, e);
    }
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      log.warn("The temporary file {} could not be deleted: {}", path, e.getMessage());
    }
  }
}
