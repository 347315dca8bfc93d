package io.mistersmith.persistence.config;

import io.mistersmith.persistence.config.PostgresConfig.Pooler;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.PoolSizing;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * The connections of one {@link PostgresRole}: server and user, the size and the times of the pool,
 * and the settings of its sessions. Immutable; {@link PostgresConfig.Builder#role} changes one.
 *
 * <p>A connection that was not used for half a second is tested before it is given to a call, in
 * all roles: HikariCP cannot leave that out for one pool.
 */
public final class RoleConfig {

  private final Builder values;

  private RoleConfig(Builder values) {
    this.values = values;
  }

  static Builder builder(PostgresRole role, ServerAccess access) {
    return new Builder(role, access);
  }

  /** Returns a builder that starts from this configuration. */
  public Builder toBuilder() {
    return new Builder(values);
  }

  /** Returns the URL of the role's server and database. */
  public String jdbcUrl() {
    return values.access.jdbcUrl();
  }

  /** Returns the role of the database to connect as. */
  public String user() {
    return values.access.user();
  }

  /**
   * Returns the password of {@link #user}; empty where the server asks for none. Each call asks the
   * supplier, where there is one.
   */
  public Optional<Secret> password() {
    return values.access.password();
  }

  /** Returns how connections are encrypted; empty where the URL says it, or else the driver. */
  public Optional<TlsConfig> tls() {
    return values.access.tls();
  }

  /** Returns how long connecting may take (10 s); a call that waits for less fails before. */
  public Duration connectTimeout() {
    return values.access.connectTimeout();
  }

  /** Returns how many idle connections the pool keeps. */
  public int minConnections() {
    return values.pool.min();
  }

  /** Returns how many connections the pool has at most, until it is resized. */
  public int maxConnections() {
    return values.pool.max();
  }

  /** Returns the bounds within which the pool resizes itself; empty where it does not. */
  public Optional<PoolSizing.Bounds> automaticSize() {
    return values.pool.automatic();
  }

  /**
   * Returns how long a call waits for a connection. For replicas it is 2 s rather than 20 s: a read
   * that gets none goes to the primary, so that a longer wait only delays it.
   */
  public Duration acquireTimeout() {
    return values.pool.acquire();
  }

  /** Returns after how long a connection is closed, beyond the {@link #minConnections} kept. */
  public Duration idleTimeout() {
    return values.pool.idle();
  }

  /** Returns after how long a connection is replaced by another one. */
  public Duration maxLifetime() {
    return values.pool.lifetime();
  }

  /** Returns how long one statement may take. The server ends it then. */
  public Duration statementTimeout() {
    return values.times.statement();
  }

  /**
   * Returns how long a statement waits for a lock: 10 s. For the flush it is a quarter of the
   * statement's time and at most 5 s, so that a locked row does not use up the time of its batch.
   */
  public Duration lockTimeout() {
    return values.times.lockOf(values.role);
  }

  /**
   * Returns how long a transaction may do nothing before the server ends it: 60 s for replicas and
   * analytics. Elsewhere it is as long as a statement, and at most 10 s: a process that was
   * suspended in the middle of a transaction would keep the flush waiting for its locks.
   */
  public Duration idleInTransactionTimeout() {
    return values.times.idleInTransactionOf(values.role);
  }

  /**
   * Returns what the server's views show the connections as; empty for the name of the runtime, a
   * slash and the role, which tells pools and runtimes apart where one name for all would not.
   */
  public Optional<String> applicationName() {
    return values.applicationName;
  }

  /** Returns what is between the pool and its server ({@code NONE}). */
  public Pooler pooler() {
    return values.pooler;
  }

  /** Returns further settings of PostgreSQL for each session, by name. */
  public Map<String, String> settings() {
    return Collections.unmodifiableMap(values.settings);
  }

  /**
   * Returns of how many statements a connection keeps the server's plan (256); 0 where none is
   * prepared on the server. It is the driver's default rather than 100, as the library alone has
   * nearly 100 statements, and a statement that falls out is parsed again each time.
   */
  public int statementCache() {
    return values.statementCache;
  }

  /** Returns from which duration on a statement is logged as slow (100 ms); zero where none is. */
  public Duration slowStatement() {
    return values.slowStatement;
  }

  /**
   * Returns how long a connection may be in use before the log says which code holds it; zero where
   * it does not. It is twice the {@link #statementTimeout}, and at least 10 s: a shorter time would
   * report calls that only wait for the server.
   */
  public Duration leakDetection() {
    return values.times.leakWithin(values.pool.lifetime());
  }

  /** Prints where the role connects to, as who, and how. */
  @Override
  public String toString() {
    String tls = tls().map(encryption -> ", tls=" + encryption).orElse("");
    return "RoleConfig[" + JdbcUrl.printed(jdbcUrl()) + ", user=" + user() + tls + "]";
  }

  /** Collects a configuration, and checks each value as it is given. Not thread-safe. */
  public static final class Builder {

    private final PostgresRole role;
    private ServerAccess access;
    private PoolShape pool = PoolShape.DEFAULT;
    private SessionTimes times = SessionTimes.DEFAULT;
    private Optional<String> applicationName = Optional.empty();
    private Pooler pooler = Pooler.NONE;
    private final Map<String, String> settings = new TreeMap<>();
    private int statementCache = 256;
    private Duration slowStatement = Duration.ofMillis(100);

    private Builder(PostgresRole role, ServerAccess access) {
      this.role = role;
      this.access = access;
    }

    private Builder(Builder other) {
      this(other.role, other.access);
      this.pool = other.pool;
      this.times = other.times;
      this.applicationName = other.applicationName;
      this.pooler = other.pooler;
      this.settings.putAll(other.settings);
      this.statementCache = other.statementCache;
      this.slowStatement = other.slowStatement;
    }

    /** See {@link RoleConfig#jdbcUrl()}. */
    public Builder jdbcUrl(String value) {
      this.access = access.at(JdbcUrl.checked(value));
      return this;
    }

    /**
     * Sets another {@code host} or {@code host:port} in the URL; several with commas. For {@code
     * REPLICA} and {@code ANALYTICS} it may be a standby, whatever {@code targetServerType} the
     * common URL asks for.
     */
    public Builder host(String value) {
      String url = JdbcUrl.withHosts(access.jdbcUrl(), value);
      boolean mayBeStandby = role == PostgresRole.REPLICA || role == PostgresRole.ANALYTICS;
      this.access = access.at(mayBeStandby ? JdbcUrl.withoutTarget(url) : url);
      return this;
    }

    /** Sets another database in the URL. */
    public Builder database(String value) {
      this.access = access.at(JdbcUrl.withDatabase(access.jdbcUrl(), value));
      return this;
    }

    /** Sets the role's own user, for whom the server asks no password unless one is given. */
    public Builder user(String value) {
      this.access = access.as(PostgresConfig.checkedUser(value));
      return this;
    }

    /** Sets a source that each new connection asks for the password, as for a token that ends. */
    public Builder password(Supplier<Secret> source) {
      this.access = access.with(source);
      return this;
    }

    /** See {@link RoleConfig#password()}. */
    public Builder password(Secret value) {
      return password(() -> value);
    }

    /** See {@link RoleConfig#password()}. */
    public Builder password(String value) {
      return password(Secret.of(value));
    }

    /** See {@link RoleConfig#tls()}. */
    public Builder tls(TlsConfig value) {
      this.access = access.with(value);
      return this;
    }

    /** See {@link RoleConfig#connectTimeout()}; at least 1 s, as the driver counts in seconds. */
    public Builder connectTimeout(Duration value) {
      this.access = access.with(atLeast("connectTimeout", value, Duration.ofSeconds(1)));
      return this;
    }

    /** Sets how many connections the pool keeps idle, and how many it has at most. */
    public Builder connections(int min, int max) {
      this.pool = pool.withConnections(min, max);
      return this;
    }

    /** Sets the size of the pool as advised. */
    public Builder connections(PoolSizing.Advice advice) {
      return connections(advice.minConnections(), advice.maxConnections());
    }

    /**
     * Lets the pool resize itself by its load, within these bounds. Off by default, since only the
     * operator knows how many connections the server has left.
     */
    public Builder automaticSize(int least, int most) {
      this.pool = pool.within(new PoolSizing.Bounds(least, most));
      return this;
    }

    /** See {@link RoleConfig#acquireTimeout()}. */
    public Builder acquireTimeout(Duration value) {
      this.pool = pool.withAcquire(value);
      return this;
    }

    Builder acquireAtMost(Duration most) {
      return acquireTimeout(SessionTimes.shorter(pool.acquire(), most));
    }

    /** See {@link RoleConfig#idleTimeout()}; at least 10 s. */
    public Builder idleTimeout(Duration value) {
      this.pool = pool.withIdle(atLeast("idleTimeout", value, Duration.ofSeconds(10)));
      return this;
    }

    /** See {@link RoleConfig#maxLifetime()}; at least 30 s, and more than the idle timeout. */
    public Builder maxLifetime(Duration value) {
      this.pool = pool.withLifetime(atLeast("maxLifetime", value, Duration.ofSeconds(30)));
      return this;
    }

    /** See {@link RoleConfig#statementTimeout()}. */
    public Builder statementTimeout(Duration value) {
      this.times = times.withStatement(value);
      return this;
    }

    /** See {@link RoleConfig#lockTimeout()}. */
    public Builder lockTimeout(Duration value) {
      this.times = times.withLock(value);
      return this;
    }

    /** See {@link RoleConfig#idleInTransactionTimeout()}. */
    public Builder idleInTransactionTimeout(Duration value) {
      this.times = times.withIdleInTransaction(value);
      return this;
    }

    /** See {@link RoleConfig#applicationName()}; 1 to 63 printable ASCII characters. */
    public Builder applicationName(String value) {
      Checks.that(
          value.matches("[ -~]{1,63}"),
          "postgres.applicationName is '" + value + "'; use 1 to 63 printable ASCII characters");
      this.applicationName = Optional.of(value);
      return this;
    }

    /** See {@link RoleConfig#pooler()}. MIGRATION must not go through one of transactions. */
    public Builder pooler(Pooler value) {
      this.pooler = value;
      return this;
    }

    /**
     * Sets a setting of PostgreSQL in each session, such as {@code work_mem} to {@code 64MB}.
     *
     * @throws IllegalArgumentException where it has a method of its own here, or where the library
     *     needs another value
     */
    public Builder setting(String name, String value) {
      settings.put(SessionSettings.checked(name, value), value);
      return this;
    }

    /** Calls {@link #setting} for each entry. */
    public Builder settings(Map<String, String> values) {
      values.forEach(this::setting);
      return this;
    }

    /** See {@link RoleConfig#statementCache()}. */
    public Builder statementCache(int value) {
      Checks.that(value >= 0, "postgres.statementCache is " + value + "; give 0 or more");
      this.statementCache = value;
      return this;
    }

    /** See {@link RoleConfig#slowStatement()}. */
    public Builder slowStatement(Duration value) {
      this.slowStatement = atLeast("slowStatement", value, Duration.ZERO);
      return this;
    }

    /** See {@link RoleConfig#leakDetection()}; at least 2 s, or zero for none. */
    public Builder leakDetection(Duration value) {
      this.times =
          times.withLeak(
              value.isZero() ? value : atLeast("leakDetection", value, Duration.ofSeconds(2)));
      return this;
    }

    private static Duration atLeast(String field, Duration value, Duration least) {
      Checks.that(
          value.compareTo(least) >= 0,
          "postgres." + field + " is " + value + "; give at least " + least);
      return value;
    }

    /** Returns the configuration. */
    RoleConfig build() {
      this.pool = pool.checked();
      this.access = access.checked();
      if (pooler == Pooler.TRANSACTION && role != PostgresRole.MIGRATION) {
        JdbcUrl.checkPooled(access.jdbcUrl());
      }
      return new RoleConfig(new Builder(this));
    }
  }
}
