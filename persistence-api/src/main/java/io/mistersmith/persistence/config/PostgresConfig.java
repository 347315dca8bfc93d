package io.mistersmith.persistence.config;

import io.mistersmith.persistence.model.PostgresRole;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Says how to reach PostgreSQL. Immutable; {@link #builder} makes one and {@link #toBuilder} a
 * changed copy. No password is ever printed.
 */
public final class PostgresConfig {

  /**
   * Sizes and times of all pools, for an environment; docs/connections.md has them as a table. The
   * flush has two connections in each: it uses one for its batches, and one for its position.
   */
  public enum Template {
    /** For one runtime of some agents: callers have 2 to 10 connections and wait 30 s for one. */
    STANDARD(Optional.empty()),
    /**
     * For a developer's machine: callers have 1 to 5 connections; no call waits over 10 s for one.
     */
    DEVELOPMENT(Optional.of(Duration.ofSeconds(10))),
    /**
     * For tests of a whole system: callers have 2 to 10 connections; no call waits over 20 s for
     * one.
     */
    STAGING(Optional.of(Duration.ofSeconds(20))),
    /** For production: callers have 5 to 20 connections, and wait 30 s for one. */
    PRODUCTION(Optional.empty());

    private final Optional<Duration> acquireTimeout;

    Template(Optional<Duration> acquireTimeout) {
      this.acquireTimeout = acquireTimeout;
    }

    /** The longest time that any role waits for a connection. */
    Optional<Duration> acquireTimeout() {
      return acquireTimeout;
    }
  }

  /** What is between this library and the server, and hands connections to several clients. */
  public enum Pooler {
    /** Nothing. A pooler that pools transactions is found when opening, and refused. */
    NONE,
    /**
     * A pooler that keeps a connection for one client until it disconnects. Nothing changes for it.
     */
    SESSION,
    /**
     * A pooler that takes a connection back after each transaction, such as PgBouncer with {@code
     * pool_mode = transaction}. The server prepares no statements, and each transaction sets its
     * time limits and settings for itself.
     */
    TRANSACTION
  }

  private final Builder values;
  private final Map<PostgresRole, RoleConfig> roles = new EnumMap<>(PostgresRole.class);
  private final List<RoleConfig> replicas = new ArrayList<>();

  private PostgresConfig(Builder values) {
    this.values = values;
    for (PostgresRole role : PostgresRole.values()) {
      roles.put(role, values.resolved(role).build());
    }
    for (UnaryOperator<RoleConfig.Builder> replica : values.changes.replicas()) {
      replicas.add(replica.apply(values.resolved(PostgresRole.REPLICA)).build());
    }
  }

  /** Returns the defaults, without a password and without migrations at open. */
  public static PostgresConfig of(String jdbcUrl, String user) {
    return builder(jdbcUrl, user).build();
  }

  /**
   * Returns a builder with the defaults.
   *
   * @param jdbcUrl {@code jdbc:postgresql://host:port/database}
   * @param user the role of the database to connect as
   */
  public static Builder builder(String jdbcUrl, String user) {
    return new Builder(JdbcUrl.checked(jdbcUrl), checkedUser(user));
  }

  static String checkedUser(String user) {
    Checks.that(!user.isEmpty(), "postgres.user is empty; name the role to connect as");
    return user;
  }

  /** Returns a builder that starts from this configuration. */
  public Builder toBuilder() {
    return new Builder(values);
  }

  /** The URL of every role that has none of its own. */
  public String jdbcUrl() {
    return values.jdbcUrl;
  }

  /** The user of every role that has none of its own. */
  public String user() {
    return values.user;
  }

  /**
   * The password of {@link #user()}, where the server asks for one. Each call asks the supplier,
   * where there is one.
   */
  public Optional<Secret> password() {
    return values.password.map(source -> Secret.from("postgres.password", source));
  }

  /** The template of the pools' sizes and times ({@link Template#STANDARD}). */
  public Template template() {
    return values.template;
  }

  /** Returns all that a role connects with, its own settings and those of all roles. */
  public RoleConfig role(PostgresRole role) {
    RoleConfig config = roles.get(role);
    if (config == null) {
      throw new IllegalArgumentException("no such role: " + role);
    }
    return config;
  }

  /** Returns whether {@link Builder#role} was called for the role. */
  public boolean isConfigured(PostgresRole role) {
    return values.changes.has(role);
  }

  /** Returns how many replicas there are. */
  public int replicas() {
    return replicas.size();
  }

  /** Returns all that a replica is connected to with; the first one has the index 0. */
  public RoleConfig replica(int index) {
    return replicas.get(index);
  }

  /** How long a caller waits for a connection (30 s). */
  public Duration acquireTimeout() {
    return role(PostgresRole.PRIMARY).acquireTimeout();
  }

  /** How long one statement of a caller may take (30 s). */
  public Duration statementTimeout() {
    return role(PostgresRole.PRIMARY).statementTimeout();
  }

  /** Whether opening applies the bundled migrations that are missing (false). */
  public boolean migrateOnOpen() {
    return values.schema.migrates();
  }

  /** The sets of scripts that are applied with the core set; empty for none. */
  public List<String> migrationSets() {
    return values.schema.sets();
  }

  /**
   * How often an open runtime maintains the time partitions (1 h); zero where something else does,
   * such as pg_cron calling {@code partitions.maintain()}.
   */
  public Duration partitionUpkeep() {
    return values.schema.partitions();
  }

  /**
   * Returns how far a replica may be behind the primary to be read from (5 s). Its lag is probed
   * five times in that time, and once a second at least.
   */
  public Duration maxReplicaLag() {
    return values.maxReplicaLag;
  }

  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(", ", "PostgresConfig[", "]");
    text.add("jdbcUrl=" + JdbcUrl.printed(jdbcUrl()));
    text.add("user=" + user());
    text.add("template=" + template());
    roles.forEach((role, config) -> text.add(role + "=" + Printed.of(config)));
    text.add("replicas=" + replicas.stream().map(Printed::of).toList());
    text.add("maxReplicaLag=" + maxReplicaLag());
    text.add("migrateOnOpen=" + migrateOnOpen());
    text.add("migrationSets=" + migrationSets());
    return text.add("partitionUpkeep=" + partitionUpkeep()).toString();
  }

  /** Collects a configuration, and checks each value as it is given. Not thread-safe. */
  public static final class Builder {

    private String jdbcUrl;
    private String user;
    private Optional<Supplier<Secret>> password = Optional.empty();
    private Template template = Template.STANDARD;
    private RoleChanges changes = new RoleChanges();
    private SchemaUpkeep schema = SchemaUpkeep.DEFAULT;
    private Duration maxReplicaLag = Duration.ofSeconds(5);

    private Builder(String jdbcUrl, String user) {
      this.jdbcUrl = jdbcUrl;
      this.user = user;
    }

    private Builder(Builder other) {
      this(other.jdbcUrl, other.user);
      this.password = other.password;
      this.template = other.template;
      this.changes = other.changes.copy();
      this.schema = other.schema;
      this.maxReplicaLag = other.maxReplicaLag;
    }

    /** Returns a role's values: the template's, then those of all roles, then its own. */
    private RoleConfig.Builder resolved(PostgresRole role) {
      RoleConfig.Builder config =
          RoleConfig.builder(role, ServerAccess.of(jdbcUrl, user, password));
      RoleDefaults.apply(template, role, config);
      return changes.applyTo(role, config);
    }

    /** See {@link PostgresConfig#jdbcUrl()}. */
    public Builder jdbcUrl(String value) {
      this.jdbcUrl = JdbcUrl.checked(value);
      return this;
    }

    /** See {@link PostgresConfig#user()}. */
    public Builder user(String value) {
      this.user = checkedUser(value);
      return this;
    }

    /**
     * Reaches the server of {@link PostgresConfig#jdbcUrl()} by its socket file in a directory,
     * such as {@code /var/run/postgresql}. Needs {@code
     * com.kohlschutter.junixsocket:junixsocket-core} on the class path. A role's own host is
     * reached by TCP.
     */
    public Builder unixSocket(Path directory) {
      this.jdbcUrl = UnixSocket.in(directory, jdbcUrl);
      return this;
    }

    /** Sets how all roles encrypt their connections; see {@link RoleConfig#tls()}. */
    public Builder tls(TlsConfig value) {
      return allRoles(role -> role.tls(value));
    }

    /**
     * Sets a source that each new connection asks for the password, as for a token that ends. It is
     * called by several threads, and should answer soon: the time counts for the connection.
     */
    public Builder password(Supplier<Secret> source) {
      this.password = Optional.of(source);
      return this;
    }

    /** See {@link PostgresConfig#password()}. */
    public Builder password(Secret value) {
      return password(() -> value);
    }

    /** See {@link PostgresConfig#password()}. */
    public Builder password(String value) {
      return password(Secret.of(value));
    }

    /**
     * Sets sizes and times of all pools. Values that other methods give to a role have precedence.
     */
    public Builder template(Template value) {
      this.template = value;
      return this;
    }

    /**
     * Changes how all roles connect. Values that {@link #role} gives to a role have precedence.
     *
     * @param change sets values of the builder it is given; called for each role, any number of
     *     times
     */
    public Builder allRoles(UnaryOperator<RoleConfig.Builder> change) {
      changes.addToAll(change);
      for (PostgresRole role : PostgresRole.values()) {
        check(role);
      }
      return this;
    }

    /**
     * Changes how a role connects. Calls accumulate. For {@link PostgresRole#REPLICA} it is what
     * all replicas have in common.
     *
     * @param change sets values of the builder it is given; called any number of times
     */
    public Builder role(PostgresRole role, UnaryOperator<RoleConfig.Builder> change) {
      changes.add(role, change);
      check(role);
      return this;
    }

    /**
     * Adds a replica: one server that streams from the primary.
     *
     * @param change sets what this replica has for itself, its host at least; called any number of
     *     times
     * @throws IllegalArgumentException when it names several hosts: each is a replica of its own,
     *     whose lag is known
     */
    public Builder replica(UnaryOperator<RoleConfig.Builder> change) {
      String url = change.apply(resolved(PostgresRole.REPLICA)).build().jdbcUrl();
      Checks.that(
          JdbcUrl.hosts(url) <= 1,
          "postgres.replica has several hosts: " + JdbcUrl.printed(url) + "; add one for each");
      changes.addReplica(change);
      return this;
    }

    /** Runs a role's changes now, so that a value is refused where it is given. */
    private void check(PostgresRole role) {
      RoleConfig.Builder unused = resolved(role);
    }

    /** Sets the size of the callers' pool; see {@link PostgresRole#PRIMARY}. */
    public Builder connections(int min, int max) {
      return role(PostgresRole.PRIMARY, primary -> primary.connections(min, max));
    }

    /**
     * Declares a pooler in front of the servers of all roles; {@link RoleConfig.Builder#pooler} has
     * precedence. {@link PostgresRole#MIGRATION} needs a URL that leads past it.
     */
    public Builder pooler(Pooler value) {
      return allRoles(role -> role.pooler(value));
    }

    /** Sets how long a call waits for a connection, in all roles that have no time of their own. */
    public Builder acquireTimeout(Duration value) {
      return allRoles(role -> role.acquireTimeout(value));
    }

    /** Sets how long one statement may take, in all roles that have no time of their own. */
    public Builder statementTimeout(Duration value) {
      return allRoles(role -> role.statementTimeout(value));
    }

    /**
     * Applies the core set of the bundled migrations at open, and others, such as {@code "audit"}.
     * {@code java -jar migrations-cli.jar sets} lists those there are.
     */
    public Builder migrateOnOpen(String... sets) {
      this.schema = schema.migrating(sets);
      return this;
    }

    /** Applies no migrations at open. */
    public Builder neverMigrate() {
      this.schema = schema.neverMigrating();
      return this;
    }

    /** See {@link PostgresConfig#partitionUpkeep()}. */
    public Builder partitionUpkeep(Duration value) {
      this.schema = schema.withPartitions(value);
      return this;
    }

    /** See {@link PostgresConfig#maxReplicaLag()}; at least 500 ms. */
    public Builder maxReplicaLag(Duration value) {
      Checks.that(
          value.toMillis() >= 500, "postgres.maxReplicaLag is " + value + "; give at least 500 ms");
      this.maxReplicaLag = value;
      return this;
    }

    /** Returns the configuration. */
    public PostgresConfig build() {
      return new PostgresConfig(new Builder(this));
    }
  }
}
