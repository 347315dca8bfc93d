package io.mistersmith.persistence.core.internal.security;

import io.mistersmith.persistence.core.internal.codec.Sealing;
import io.mistersmith.persistence.core.internal.state.tier.TieredStore;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.security.Encryption;
import io.mistersmith.persistence.security.EncryptionConfig;
import io.mistersmith.persistence.security.EncryptionConfig.Mode;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.spi.sql.StateStore;
import java.time.Clock;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The encryption of one engine: what encrypts each type of data. Thread-safe. */
public final class Sealings {

  private final Optional<EncryptionConfig> config;
  private final Optional<DataKeys> keys;
  private final SqlStore sql;
  private final Clock clock;
  private final Map<DataType, EntrySealing> sealings;

  private Sealings(
      Optional<EncryptionConfig> config,
      Optional<DataKeys> keys,
      SqlStore sql,
      Clock clock,
      Map<DataType, EntrySealing> sealings) {
    this.config = config;
    this.keys = keys;
    this.sql = sql;
    this.clock = clock;
    this.sealings = sealings;
  }

  /** Returns the encryption that is configured, whose data keys are in {@code sql}. */
  public static Sealings of(Optional<EncryptionConfig> config, SqlStore sql, Clock clock) {
    Map<DataType, EntrySealing> sealings = new EnumMap<>(DataType.class);
    Optional<DataKeys> keys = config.map(on -> new DataKeys(on, sql.dataKeys(), clock));
    if (config.isPresent() && keys.isPresent()) {
      EncryptionConfig on = config.get();
      String scope = on.scope().orElseGet(() -> sql.journals().installation().toString());
      for (DataType type : on.dataTypes()) {
        sealings.put(type, new EntrySealing(on, keys.get(), new Binding(scope, type)));
      }
    }
    return new Sealings(config, keys, sql, clock, sealings);
  }

  /** Returns what encrypts the entries of a type of data. */
  public Sealing of(DataType type) {
    EntrySealing sealing = sealings.get(type);
    return sealing == null ? Sealing.NONE : sealing;
  }

  /**
   * Returns the encryption as callers see it.
   *
   * @param store the entries of AGENT_STATE
   * @param rows their rows
   * @param flush waits until all entries have rows
   */
  public Encryption encryption(TieredStore store, StateStore rows, Runnable flush) {
    EntrySealing sealing = sealings.get(DataType.AGENT_STATE);
    Optional<EntryRotation> rotation =
        sealing == null || keys.isEmpty()
            ? Optional.empty()
            : Optional.of(new EntryRotation(sealing, keys.get(), store, rows, flush, clock));
    return new EngineEncryption(config, keys, sql.dataKeys(), rotation);
  }

  /** Whether any type of data is encrypted. */
  public boolean areOn() {
    return keys.isPresent();
  }

  /** Compares the data keys in memory with PostgreSQL, which other processes may have changed. */
  public void compareKeys() {
    keys.ifPresent(DataKeys::compare);
  }

  /** Returns what an operator should know. */
  public List<String> notices() {
    return config
        .filter(on -> on.mode() == Mode.MIGRATION)
        .map(
            on ->
                List.of(
                    "encryption: the mode is MIGRATION, so entries that are not encrypted are"
                        + " accepted; call operations().encryption() to rotate"
                        + " Rotation.ofPlaintext(), then set the mode STRICT"))
        .orElse(List.of());
  }
}
