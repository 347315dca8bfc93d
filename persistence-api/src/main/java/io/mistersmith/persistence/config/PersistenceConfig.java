package io.mistersmith.persistence.config;

import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.routing.DataRouter;
import io.mistersmith.persistence.security.EncryptionConfig;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.SortedMap;
import java.util.function.UnaryOperator;

/**
 * Everything that opening needs to know. Immutable; {@link #builder} makes one and {@link
 * #toBuilder} a changed copy.
 */
public final class PersistenceConfig {

  private final Builder values;

  private PersistenceConfig(Builder values) {
    this.values = values;
  }

  /**
   * A builder with what the environment says, by the names of {@link #environmentNames}. What is
   * not set has the default of the name, and everything else that of {@link #builder}. Later calls
   * on the builder have precedence.
   *
   * @throws IllegalArgumentException with the name, the value unless it is secret, and the fix
   */
  public static Builder fromEnvironment() {
    return fromEnvironment(new Properties());
  }

  /**
   * A builder with what the environment and a file say. A name in the environment has precedence
   * over the same one in the file, and later calls on the builder have it over both.
   *
   * @throws IllegalArgumentException as {@link #fromEnvironment()} and {@link #from}
   */
  public static Builder fromEnvironment(Properties file) {
    return NamedSettings.of(System.getenv(), file).configure();
  }

  /**
   * A builder with what a file says, by the names of {@link #environmentNames}. Fails as {@link
   * #fromEnvironment()} does, and where the file has a name that looks like one of them.
   */
  public static Builder from(Properties file) {
    return NamedSettings.of(Map.of(), file).configure();
  }

  /** The names that {@link #fromEnvironment()} and {@link #from} read, with their defaults. */
  public static SortedMap<String, String> environmentNames() {
    return SettingName.all();
  }

  /** A builder with the defaults for all but the two stores. */
  public static Builder builder(NatsConfig nats, PostgresConfig postgres) {
    return new Builder(nats, postgres);
  }

  /** A builder for stores that need no address, such as the test kit's in-memory ones. */
  public static Builder inMemory() {
    return builder(
        NatsConfig.of("nats://in-memory.invalid"),
        PostgresConfig.of("jdbc:postgresql://in-memory.invalid/none", "nobody"));
  }

  /** A builder that starts from this configuration. */
  public Builder toBuilder() {
    return new Builder(values);
  }

  /** How to reach NATS. */
  public NatsConfig nats() {
    return values.nats;
  }

  /** How to reach PostgreSQL. */
  public PostgresConfig postgres() {
    return values.postgres;
  }

  /** When and how to flush. */
  public FlushConfig flush() {
    return values.flush;
  }

  /** The settings of a bucket. */
  public BucketConfig bucket(Bucket bucket) {
    return values.buckets.getOrDefault(bucket, bucket.defaults());
  }

  /** The treatment of a bucket that has other settings. */
  public BucketChanges bucketChanges() {
    return values.bucketChanges;
  }

  /** The treatment of a bucket that is not this database's. */
  public UnknownEntries unknownEntries() {
    return values.unknownEntries;
  }

  /** The number of keys whose last known revision is remembered (100,000). */
  public int knownRevisions() {
    return values.knownRevisions;
  }

  /** The checks of consistency between KV and PostgreSQL. */
  public ConsistencyConfig consistency() {
    return values.consistency;
  }

  /** The treatment of writes when too much waits for PostgreSQL. */
  public BackpressureConfig backpressure() {
    return values.backpressure;
  }

  /** How this runtime publishes committed changes, where the set {@code events} is applied. */
  public ChangeFeedConfig changeFeed() {
    return values.changeFeed;
  }

  /** How entries are encrypted (not at all). */
  public Optional<EncryptionConfig> encryption() {
    return values.encryption;
  }

  /** The cache of KV's entries in this process's memory. */
  public CacheConfig cache() {
    return values.cache;
  }

  /** The checks of health, the jobs of upkeep, and the receivers of alerts. */
  public MonitoringConfig monitoring() {
    return values.monitoring;
  }

