package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes a file that is whole or not there: under another name first, synced, and renamed. */
final class DurableFile {

  private static final Logger LOG = LoggerFactory.getLogger(DurableFile.class);

  private DurableFile() {}

  /**
   * Writes a file, which replaces one of its name.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when the content fails or the
   *     disk does; the file is as before then
   */
  static void write(Path file, IoConsumer<OutputStream> content) {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try {
      try (FileChannel channel =
          FileChannel.open(
              part,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
        content.accept(out);
        out.flush();
        channel.force(true);
      }
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (DamagedFileException e) {
      throw new NonTransientPersistenceException(
          DataError.DATA_CORRUPTION,
          "was not written to " + file + ": " + e.getMessage() + "; the stored file is damaged",
          e);
    } catch (IOException e) {
      throw new TransientPersistenceException(
          DataError.UNAVAILABLE, file + " could not be written: " + e, e);
    } finally {
      discard(part);
    }
  }

  private static void discard(Path part) {
    try {
      Files.deleteIfExists(part);
    } catch (IOException e) {
      // It is no file that anybody reads, and the next attempt writes over it.
      LOG.debug("{} could not be deleted", part, e);
    }
  }
}
