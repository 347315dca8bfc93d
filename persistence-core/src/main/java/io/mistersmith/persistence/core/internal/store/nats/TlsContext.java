package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.TlsConfig;
import io.mistersmith.persistence.config.TlsConfig.Mode;
import io.mistersmith.persistence.core.internal.base.TlsFiles;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Makes the TLS context of one connection from the files as they are now. */
final class TlsContext {

  private static final char[] NO_PASSWORD = {};
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");

  private TlsContext() {}

  /**
   * Returns the context.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException MISCONFIGURED where a file cannot
   *     be read, or holds something else
   */
  static SSLContext of(TlsConfig tls) {
    TlsFiles.require("nats", tls);
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys(tls), trust(tls), null);
      return tls.mode() == Mode.VERIFY_FULL ? HostCheckingContext.of(context) : context;
    } catch (IOException | GeneralSecurityException e) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          "nats.tls: "
              + e.getMessage()
              + "; the certificates must be PEM, and the key PKCS#8 in PEM without a password",
          e);
    }
  }

  private static KeyManager @Nullable [] keys(TlsConfig tls)
      throws IOException, GeneralSecurityException {
    if (tls.clientCertificate().isEmpty()) {
      return null;
    }
    Certificate[] chain =
        TlsFiles.certificates(tls.clientCertificate().get()).toArray(Certificate[]::new);
    String algorithm = chain[0].getPublicKey().getAlgorithm();
    KeyStore store = emptyStore();
    store.setKeyEntry("client", key(tls.clientKey().orElseThrow(), algorithm), NO_PASSWORD, chain);
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, NO_PASSWORD);
    return factory.getKeyManagers();
  }

  private static TrustManager[] trust(TlsConfig tls) throws IOException, GeneralSecurityException {
    if (!tls.mode().verifies()) {
      return new TrustManager[] {new AnyServer()};
    }
    KeyStore authorities = null;
    if (tls.rootCertificate().isPresent()) {
      authorities = emptyStore();
      for (Certificate root : TlsFiles.certificates(tls.rootCertificate().get())) {
        authorities.setCertificateEntry("root-" + authorities.size(), root);
      }
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(authorities);
    return factory.getTrustManagers();
  }

  private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static PrivateKey key(Path file, String algorithm)
      throws IOException, GeneralSecurityException {
    Matcher key = KEY.matcher(Files.readString(file, StandardCharsets.US_ASCII));
    if (!key.find()) {
      throw new GeneralSecurityException(
          file + " holds no 'BEGIN PRIVATE KEY'; convert it with openssl pkcs8 -topk8 -nocrypt");
    }
    byte[] encoded = Base64.getMimeDecoder().decode(key.group(1));
    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
  }
}
