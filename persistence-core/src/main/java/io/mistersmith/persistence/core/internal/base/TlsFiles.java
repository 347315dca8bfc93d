package io.mistersmith.persistence.core.internal.base;

import io.mistersmith.persistence.config.TlsConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Checks the files of a TLS configuration before the first connection needs them. */
public final class TlsFiles {

  private TlsFiles() {}

  /**
   * Fails where a file cannot be read.
   *
   * @param store the store's name in the configuration, for the message
   */
  public static void require(String store, TlsConfig tls) {
    require(store + ".tls.rootCertificate", tls.rootCertificate());
    require(store + ".tls.clientCertificate", tls.clientCertificate());
    require(store + ".tls.clientKey", tls.clientKey());
  }

  /** Fails where the file of a setting cannot be read. */
  public static void require(String field, Optional<Path> file) {
    if (file.isPresent() && !Files.isReadable(file.get())) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          field
              + ": "
              + file.get()
              + (Files.exists(file.get())
                  ? " cannot be read by this process's user; change its rights"
                  : " does not exist; correct the path"));
    }
  }
}
