package io.mistersmith.persistence.security;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;

/**
 * Master keys in files of one directory.
 *
 * @param directory the directory
 */
record KeyFiles(Path directory) implements MasterKeySource {

  @Override
  public byte[] read(String id) {
    Path file = directory.resolve(id + ".key");
    try {
      requirePrivate(file);
      return MasterKeyText.decode(
          "file " + file, Files.readString(file, StandardCharsets.ISO_8859_1));
    } catch (NoSuchFileException e) {
      throw MasterKeyText.refused("file " + file, "does not exist");
    } catch (IOException e) {
      throw new TransientPersistenceException(
          DataError.KEY_UNAVAILABLE,
          "master key file " + file + " cannot be read: " + e.getClass().getSimpleName(),
          e);
    }
  }

  private static void requirePrivate(Path file) throws IOException {
    PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
    if (view != null
        && view.readAttributes().permissions().contains(PosixFilePermission.OTHERS_READ)) {
      throw new NonTransientPersistenceException(
          DataError.UNREADABLE,
          "master key file " + file + " can be read by everybody; run chmod o-rwx on it");
    }
  }
}
