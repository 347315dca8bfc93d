package io.mistersmith.persistence.core.internal.base;

import io.mistersmith.persistence.config.TlsConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.Optional;

/** Checks and reads the files of a TLS configuration. */
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

  /**
   * Returns the certificates in a PEM file, at least one.
   *
   * @throws GeneralSecurityException where there is none, or one that cannot be read
   */
  public static List<Certificate> certificates(Path file)
      throws IOException, GeneralSecurityException {
    try (InputStream in = Files.newInputStream(file)) {
      List<Certificate> found =
          List.copyOf(CertificateFactory.getInstance("X.509").generateCertificates(in));
      if (found.isEmpty()) {
        throw new GeneralSecurityException(file + " holds no certificate");
      }
      return found;
    }
  }
}
