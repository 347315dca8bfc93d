package io.mistersmith.persistence.cli;

import static io.mistersmith.persistence.cli.ConnectionSetting.MIGRATION_DB_HOST;
import static io.mistersmith.persistence.cli.ConnectionSetting.MIGRATION_DB_NAME;
import static io.mistersmith.persistence.cli.ConnectionSetting.MIGRATION_DB_PASSWORD;
import static io.mistersmith.persistence.cli.ConnectionSetting.MIGRATION_DB_USER;
import static io.mistersmith.persistence.cli.ConnectionSetting.PG_APP_NAME;
import static io.mistersmith.persistence.cli.ConnectionSetting.PG_CONNECT_TIMEOUT;
import static io.mistersmith.persistence.cli.ConnectionSetting.PG_DATABASE;
import static io.mistersmith.persistence.cli.ConnectionSetting.PG_HOST;
import static io.mistersmith.persistence.cli.ConnectionSetting.PG_PASSWORD;
import static io.mistersmith.persistence.cli.ConnectionSetting.PG_PORT;
import static io.mistersmith.persistence.cli.ConnectionSetting.PG_SOCKET_PATH;
import static io.mistersmith.persistence.cli.ConnectionSetting.PG_SSL_CERT;
import static io.mistersmith.persistence.cli.ConnectionSetting.PG_SSL_KEY;
import static io.mistersmith.persistence.cli.ConnectionSetting.PG_SSL_MODE;
import static io.mistersmith.persistence.cli.ConnectionSetting.PG_SSL_ROOT_CERT;
import static io.mistersmith.persistence.cli.ConnectionSetting.PG_USER;
import static io.mistersmith.persistence.cli.ConnectionSetting.PG_USE_SOCKET;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Collectors;
import org.postgresql.ds.PGSimpleDataSource;

/** The settings of a connection by name: the environment has precedence over a file. */
final class ConnectionSettings {

  private static final List<String> MODES =
      List.of("disable", "prefer", "require", "verify-ca", "verify-full");

  private final Map<String, String> environment;
  private final Properties file;

  ConnectionSettings(Map<String, String> environment, Properties file) {
    this.environment = environment;
    this.file = file;
  }

  /** Returns a value that is set; empty or blank counts as not set. */
  Optional<String> given(ConnectionSetting name) {
    return Optional.ofNullable(environment.get(name.name()))
        .filter(value -> !value.isBlank())
        .or(() -> Optional.ofNullable(file.getProperty(name.name())))
        .filter(value -> !value.isBlank());
  }

  private String text(ConnectionSetting name) {
    return given(name).orElse(name.byDefault()).strip();
  }

  private int number(ConnectionSetting name, int most) {
    String text = text(name);
    if (!text.matches("\\d{1,9}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > most) {
      throw new IllegalArgumentException(
          name + " is '" + text + "'; give a whole number from 1 to " + most);
    }
    return Integer.parseInt(text);
  }

  /** Returns whether anything says which database is meant. */
  boolean nameDatabase() {
    return List.of(PG_HOST, PG_DATABASE, PG_USE_SOCKET, MIGRATION_DB_HOST, MIGRATION_DB_NAME)
        .stream()
        .anyMatch(name -> given(name).isPresent());
  }

  /** Returns the URL, by TCP or by a socket file. */
  String url() {
    int port = number(PG_PORT, 65_535);
    Optional<String> own = given(MIGRATION_DB_HOST);
    String hosts =
        Arrays.stream(own.orElseGet(() -> text(PG_HOST)).split(","))
            .map(String::strip)
            .map(host -> host.matches(".*[^:]:\\d+|\\[.*]:\\d+") ? host : host + ":" + port)
            .collect(Collectors.joining(","));
    boolean socket = flag(PG_USE_SOCKET) && own.isEmpty();
    return "jdbc:postgresql://%s/%s%s"
        .formatted(
            socket ? "localhost:" + port : hosts,
            given(MIGRATION_DB_NAME).orElseGet(() -> text(PG_DATABASE)),
            socket
                ? "?socketFactory=org.newsclub.net.unix.AFUNIXSocketFactory$FactoryArg"
                    + "&socketFactoryArg="
                    + text(PG_SOCKET_PATH)
                    + "/.s.PGSQL."
                    + port
                : "");
  }

  private boolean flag(ConnectionSetting name) {
    String text = text(name).toLowerCase(Locale.ROOT);
    if (!text.equals("true") && !text.equals("false")) {
      throw new IllegalArgumentException(name + " is '" + text + "'; give true or false");
    }
    return text.equals("true");
  }

  Optional<String> user() {
    return given(MIGRATION_DB_USER).or(() -> given(PG_USER));
  }

  /** Returns the migrating role's password, or that of all where it has no user of its own. */
  Optional<String> password() {
    return given(MIGRATION_DB_PASSWORD)
        .or(() -> given(MIGRATION_DB_USER).isPresent() ? Optional.empty() : given(PG_PASSWORD));
  }

  /** Gives the source what the URL does not say. */
  void apply(PGSimpleDataSource source, String url) {
    source.setConnectTimeout(number(PG_CONNECT_TIMEOUT, 86_400));
    source.setApplicationName(text(PG_APP_NAME) + "/migration");
    if (!url.matches("(?i).*[?&]ssl[a-z]*=.*")) {
      encrypt(source);
    }
  }

  private void encrypt(PGSimpleDataSource source) {
    Optional<String> root = given(PG_SSL_ROOT_CERT);
    Optional<String> certificate = given(PG_SSL_CERT);
    if (certificate.isPresent() != given(PG_SSL_KEY).isPresent()) {
      throw new IllegalArgumentException(
          "of PG_SSL_CERT and PG_SSL_KEY only one is set; set both, or none");
    }
    if (given(PG_SSL_MODE).isEmpty() && root.isEmpty() && certificate.isEmpty()) {
      return;
    }
    String mode = given(PG_SSL_MODE).orElse("verify-full").strip().toLowerCase(Locale.ROOT);
    if (!MODES.contains(mode)) {
      throw new IllegalArgumentException("PG_SSL_MODE is '" + mode + "'; use one of " + MODES);
    }
    boolean verifies = mode.startsWith("verify");
    if (root.isPresent() && !verifies) {
      throw new IllegalArgumentException(
          "PG_SSL_ROOT_CERT is set, but PG_SSL_MODE "
              + mode
              + " checks no certificate; use verify-full or verify-ca");
    }
    source.setSslMode(mode);
    root.ifPresent(source::setSslRootCert);
    if (root.isEmpty() && verifies) {
      source.setSslfactory("org.postgresql.ssl.DefaultJavaSSLFactory");
    }
    certificate.ifPresent(shown -> show(source, shown));
  }

  private void show(PGSimpleDataSource source, String certificate) {
    source.setSslCert(certificate);
    given(PG_SSL_KEY).ifPresent(source::setSslKey);
    // The driver assumes an RSA key unless the parameter names another algorithm.
    try (InputStream in = Files.newInputStream(Path.of(certificate))) {
      source.setPemKeyAlgorithm(
          CertificateFactory.getInstance("X.509")
              .generateCertificate(in)
              .getPublicKey()
              .getAlgorithm());
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "PG_SSL_CERT: " + certificate + " is no certificate in PEM that can be read", e);
    }
  }
}
