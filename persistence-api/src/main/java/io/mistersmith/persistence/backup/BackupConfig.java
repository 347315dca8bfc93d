package io.mistersmith.persistence.backup;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.security.EncryptionConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What to back up, where to, and how. Immutable; {@link #builder} makes one.
 *
 * <p>Backups are encrypted with the keys of {@link PersistenceConfig#encryption} where the
 * installation has them, unless {@link Builder#encryption} or {@link Builder#plain} says otherwise.
 */
public final class BackupConfig {

  private static final long MIB = 1L << 20;

  private final PersistenceConfig installation;
  private final BackupTarget target;
  private final long bytesPerSecond;
  private final Retention retention;
  private final Duration walRetention;
  private final Duration timeLimit;
  private final List<Path> programs;
  private final Optional<EncryptionConfig> encryption;

  private BackupConfig(Builder builder) {
    this.installation = builder.installation;
    this.target = builder.target;
    this.bytesPerSecond = builder.bytesPerSecond;
    this.retention = builder.retention;
    this.walRetention = builder.walRetention;
    this.timeLimit = builder.timeLimit;
    this.programs = List.copyOf(builder.programs);
    this.encryption = builder.encryption;
  }

  /**
   * Returns a builder with the defaults.
   *
   * @param installation the stores; its user of PostgreSQL must be able to read everything, and to
   *     replicate for a base backup
   * @param target the place for the backups; it is closed with the backups
   */
  public static Builder builder(PersistenceConfig installation, BackupTarget target) {
    return new Builder(installation, target);
  }

  /** Returns the stores. */
  public PersistenceConfig installation() {
    return installation;
  }

  /** Returns the place for the backups. */
  public BackupTarget target() {
    return target;
  }

  /** Returns how many bytes a second a backup writes at most (100 MB). */
  public long bytesPerSecond() {
    return bytesPerSecond;
  }

  /** Returns how long backups are kept (30 days, 12 weeks, 12 months). */
  public Retention retention() {
    return retention;
  }

  /** Returns how long the WAL is kept beyond the oldest base backup (7 days). */
  public Duration walRetention() {
    return walRetention;
  }

  /**
   * Returns how long a backup may take (6 hours). For so long at most, a backup of both stores
   * keeps runtimes from evicting entries that it still needs.
   */
  public Duration timeLimit() {
    return timeLimit;
  }

  /**
   * Returns the directories that programs such as {@code pg_dump} are looked for in, before the
   * environment's {@code PATH} and the places of the distributions (none).
   */
  public List<Path> programs() {
    return programs;
  }

  /** Returns the keys that backups are encrypted with (those of the installation). */
  public Optional<EncryptionConfig> encryption() {
    return encryption;
  }

  /** Collects a configuration, and checks each value as it is given. Not thread-safe. */
  public static final class Builder {

    private final PersistenceConfig installation;
    private final BackupTarget target;
    private long bytesPerSecond = 100_000_000;
    private Retention retention = Retention.standard();
    private Duration walRetention = Duration.ofDays(7);
    private Duration timeLimit = Duration.ofHours(6);
    private List<Path> programs = List.of();
    private Optional<EncryptionConfig> encryption;

    private Builder(PersistenceConfig installation, BackupTarget target) {
      this.installation = installation;
      this.target = target;
      this.encryption = installation.encryption();
    }

    /** See {@link BackupConfig#bytesPerSecond()}; at least 1 MiB. */
    public Builder bytesPerSecond(long value) {
      check(value >= MIB, "backup.bytesPerSecond is " + value + "; give at least " + MIB);
      this.bytesPerSecond = value;
      return this;
    }

    /** See {@link BackupConfig#retention()}. */
    public Builder retention(Retention value) {
      this.retention = value;
      return this;
    }

    /** See {@link BackupConfig#walRetention()}. */
    public Builder walRetention(Duration value) {
      check(!value.isNegative(), "backup.walRetention is " + value + "; give zero or more");
      this.walRetention = value;
      return this;
    }

    /** See {@link BackupConfig#timeLimit()}; at least a minute. */
    public Builder timeLimit(Duration value) {
      check(
          value.compareTo(Duration.ofMinutes(1)) >= 0,
          "backup.timeLimit is " + value + "; give at least a minute");
      this.timeLimit = value;
      return this;
    }

    /** See {@link BackupConfig#programs()}. */
    public Builder programs(Path... directories) {
      this.programs = List.of(directories);
      return this;
    }

    /** Encrypts backups with these keys. */
    public Builder encryption(EncryptionConfig value) {
      this.encryption = Optional.of(value);
      return this;
    }

    /** Does not encrypt backups, for a target that encrypts. */
    public Builder plain() {
      this.encryption = Optional.empty();
      return this;
    }

    /** Returns the configuration. */
    public BackupConfig build() {
      return new BackupConfig(this);
    }

    private static void check(boolean condition, String message) {
      if (!condition) {
        throw new IllegalArgumentException(message);
      }
    }
  }
}
