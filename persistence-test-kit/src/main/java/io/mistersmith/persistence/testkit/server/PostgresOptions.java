package io.mistersmith.persistence.testkit.server;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a PostgreSQL server is to be started. Unless the settings say otherwise, fsync,
 * synchronous_commit and full_page_writes are on, transactions can be prepared, and 300 connections
 * opened: each runtime of a test has pools of its own.
 *
 * @param majorVersion 15, 16, 17 or 18
 * @param port the TCP port on the loopback interface, or 0 for a free one
 * @param serverSettings settings of postgresql.conf by name, as PostgreSQL writes them
 * @param pgvector whether the extension pgvector can be created; PostgreSQL 15 alone
 * @param accessRules the lines of pg_hba.conf; without any everybody on this machine is trusted
 */
public record PostgresOptions(
    int majorVersion,
    int port,
    Map<String, String> serverSettings,
    boolean pgvector,
    List<String> accessRules) {

  private static final String VERSION_PROPERTY = "persistence.test.postgres";

  /**
   * @throws IllegalArgumentException when a value is out of its range
   */
  public PostgresOptions {
    if (majorVersion < 15 || majorVersion > 18) {
      throw new IllegalArgumentException(
          "majorVersion is " + majorVersion + ": use one of 15, 16, 17, 18");
    }
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException(
          "port is " + port + ": use 1 to 65535, or 0 for a free one");
    }
    if (pgvector && majorVersion != PgvectorBuild.MAJOR_VERSION) {
      throw new IllegalArgumentException(
          "pgvector is built for PostgreSQL "
              + PgvectorBuild.MAJOR_VERSION
              + " alone: use that majorVersion");
    }
    serverSettings.forEach(
        (name, value) -> {
          if (!name.matches("[A-Za-z_][A-Za-z0-9_.]*")) {
            throw new IllegalArgumentException(
                "serverSettings has the name '" + name + "', which is no setting's name");
          }
        });
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("fsync", "on");
    settings.put("synchronous_commit", "on");
    settings.put("full_page_writes", "on");
    settings.put("max_prepared_transactions", "20");
    settings.put("max_connections", "300");
    settings.putAll(serverSettings);
    serverSettings = Map.copyOf(settings);
    accessRules = List.copyOf(accessRules);
  }

  /**
   * The version that the system property {@code persistence.test.postgres} names (18 without it), a
   * free port, durable settings.
   *
   * @throws IllegalArgumentException when the property holds something else than 15, 16, 17 or 18
   */
  public static PostgresOptions defaults() {
    String version = System.getProperty(VERSION_PROPERTY, "18");
    if (!version.matches("[0-9]{1,3}")) {
      throw new IllegalArgumentException(
          VERSION_PROPERTY + " is '" + version + "': use one of 15, 16, 17, 18");
    }
    return new PostgresOptions(Integer.parseInt(version), 0, Map.of(), false, List.of());
  }

  /** These options with another major version. */
  public PostgresOptions withMajorVersion(int newMajorVersion) {
    return new PostgresOptions(newMajorVersion, port, serverSettings, pgvector, accessRules);
  }

  /**
   * PostgreSQL 15 with pgvector. The extension is compiled into the server cache once, from the
   * distribution's sources, which needs Debian's apt and gcc.
   */
  public PostgresOptions withPgvector() {
    return new PostgresOptions(
        PgvectorBuild.MAJOR_VERSION, port, serverSettings, true, accessRules);
  }

  /**
   * These options without fsync, synchronous commits and full page writes: for tests of neither
   * durability nor speed. A killed server may not start again.
   */
  public PostgresOptions withoutSync() {
    return withServerSetting("fsync", "off")
        .withServerSetting("synchronous_commit", "off")
        .withServerSetting("full_page_writes", "off");
  }

  /** These options with another port; 0 takes a free one. */
  public PostgresOptions withPort(int newPort) {
    return new PostgresOptions(majorVersion, newPort, serverSettings, pgvector, accessRules);
  }

  /** These options with one more server setting; a setting of the same name is replaced. */
  public PostgresOptions withServerSetting(String name, String value) {
    Map<String, String> settings = new LinkedHashMap<>(serverSettings);
    settings.put(name, value);
    return new PostgresOptions(majorVersion, port, settings, pgvector, accessRules);
  }

  /** These options with exactly these server settings besides the durable ones. */
  public PostgresOptions withServerSettings(Map<String, String> settings) {
    return new PostgresOptions(majorVersion, port, settings, pgvector, accessRules);
  }

  /**
   * These options with the access rules of pg_hba.conf in place of those before, such as {@code
   * hostssl all agents 127.0.0.1/32 cert}. Leave the superuser a rule that lets it in over {@code
   * host … 127.0.0.1/32}.
   */
  public PostgresOptions withAccessRules(String... lines) {
    return new PostgresOptions(majorVersion, port, serverSettings, pgvector, List.of(lines));
  }

  /**
   * These options with encrypted connections, beside plain ones.
   *
   * @param server what the server shows; its files are read again by {@link PostgresServer#reload}
   * @param clients the certificate of the authority of clients that show one
   */
  public PostgresOptions withTls(CertificateAuthority.Issued server, Path clients) {
    return withServerSetting("ssl", "on")
        .withServerSetting("ssl_cert_file", server.certificate().toString())
        .withServerSetting("ssl_key_file", server.key().toString())
        .withServerSetting("ssl_ca_file", clients.toString());
  }

  /** These options with a socket file in an existing directory, beside the TCP port. */
  public PostgresOptions withUnixSocket(Path directory) {
    return withServerSetting("unix_socket_directories", directory.toString());
  }
}
