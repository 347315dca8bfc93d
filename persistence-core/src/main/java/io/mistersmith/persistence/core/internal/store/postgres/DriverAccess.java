package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.config.RoleConfig;
import io.mistersmith.persistence.config.Secret;
import io.mistersmith.persistence.config.TlsConfig;
import io.mistersmith.persistence.core.internal.base.TlsFiles;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;
import org.postgresql.ssl.DefaultJavaSSLFactory;

/**
 * What the driver has to know of a role beside its URL: the password as it is now, and TLS. The
 * driver reads the files of certificates for each connection.
 */
final class DriverAccess {

  private DriverAccess() {}

  /**
   * Fails where no connection could ever be made.
   *
   * @throws PersistenceException MISCONFIGURED, with the field, when a file or a class is missing
   */
  static void require(RoleConfig role) {
    role.tls().ifPresent(DriverAccess::require);
    Properties url = Driver.parseURL(role.jdbcUrl(), null);
    String factory = url == null ? null : PGProperty.SOCKET_FACTORY.getOrDefault(url);
    if (factory != null && !isPresent(factory)) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          "postgres.jdbcUrl has the socketFactory "
              + factory
              + ", which is not on the class path"
              + (factory.startsWith("org.newsclub.net.unix")
                  ? "; add com.kohlschutter.junixsocket:junixsocket-core"
                  : ""));
    }
  }

  private static void require(TlsConfig tls) {
    TlsFiles.require("postgres", tls);
    if (tls.clientCertificate().isPresent() && trustsJdk(tls)) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          "postgres.tls has a clientCertificate and no rootCertificate, which the driver cannot"
              + " do; name the file with the server's authority as rootCertificate");
    }
  }

  private static boolean trustsJdk(TlsConfig tls) {
    return tls.mode().verifies() && tls.rootCertificate().isEmpty();
  }

  /** The driver looks for it by these two class loaders. */
  private static boolean isPresent(String name) {
    return isPresent(name, Driver.class.getClassLoader())
        || isPresent(name, Thread.currentThread().getContextClassLoader());
  }

  private static boolean isPresent(String name, @Nullable ClassLoader loader) {
    try {
      Class<?> unused = Class.forName(name, false, loader);
      return true;
    } catch (ClassNotFoundException e) {
      return false; // that is what was asked
    }
  }

  /** Asks for the password. */
  static Optional<String> password(RoleConfig role) {
    try {
      return role.password().map(Secret::reveal);
    } catch (RuntimeException e) {
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED,
          "postgres.password of " + role.user() + ": the supplier failed; it is asked again",
          e);
    }
  }

  /** Returns the parameters of the driver for TLS; none where the URL says it. */
  static Map<String, String> tls(RoleConfig role) {
    Map<String, String> parameters = new LinkedHashMap<>();
    role.tls().ifPresent(tls -> add(parameters, tls));
    return parameters;
  }

  private static void add(Map<String, String> parameters, TlsConfig tls) {
    String mode = tls.mode().name().toLowerCase(Locale.ROOT).replace('_', '-');
    parameters.put(PGProperty.SSL_MODE.getName(), mode);
    if (trustsJdk(tls)) {
      parameters.put(PGProperty.SSL_FACTORY.getName(), DefaultJavaSSLFactory.class.getName());
    }
    tls.rootCertificate()
        .ifPresent(file -> parameters.put(PGProperty.SSL_ROOT_CERT.getName(), file.toString()));
    tls.clientCertificate()
        .ifPresent(
            file -> {
              parameters.put(PGProperty.SSL_CERT.getName(), file.toString());
              parameters.put(PGProperty.PEM_KEY_ALGORITHM.getName(), algorithm(file));
            });
    tls.clientKey()
        .ifPresent(file -> parameters.put(PGProperty.SSL_KEY.getName(), file.toString()));
  }

  /** The driver assumes an RSA key unless the parameter names another algorithm. */
  private static String algorithm(Path certificate) {
    try {
      return TlsFiles.certificates(certificate).get(0).getPublicKey().getAlgorithm();
    } catch (IOException | GeneralSecurityException e) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          "postgres.tls.clientCertificate: " + certificate + " is no certificate in PEM",
          e);
    }
  }

  /** Returns everything for a connection that belongs to no pool. */
  static Properties properties(RoleConfig role) {
    Properties properties = new Properties();
    properties.setProperty("user", role.user());
    password(role).ifPresent(password -> properties.setProperty("password", password));
    tls(role).forEach(properties::setProperty);
    return properties;
  }
}
