package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.core.internal.backup.BackupReader;
import io.mistersmith.persistence.core.internal.backup.BackupWriter;
import io.mistersmith.persistence.core.internal.backup.IoConsumer;
import io.mistersmith.persistence.core.internal.base.Digests;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The files of a backup in memory, read and written as those of a target are. */
final class BackupFiles implements BackupWriter, BackupReader {

  private final Map<String, byte[]> files = new ConcurrentHashMap<>();
  private final Map<String, StoredFile> written = new ConcurrentHashMap<>();
  private volatile String failing = "";

  /** The next write of this file fails. */
  void failOnce(String path) {
    failing = path;
  }

  /** Flips the last byte of a file. */
  void damage(StoredFile file) {
    byte[] bytes = bytes(file).clone();
    int last = bytes.length - 1;
    bytes[last] = (byte) (bytes[last] ^ 1);
    files.put(file.path(), bytes);
  }

  byte[] bytes(StoredFile file) {
    byte[] bytes = files.get(file.path());
    if (bytes == null) {
      throw new NonTransientPersistenceException(
          DataError.NOT_FOUND, file.path() + " does not exist");
    }
    return bytes;
  }

  @Override
  public StoredFile write(String path, IoConsumer<OutputStream> content) {
    StoredFile known = written.get(path);
    if (known != null) {
      return known;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      content.accept(out);
    } catch (IOException e) {
      throw new TransientPersistenceException(DataError.CONNECTION_FAILED, path, e);
    }
    if (path.equals(failing)) {
      failing = "";
      throw new TransientPersistenceException(DataError.UNAVAILABLE, path + " fails once");
    }
    byte[] bytes = out.toByteArray();
    StoredFile file = new StoredFile("backups/x/" + path, bytes.length, Digests.sha256Hex(bytes));
    files.put(file.path(), bytes);
    written.put(path, file);
    return file;
  }

  @Override
  public void read(StoredFile file, IoConsumer<InputStream> use) throws IOException {
    use.accept(open(file));
  }

  /** Fails at the end of a file that is not as it was written. */
  private InputStream open(StoredFile file) {
    byte[] bytes = bytes(file);
    boolean whole = Digests.sha256Hex(bytes).equals(file.sha256());
    return new InputStream() {
      private final InputStream in = new ByteArrayInputStream(bytes);

      @Override
      public int read() throws IOException {
        return checked(in.read());
      }

      @Override
      public int read(byte[] into, int from, int length) throws IOException {
        return checked(in.read(into, from, length));
      }

      private int checked(int read) throws IOException {
        if (read < 0 && !whole) {
          throw new IOException(file.path() + " has another checksum");
        }
        return read;
      }
    };
  }

  /** Returns how many files were written. */
  int count() {
    return written.size();
  }
}
