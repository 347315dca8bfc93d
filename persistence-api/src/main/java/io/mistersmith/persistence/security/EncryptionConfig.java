package io.mistersmith.persistence.security;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Says how entries are encrypted before they reach a store. Immutable; {@link #builder} makes one.
 *
 * <p>Each entry is encrypted by a data key, by AES-256-GCM. The data key is kept in PostgreSQL,
 * wrapped by a master key of the {@link KeyProvider}.
 */
public final class EncryptionConfig {

  /** The subject of all entries unless {@link #subject} says otherwise. */
  public static final String SHARED = "shared";

  private static final Set<DataType> ENCRYPTED =
      Set.of(DataType.AGENT_STATE, DataType.SESSION_DATA, DataType.QUERY_CACHE);

  private final KeyProvider provider;
  private final String masterKey;
  private final Mode mode;
  private final Duration cacheLifetime;
  private final int cachedKeys;
  private final Duration keyLifetime;
  private final Set<DataType> dataTypes;
  private final Function<AgentId, String> subject;
  private final Optional<String> scope;

  private EncryptionConfig(Builder builder) {
    this.provider = builder.provider;
    this.masterKey = builder.masterKey;
    this.mode = builder.mode;
    this.cacheLifetime = builder.cacheLifetime;
    this.cachedKeys = builder.cachedKeys;
    this.keyLifetime = builder.keyLifetime;
    this.dataTypes = Set.copyOf(builder.dataTypes);
    this.subject = builder.subject;
    this.scope = builder.scope;
  }

  /** What is done about an entry that is not encrypted. */
  public enum Mode {
    /** It is refused as {@code UNREADABLE}. */
    STRICT,
    /**
     * It is read. All writes are encrypted. For the time until all entries are; see {@link
     * Encryption#rotate}. The runtime's notices say so.
     */
    MIGRATION
  }

  /**
   * Returns a builder with the defaults.
   *
   * @param masterKey the id of the master key that wraps new data keys: letters, digits and {@code
   *     . _ - : /}, at most 200
   */
  public static Builder builder(KeyProvider provider, String masterKey) {
    return new Builder(provider, masterKey);
  }

  /** Returns the provider of master keys. */
  public KeyProvider provider() {
    return provider;
  }

  /** Returns the id of the master key that wraps new data keys. */
  public String masterKey() {
    return masterKey;
  }

  /** Returns what is done about entries that are not encrypted (STRICT). */
  public Mode mode() {
    return mode;
  }

  /**
   * Returns how long an unwrapped data key stays in memory (10 min). The provider is asked at most
   * once a key in that time, and entries stay readable for so long when it is away. Other processes
   * read entries for so long after their key was destroyed.
   */
  public Duration cacheLifetime() {
    return cacheLifetime;
  }

  /** Returns how many unwrapped data keys are in memory at most (1000). */
  public int cachedKeys() {
    return cachedKeys;
  }

  /** Returns how long a data key encrypts new entries (90 days). It decrypts for longer. */
  public Duration keyLifetime() {
    return keyLifetime;
  }

  /** Returns the types of data that are encrypted (all that are kept in KV but AGENT_CONFIG). */
  public Set<DataType> dataTypes() {
    return dataTypes;
  }

  /** Returns whose data key encrypts an owner's entries (one for all). */
  public String subject(AgentId owner) {
    return subject.apply(owner);
  }

  /**
   * Returns what entries are bound to beside their type and key: those of another scope are
   * refused. Each tenant needs one of its own. The default is the installation's id.
   */
  public Optional<String> scope() {
    return scope;
  }

  /** Prints all settings but the provider. */
  @Override
  public String toString() {
    return "EncryptionConfig[masterKey="
        + masterKey
        + ", mode="
        + mode
        + ", cacheLifetime="
        + cacheLifetime
        + ", cachedKeys="
        + cachedKeys
        + ", keyLifetime="
        + keyLifetime
        + ", dataTypes="
        + dataTypes
        + ", scope="
        + scope.orElse("the installation")
        + "]";
  }

  /** Collects a configuration, and checks each value as it is given. Not thread-safe. */
  public static final class Builder {

    private static final int MAX_SUBJECT = 600;

    private final KeyProvider provider;
    private final String masterKey;
    private Mode mode = Mode.STRICT;
    private Duration cacheLifetime = Duration.ofMinutes(10);
    private int cachedKeys = 1000;
    private Duration keyLifetime = Duration.ofDays(90);
    private Set<DataType> dataTypes = ENCRYPTED;
    private Function<AgentId, String> subject = owner -> SHARED;
    private Optional<String> scope = Optional.empty();

    private Builder(KeyProvider provider, String masterKey) {
      check(
          masterKey.matches("[A-Za-z0-9._:/-]{1,200}"),
          "encryption.masterKey is not 1 to 200 of the letters A-Z, a-z, digits and ._:/-");
      this.provider = provider;
      this.masterKey = masterKey;
    }

    /** See {@link EncryptionConfig#mode()}. */
    public Builder mode(Mode value) {
      this.mode = value;
      return this;
    }

    /** See {@link EncryptionConfig#cacheLifetime()}. */
    public Builder cacheLifetime(Duration value) {
      this.cacheLifetime = positive("cacheLifetime", value);
      return this;
    }

    /** See {@link EncryptionConfig#cachedKeys()}. */
    public Builder cachedKeys(int value) {
      check(value >= 1, "encryption.cachedKeys is " + value + "; give at least 1");
      this.cachedKeys = value;
      return this;
    }

    /** See {@link EncryptionConfig#keyLifetime()}. */
    public Builder keyLifetime(Duration value) {
      this.keyLifetime = positive("keyLifetime", value);
      return this;
    }

    /** See {@link EncryptionConfig#dataTypes()}. */
    public Builder dataTypes(DataType first, DataType... others) {
      EnumSet<DataType> values = EnumSet.of(first, others);
      check(
          ENCRYPTED.containsAll(values),
          "encryption.dataTypes is " + values + "; those that can be encrypted are " + ENCRYPTED);
      this.dataTypes = values;
      return this;
    }

    /**
     * Gives each owner a data key of its own, so that {@link Encryption#destroy} of {@code
     * owner.toString()} makes its entries unreadable, in backups too.
     */
    public Builder keyOfEachOwner() {
      return subject(AgentId::toString);
    }

    /**
     * Says whose data key encrypts an owner's entries.
     *
     * @param value returns a name of at most 600 characters, the same one each time
     */
    public Builder subject(Function<AgentId, String> value) {
      this.subject =
          owner -> {
            String name = value.apply(owner);
            check(
                !name.isEmpty() && name.length() <= MAX_SUBJECT && name.indexOf('\0') < 0,
                "encryption.subject of " + owner + " has not 1 to " + MAX_SUBJECT + " characters");
            return name;
          };
      return this;
    }

    /** See {@link EncryptionConfig#scope()}. */
    public Builder scope(String value) {
      check(!value.isBlank(), "encryption.scope is blank; give the tenant's id");
      this.scope = Optional.of(value);
      return this;
    }

    /** Returns the configuration. */
    public EncryptionConfig build() {
      return new EncryptionConfig(this);
    }

    private static Duration positive(String field, Duration value) {
      check(
          !value.isNegative() && !value.isZero(),
          "encryption." + field + " is " + value + "; give a positive duration");
      return value;
    }

    private static void check(boolean condition, String message) {
      if (!condition) {
        throw new IllegalArgumentException(message);
      }
    }
  }
}
