package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.config.TlsConfig;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How connections are encrypted.
 *
 * @param mode How much is checked of the server. Without it the URL decides.
 * @param rootCertificate PEM file with the authorities that are trusted. By default those of the
 *     JDK.
 * @param clientCertificate PEM file with the certificate that is shown to the server.
 * @param clientKey PEM file with the key of the client's certificate, in PKCS#8.
 */
record TlsProperties(
    TlsConfig.@Nullable Mode mode,
    @Nullable Path rootCertificate,
    @Nullable Path clientCertificate,
    @Nullable Path clientKey) {

  Optional<TlsConfig> config() {
    if (mode == null) {
      if (rootCertificate != null || clientCertificate != null || clientKey != null) {
        throw new IllegalArgumentException(
            "a file of TLS is given without tls.mode; set it to verify-full");
      }
      return Optional.empty();
    }
    TlsConfig.Builder tls = TlsConfig.builder(mode);
    if (rootCertificate != null) {
      tls.rootCertificate(rootCertificate);
    }
    if (clientCertificate != null && clientKey != null) {
      tls.clientCertificate(clientCertificate, clientKey);
    } else if (clientCertificate != null || clientKey != null) {
      throw new IllegalArgumentException("give tls.client-certificate and tls.client-key together");
    }
    return Optional.of(tls.build());
  }
}