  /** The number of agents in use whose lifecycle state is tracked (100,000). */
  public int trackedAgents() {
    return values.trackedAgents;
  }

  /** The size in bytes up to which a large value is taken (256 MiB); not above about 1 GiB. */
  public long maxLargeValueBytes() {
    return values.maxLargeValueBytes;
  }

  /** Returns where data of each type are kept, and by which policy they are written. */
  public DataRouter router() {
    return values.router;
  }

  /** The listener that is notified of what happens. */
  public PersistenceListener listener() {
    return values.listener;
  }

  /**
   * This process's clock. It measures what concerns this process alone, such as how long an entry
   * is kept in its memory. Ends and ages of entries are judged by the hot store's clock.
   */
  public Clock clock() {
    return values.clock;
  }

  /** The name of this runtime in leases and logs. */
  public String runtimeName() {
    return values.runtimeName;
  }

  /** Prints all settings but secrets, clock, router and listener. */
  @Override
  public String toString() {
    return Printed.of(this);
  }

  /**
   * How long opening waits for servers that are not there yet (zero: not at all). What needs a
   * person, such as refused credentials, fails at once.
   */
  public Duration waitForServers() {
    return values.waitForServers;
  }

  /** Collects a configuration. Not thread-safe. */
  public static final class Builder {

    private NatsConfig nats;
    private PostgresConfig postgres;
    private FlushConfig flush = FlushConfig.defaults();
    private final Map<Bucket, BucketConfig> buckets = new EnumMap<>(Bucket.class);
    private BucketChanges bucketChanges = BucketChanges.SHOW;
    private UnknownEntries unknownEntries = UnknownEntries.REFUSE;
    private int knownRevisions = 100_000;
    private ConsistencyConfig consistency = ConsistencyConfig.defaults();
    private BackpressureConfig backpressure = BackpressureConfig.off();
    private ChangeFeedConfig changeFeed = ChangeFeedConfig.defaults();
    private Optional<EncryptionConfig> encryption = Optional.empty();
    private CacheConfig cache = CacheConfig.defaults();
    private MonitoringConfig monitoring = MonitoringConfig.defaults();
    private int trackedAgents = 100_000;
    private long maxLargeValueBytes = 256L * 1024 * 1024;
    private DataRouter router = DataRouter.standard();
    private PersistenceListener listener = PersistenceListener.NOOP;
    private Clock clock = Clock.systemUTC();
    private String runtimeName = "runtime-" + ProcessHandle.current().pid();
    private Duration waitForServers = Duration.ZERO;

    private Builder(NatsConfig nats, PostgresConfig postgres) {
      this.nats = nats;
      this.postgres = postgres;
    }

    private Builder(Builder other) {
      this(other.nats, other.postgres);
      this.flush = other.flush;
      this.buckets.putAll(other.buckets);
      this.bucketChanges = other.bucketChanges;
      this.unknownEntries = other.unknownEntries;
      this.knownRevisions = other.knownRevisions;
      this.consistency = other.consistency;
      this.backpressure = other.backpressure;
      this.changeFeed = other.changeFeed;
      this.encryption = other.encryption;
      this.cache = other.cache;
      this.monitoring = other.monitoring;
      this.trackedAgents = other.trackedAgents;
      this.maxLargeValueBytes = other.maxLargeValueBytes;
      this.router = other.router;
      this.listener = other.listener;
      this.clock = other.clock;
      this.runtimeName = other.runtimeName;
      this.waitForServers = other.waitForServers;
    }

    /** How to reach NATS. */
    public Builder nats(NatsConfig value) {
      this.nats = value;
      return this;
    }

    /** Changes how to reach NATS. */
    public Builder nats(UnaryOperator<NatsConfig.Builder> change) {
      return nats(change.apply(nats.toBuilder()).build());
    }

    /** How to reach PostgreSQL. */
    public Builder postgres(PostgresConfig value) {
      this.postgres = value;
      return this;
    }

    /** Changes how to reach PostgreSQL. */
    public Builder postgres(UnaryOperator<PostgresConfig.Builder> change) {
      return postgres(change.apply(postgres.toBuilder()).build());
    }

