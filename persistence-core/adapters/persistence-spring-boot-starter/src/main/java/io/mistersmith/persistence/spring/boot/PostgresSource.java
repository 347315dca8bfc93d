package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.Secret;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.util.Optional;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Where PostgreSQL is.
 *
 * @param address for the roles that have pools of this library's own
 * @param dataSource of the application, for the roles that use it
 */
record PostgresSource(DatabaseAddress address, Optional<DataSource> dataSource) {

  /** An address for configurations in which nothing connects by itself. */
  private static final DatabaseAddress UNUSED =
      DatabaseAddress.of(
          () -> "jdbc:postgresql://application.invalid/application",
          () -> "application",
          () -> null);

  /** Returns the source of a runtime over other stores, which asks no PostgreSQL. */
  static PostgresSource none() {
    return new PostgresSource(UNUSED, Optional.empty());
  }

  /**
   * Finds the source: a marked data source first, then the one that the properties ask for, the
   * address of the properties, that of the application, and last the application's data source.
   *
   * @throws NonTransientPersistenceException with {@code MISCONFIGURED} when there is none
   */
  static PostgresSource find(
      PostgresProperties properties,
      @Nullable DatabaseAddress application,
      @Nullable DataSource marked,
      Supplier<@Nullable DataSource> unmarked) {
    DatabaseAddress address = properties.url() == null ? application : own(properties);
    DataSource source = marked;
    if (source == null && (properties.useDataSource() || address == null)) {
      source = unmarked.get();
    }
    if (source != null) {
      return new PostgresSource(address == null ? UNUSED : address, Optional.of(source));
    }
    if (properties.useDataSource()) {
      throw misconfigured(
          "persistence.postgres.use-data-source is set, and there is no single DataSource; define"
              + " one, or mark one of several with @PersistenceDataSource");
    }
    if (address == null) {
      throw misconfigured(
          "no address of PostgreSQL; set persistence.postgres.url, or spring.datasource.url beside"
              + " spring-boot-starter-jdbc, or define a DataSource");
    }
    return new PostgresSource(address, Optional.empty());
  }

  private static @Nullable DatabaseAddress own(PostgresProperties properties) {
    String url = properties.url();
    return url == null
        ? null
        : DatabaseAddress.of(() -> url, properties::username, properties::password);
  }

  /** Returns a builder with address, user and password. */
  PostgresConfig.Builder config() {
    String user = address.username();
    if (user == null || user.isEmpty()) {
      throw misconfigured(
          "no user of PostgreSQL; set persistence.postgres.username beside its url, or"
              + " spring.datasource.username");
    }
    PostgresConfig.Builder postgres = PostgresConfig.builder(address.url(), user);
    String password = address.password();
    if (password != null && !password.isEmpty()) {
      postgres.password(() -> current(password));
    }
    return postgres;
  }

  private Secret current(String first) {
    String password = address.password();
    return Secret.of(password == null ? first : password);
  }

  private static NonTransientPersistenceException misconfigured(String message) {
    return new NonTransientPersistenceException(DataError.MISCONFIGURED, message);
  }
}
