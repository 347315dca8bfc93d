package io.mistersmith.persistence.core.backup;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;

/** Types the failures of a directory. */
final class DirectoryFailures {

  private DirectoryFailures() {}

  static PersistenceException of(String what, IOException failure) {
    String message = what + " failed: " + failure;
    if (failure instanceof NoSuchFileException) {
      return new NonTransientPersistenceException(DataError.NOT_FOUND, message, failure);
    }
    if (failure instanceof AccessDeniedException) {
      return new NonTransientPersistenceException(DataError.ACCESS_DENIED, message, failure);
    }
    String reason = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
    if (reason.contains("no space left") || reason.contains("not enough space")) {
      return new NonTransientPersistenceException(DataError.STORE_FULL, message, failure);
    }
    return new TransientPersistenceException(DataError.UNAVAILABLE, message, failure);
  }

  /** Types the failure of what was to be stored. */
  static PersistenceException ofContent(String path, IOException failure) {
    return new TransientPersistenceException(
        DataError.CONNECTION_FAILED, path + " was not stored: its content failed", failure);
  }
}
