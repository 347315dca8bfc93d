package io.mistersmith.persistence.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.function.Supplier;

/**
 * Says how to reach NATS. Immutable; {@link #builder} makes one and {@link #toBuilder} a changed
 * copy.
 */
public final class NatsConfig {

  private static final long MIB = 1L << 20;

  private final List<String> servers;
  private final Optional<Authentication> authentication;
  private final Optional<TlsConfig> tls;
  private final String namePrefix;
  private final int replicas;
  private final Duration requestTimeout;
  private final Duration connectTimeout;
  private final Duration openTimeout;
  private final int maxInFlight;
  private final long maxInFlightBytes;

  private NatsConfig(Builder builder) {
    this.servers = builder.servers;
    this.authentication = builder.authentication;
    this.tls = builder.tls;
    this.namePrefix = builder.namePrefix;
    this.replicas = builder.replicas;
    this.requestTimeout = builder.requestTimeout;
    this.connectTimeout = builder.connectTimeout;
    this.openTimeout = builder.openTimeout;
    this.maxInFlight = builder.maxInFlight;
    this.maxInFlightBytes = builder.maxInFlightBytes;
  }

  /** Returns the defaults for these servers. */
  public static NatsConfig of(String... servers) {
    return builder(servers).build();
  }

  /** Returns a builder with the defaults for these servers, at least one. */
  public static Builder builder(String... servers) {
    return new Builder(checked(servers));
  }

  private static List<String> checked(String... servers) {
    Checks.that(servers.length > 0, "nats.servers is empty; give at least one URL");
    for (String server : servers) {
      Checks.that(!server.isBlank(), "nats.servers has an empty element; take it out");
    }
    return List.of(servers);
  }

  /** Returns a builder that starts from this configuration. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** The URLs of the servers, such as {@code nats://localhost:4222}. */
  public List<String> servers() {
    return servers;
  }

  /** How this process proves who it is; empty where the URLs say it, or nothing is asked. */
  public Optional<Authentication> authentication() {
    return authentication;
  }

  /**
   * How connections are encrypted; empty where the URLs say it: {@code tls://} encrypts, and trusts
   * the JDK's authorities without comparing the host.
   */
  public Optional<TlsConfig> tls() {
    return tls;
  }

  /**
   * The prefix of the buckets' names, so that several installations can share a server; letters,
   * digits, {@code _} and {@code -}, or empty (the default).
   */
  public String namePrefix() {
    return namePrefix;
  }

  /**
   * How many copies the file buckets have: 1 (the default), 3 or 5. While the cluster has fewer
   * servers a bucket has fewer copies, and gets the missing ones when the servers are there; a
   * single server that belongs to no cluster keeps one. Use 3 in production.
   */
  public int replicas() {
    return replicas;
  }

  /** How long one request may take (5 s). */
  public Duration requestTimeout() {
    return requestTimeout;
  }

  /** How long the first connection may take (5 s). */
  public Duration connectTimeout() {
    return connectTimeout;
  }

  /**
   * How long opening waits for a JetStream that does not answer yet, such as that of a cluster that
   * is starting (30 s).
   */
  public Duration openTimeout() {
    return openTimeout;
  }

  /** How many unacknowledged asynchronous writes there may be (512). */
  public int maxInFlight() {
    return maxInFlight;
  }