    /** When and how to flush. */
    public Builder flush(FlushConfig value) {
      this.flush = value;
      return this;
    }

    /** Other settings for one bucket. */
    public Builder bucket(Bucket bucket, BucketConfig value) {
      buckets.put(bucket, value);
      return this;
    }

    /** The treatment of a bucket that is not this database's. */
    public Builder unknownEntries(UnknownEntries value) {
      this.unknownEntries = value;
      return this;
    }

    /** The treatment of a bucket that has other settings. */
    public Builder bucketChanges(BucketChanges value) {
      this.bucketChanges = value;
      return this;
    }

    /** The number of keys whose last known revision is remembered. */
    public Builder knownRevisions(int value) {
      Checks.atLeastOne("knownRevisions", value);
      this.knownRevisions = value;
      return this;
    }

    /** The checks of consistency between KV and PostgreSQL. */
    public Builder consistency(ConsistencyConfig value) {
      this.consistency = value;
      return this;
    }

    /** The treatment of writes when too much waits for PostgreSQL. */
    public Builder backpressure(BackpressureConfig value) {
      this.backpressure = value;
      return this;
    }

    /** How this runtime publishes committed changes. */
    public Builder changeFeed(ChangeFeedConfig value) {
      this.changeFeed = value;
      return this;
    }

    /** How entries are encrypted. */
    public Builder encryption(EncryptionConfig value) {
      this.encryption = Optional.of(value);
      return this;
    }

    /** The cache of KV's entries in this process's memory. */
    public Builder cache(CacheConfig value) {
      this.cache = value;
      return this;
    }

    /** The checks of health, the jobs of upkeep, and the receivers of alerts. */
    public Builder monitoring(MonitoringConfig value) {
      this.monitoring = value;
      return this;
    }

    /** The number of agents in use whose lifecycle state is tracked; others seem cold. */
    public Builder trackedAgents(int value) {
      Checks.atLeastOne("trackedAgents", value);
      this.trackedAgents = value;
      return this;
    }

    /** See {@link PersistenceConfig#maxLargeValueBytes()}. */
    public Builder maxLargeValueBytes(long value) {
      Checks.atLeastOne("maxLargeValueBytes", value);
      this.maxLargeValueBytes = value;
      return this;
    }

    /** See {@link PersistenceConfig#router()}. The default is {@link DataRouter#standard()}. */
    public Builder router(DataRouter value) {
      this.router = value;
      return this;
    }

    /** The listener that is notified of what happens. */
    public Builder listener(PersistenceListener value) {
      this.listener = value;
      return this;
    }

    /** See {@link PersistenceConfig#clock()}. In-memory stores keep that of the first opening. */
    public Builder clock(Clock value) {
      this.clock = value;
      return this;
    }

    /** The name of this runtime in leases and logs. */
    public Builder runtimeName(String value) {
      Checks.that(
          !value.isBlank() && value.length() <= 100, "runtimeName must have 1 to 100 characters");
      this.runtimeName = value;
      return this;
    }

    /** See {@link PersistenceConfig#waitForServers()}. */
    public Builder waitForServers(Duration value) {
      Checks.that(!value.isNegative(), "waitForServers is " + value + "; give zero or more");
      this.waitForServers = value;
      return this;
    }

    /** The configuration. */
    public PersistenceConfig build() {
      PersistenceConfig config = new PersistenceConfig(new Builder(this));
      Checks.that(
          config.bucket(Bucket.AGENT_STATE).maxAge().isZero(),
          "AGENT_STATE.maxAge must be zero: the server would expire entries that are not flushed"
              + " yet. Set flush.idleTimeToLive instead");
      return config;
    }
  }

  /**
   * The treatment of a bucket that exists with other settings than the configured ones. Missing
   * replicas are added in either case, and a bucket that would lose acknowledged writes is refused.
   */
  public enum BucketChanges {
    /** Log each difference as a warning, keep it as a notice, and use the bucket as it is. */
    SHOW,
    /** Log each difference, then change the bucket. */
    APPLY
  }
}
