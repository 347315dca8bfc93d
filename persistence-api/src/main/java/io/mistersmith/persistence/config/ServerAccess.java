package io.mistersmith.persistence.config;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * How a role gets to its server.
 *
 * @param jdbcUrl the server and the database
 * @param user the user
 * @param shared the source of the password that all roles without a user of their own have
 * @param own the source of the role's own password
 * @param tls encryption; empty where the URL or the driver decides
 * @param connectTimeout how long connecting may take
 */
record ServerAccess(
    String jdbcUrl,
    String user,
    Optional<Supplier<Secret>> shared,
    Optional<Supplier<Secret>> own,
    Optional<TlsConfig> tls,
    Duration connectTimeout) {

  static ServerAccess of(String jdbcUrl, String user, Optional<Supplier<Secret>> shared) {
    return new ServerAccess(
        jdbcUrl, user, shared, Optional.empty(), Optional.empty(), Duration.ofSeconds(10));
  }

  /** Asks the source of the password. */
  Optional<Secret> password() {
    return own.or(() -> shared).map(source -> Secret.from("postgres.password", source));
  }

  ServerAccess at(String url) {
    return new ServerAccess(url, user, shared, own, tls, connectTimeout);
  }

  /** Another user, for whom the shared password is none. */
  ServerAccess as(String other) {
    return new ServerAccess(jdbcUrl, other, Optional.empty(), own, tls, connectTimeout);
  }

  ServerAccess with(Supplier<Secret> password) {
    return new ServerAccess(jdbcUrl, user, shared, Optional.of(password), tls, connectTimeout);
  }

  ServerAccess with(TlsConfig encryption) {
    return new ServerAccess(jdbcUrl, user, shared, own, Optional.of(encryption), connectTimeout);
  }

  ServerAccess with(Duration timeout) {
    return new ServerAccess(jdbcUrl, user, shared, own, tls, timeout);
  }

  /** Fails where two places say how to encrypt: the driver would go by the URL alone. */
  ServerAccess checked() {
    Checks.that(
        tls.isEmpty() || !JdbcUrl.mentionsTls(jdbcUrl),
        "postgres.tls is given, and the URL "
            + JdbcUrl.printed(jdbcUrl)
            + " has parameters that begin with ssl; take them out of the URL");
    return this;
  }
}