  /**
   * How many bytes the values of the unacknowledged asynchronous writes may have together (64 MiB,
   * or a sixteenth of the heap where that is less); a larger single value is sent when nothing else
   * is under way.
   */
  public long maxInFlightBytes() {
    return maxInFlightBytes;
  }

  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(", ", "NatsConfig[", "]");
    text.add("servers=" + servers.stream().map(NatsConfig::printed).toList());
    authentication.ifPresent(way -> text.add("authentication=" + way));
    tls.ifPresent(encryption -> text.add("tls=" + encryption));
    text.add("namePrefix=" + namePrefix).add("replicas=" + replicas);
    text.add("requestTimeout=" + requestTimeout).add("connectTimeout=" + connectTimeout);
    text.add("openTimeout=" + openTimeout).add("maxInFlight=" + maxInFlight);
    return text.add("maxInFlightBytes=" + maxInFlightBytes).toString();
  }

  private static String printed(String server) {
    return server.replaceAll("(^|://)[^@/]*@", "$1***@");
  }

  /**
   * How a connection proves who it is. Files are read, and suppliers asked, at each attempt to
   * connect, so that a new credential is used from then on. Prints no secret.
   */
  public sealed interface Authentication {

    /** By a {@code .creds} file, which holds a JWT and a seed. */
    record CredentialsFile(Path file) implements Authentication {}

    /** By a file with the seed of a user's NKey, which begins with {@code SU}. */
    record NkeySeedFile(Path file) implements Authentication {}

    /**
     * By user and password.
     *
     * @param user the user
     * @param password asked at each attempt to connect
     */
    record UserPassword(String user, Supplier<Secret> password) implements Authentication {
      /** Fails where the user is empty. */
      public UserPassword {
        Checks.that(!user.isEmpty(), "nats.user is empty; name the user to connect as");
      }

      @Override
      public String toString() {
        return "UserPassword[user=" + user + "]";
      }
    }

    /**
     * By a token.
     *
     * @param token asked at each attempt to connect
     */
    record Token(Supplier<Secret> token) implements Authentication {
      @Override
      public String toString() {
        return "Token[]";
      }
    }
  }

  /** Collects a configuration, and checks each value as it is given. Not thread-safe. */
  public static final class Builder {

    private List<String> servers;
    private Optional<Authentication> authentication = Optional.empty();
    private Optional<TlsConfig> tls = Optional.empty();
    private String namePrefix = "";
    private int replicas = 1;
    private Duration requestTimeout = Duration.ofSeconds(5);
    private Duration connectTimeout = Duration.ofSeconds(5);
    private Duration openTimeout = Duration.ofSeconds(30);
    private int maxInFlight = 512;
    private long maxInFlightBytes =
        Math.max(MIB, Math.min(64 * MIB, Runtime.getRuntime().maxMemory() / 16));

    private Builder(List<String> servers) {
      this.servers = servers;
    }

    private Builder(NatsConfig config) {
      this.servers = config.servers;
      this.authentication = config.authentication;
      this.tls = config.tls;
      this.namePrefix = config.namePrefix;
      this.replicas = config.replicas;
      this.requestTimeout = config.requestTimeout;
      this.connectTimeout = config.connectTimeout;
      this.openTimeout = config.openTimeout;
      this.maxInFlight = config.maxInFlight;
      this.maxInFlightBytes = config.maxInFlightBytes;
    }

    /** See {@link NatsConfig#servers()}. */
    public Builder servers(String... values) {
      this.servers = checked(values);
      return this;
    }

    /** See {@link NatsConfig#authentication()}. Replaces what was given before. */
    public Builder authentication(Authentication value) {
      this.authentication = Optional.of(value);
      return this;
    }

    /** See {@link Authentication.CredentialsFile}. */
    public Builder credentialsFile(Path file) {
      return authentication(new Authentication.CredentialsFile(file));
    }

    /** See {@link Authentication.NkeySeedFile}. */
    public Builder nkeySeedFile(Path file) {
      return authentication(new Authentication.NkeySeedFile(file));
    }

    /** See {@link Authentication.UserPassword}. */
    public Builder userPassword(String user, Supplier<Secret> password) {
      return authentication(new Authentication.UserPassword(user, password));
    }

    /** See {@link Authentication.Token}. */
    public Builder token(Supplier<Secret> token) {
      return authentication(new Authentication.Token(token));
    }

    /** See {@link NatsConfig#tls()}. PREFER is PostgreSQL's alone. */
    public Builder tls(TlsConfig value) {
      Checks.that(
          value.mode() != TlsConfig.Mode.PREFER,
          "nats.tls has the mode PREFER, which PostgreSQL alone has; use VERIFY_FULL, or DISABLE");
      this.tls = Optional.of(value);
      return this;
    }

    /** See {@link NatsConfig#namePrefix()}. */
    public Builder namePrefix(String value) {
      Checks.that(
          value.matches("[A-Za-z0-9_-]*"),
          "nats.namePrefix may hold letters, digits, '_' and '-' only");
      this.namePrefix = value;
      return this;
    }

    /** See {@link NatsConfig#replicas()}. */
    public Builder replicas(int value) {
      Checks.that(
          value == 1 || value == 3 || value == 5, "nats.replicas is " + value + "; use 1, 3 or 5");
      this.replicas = value;
      return this;
    }

    /** See {@link NatsConfig#requestTimeout()}. */
    public Builder requestTimeout(Duration value) {
      Checks.positive("nats.requestTimeout", value);
      this.requestTimeout = value;
      return this;
    }

    /** See {@link NatsConfig#connectTimeout()}. */
    public Builder connectTimeout(Duration value) {
      Checks.positive("nats.connectTimeout", value);
      this.connectTimeout = value;
      return this;
    }

    /** See {@link NatsConfig#openTimeout()}. */
    public Builder openTimeout(Duration value) {
      Checks.positive("nats.openTimeout", value);
      this.openTimeout = value;
      return this;
    }

    /** See {@link NatsConfig#maxInFlight()}. */
    public Builder maxInFlight(int value) {
      Checks.that(value >= 1 && value <= 4096, "nats.maxInFlight is " + value + "; use 1 to 4096");
      this.maxInFlight = value;
      return this;
    }

    /** See {@link NatsConfig#maxInFlightBytes()}. */
    public Builder maxInFlightBytes(long value) {
      Checks.that(
          value >= 1024 && value <= Integer.MAX_VALUE,
          "nats.maxInFlightBytes is " + value + "; use 1024 to " + Integer.MAX_VALUE);
      this.maxInFlightBytes = value;
      return this;
    }

    /** Returns the configuration. */
    public NatsConfig build() {
      Checks.that(
          tls.isEmpty()
              || tls.get().mode() != TlsConfig.Mode.DISABLE
              || servers.stream().noneMatch(server -> server.matches("(tls|wss|opentls):.*")),
          "nats.tls has the mode DISABLE, and nats.servers a URL that encrypts; use nats://");
      return new NatsConfig(this);
    }
  }
}
