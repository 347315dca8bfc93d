package io.mistersmith.persistence.config;

import java.time.Duration;
import java.util.Optional;

/**
 * How to reach PostgreSQL. Immutable; start from {@link #of} and copy with {@code with…}. The
 * password is never printed.
 *
 * @param jdbcUrl {@code jdbc:postgresql://host:port/database}
 * @param user the role to connect as
 * @param password its password, where the server asks for one
 * @param maxConnections the pool's upper bound (seed section 5.1: 10)
 * @param minConnections how many idle connections it keeps (2)
 * @param acquireTimeout how long a caller waits for a connection (30 s)
 * @param statementTimeout how long one statement may take (30 s)
 * @param migrateOnOpen whether opening applies the bundled migrations that are missing
 * @param partitionUpkeep how often an open runtime maintains the time partitions (1 h); zero where
 *     something else does, such as pg_cron calling {@code partitions.maintain()}
 */
public record PostgresConfig(
    String jdbcUrl,
    String user,
    Optional<String> password,
    int maxConnections,
    int minConnections,
    Duration acquireTimeout,
    Duration statementTimeout,
    boolean migrateOnOpen,
    Duration partitionUpkeep) {

  /** Checks every field. */
  public PostgresConfig {
    Checks.that(
        jdbcUrl.startsWith("jdbc:postgresql:"),
        "postgres.jdbcUrl must start with jdbc:postgresql:");
    Checks.that(!user.isEmpty(), "postgres.user is empty; name the role to connect as");
    Checks.that(
        maxConnections >= 2,
        "postgres.maxConnections is "
            + maxConnections
            + "; give at least 2, one of which the flush uses");
    Checks.that(
        minConnections >= 0 && minConnections <= maxConnections,
        "postgres.minConnections is " + minConnections + "; use 0 to maxConnections");
    Checks.positive("postgres.acquireTimeout", acquireTimeout);
    Checks.positive("postgres.statementTimeout", statementTimeout);
    Checks.that(
        !partitionUpkeep.isNegative(),
        "postgres.partitionUpkeep is negative; give how often, or zero for never");
  }

  /** The defaults of the seeds, and no migration at open. */
  public static PostgresConfig of(String jdbcUrl, String user) {
    return new PostgresConfig(
        jdbcUrl,
        user,
        Optional.empty(),
        10,
        2,
        Duration.ofSeconds(30),
        Duration.ofSeconds(30),
        false,
        Duration.ofHours(1));
  }

  /** This configuration with a password. */
  public PostgresConfig withPassword(String newPassword) {
    return new PostgresConfig(
        jdbcUrl,
        user,
        Optional.of(newPassword),
        maxConnections,
        minConnections,
        acquireTimeout,
        statementTimeout,
        migrateOnOpen,
        partitionUpkeep);
  }

  /** This configuration with another size of the pool. */
  public PostgresConfig withConnections(int min, int max) {
    return new PostgresConfig(
        jdbcUrl,
        user,
        password,
        max,
        min,
        acquireTimeout,
        statementTimeout,
        migrateOnOpen,
        partitionUpkeep);
  }

  /** This configuration with other deadlines. */
  public PostgresConfig withTimeouts(Duration acquire, Duration statement) {
    return new PostgresConfig(
        jdbcUrl,
        user,
        password,
        maxConnections,
        minConnections,
        acquire,
        statement,
        migrateOnOpen,
        partitionUpkeep);
  }

  /** This configuration, applying or not applying the bundled migrations at open. */
  public PostgresConfig withMigrateOnOpen(boolean migrate) {
    return new PostgresConfig(
        jdbcUrl,
        user,
        password,
        maxConnections,
        minConnections,
        acquireTimeout,
        statementTimeout,
        migrate,
        partitionUpkeep);
  }

  /** This configuration, maintaining the time partitions this often, or never if zero. */
  public PostgresConfig withPartitionUpkeep(Duration every) {
    return new PostgresConfig(
        jdbcUrl,
        user,
        password,
        maxConnections,
        minConnections,
        acquireTimeout,
        statementTimeout,
        migrateOnOpen,
        every);
  }

  @Override
  public String toString() {
    return "PostgresConfig[jdbcUrl="
        + jdbcUrl.replaceAll("(?i)(password=)[^&]*", "$1***")
        + ", user="
        + user
        + ", connections="
        + minConnections
        + ".."
        + maxConnections
        + "]";
  }
}
