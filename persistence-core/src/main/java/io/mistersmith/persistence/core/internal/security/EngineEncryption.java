package io.mistersmith.persistence.core.internal.security;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.security.Encryption;
import io.mistersmith.persistence.security.EncryptionConfig;
import io.mistersmith.persistence.security.EncryptionConfig.Mode;
import io.mistersmith.persistence.spi.sql.DataKeyStore;
import java.util.Optional;
import java.util.function.Consumer;

/** The encryption of the open engine. Thread-safe. */
final class EngineEncryption implements Encryption {

  private final Optional<EncryptionConfig> config;
  private final Optional<DataKeys> keys;
  private final DataKeyStore store;
  private final Optional<EntryRotation> rotation;

  EngineEncryption(
      Optional<EncryptionConfig> config,
      Optional<DataKeys> keys,
      DataKeyStore store,
      Optional<EntryRotation> rotation) {
    this.config = config;
    this.keys = keys;
    this.store = store;
    this.rotation = rotation;
  }

  @Override
  public Optional<Mode> mode() {
    return config.map(EncryptionConfig::mode);
  }

  @Override
  public Rotation rotate(Rotation from, Consumer<Rotation> progress) {
    return rotation
        .orElseThrow(() -> off("rotate data keys", "AGENT_STATE is not encrypted"))
        .run(from, progress);
  }

  @Override
  public int rewrap() {
    return keys.orElseThrow(() -> off("rewrap data keys", "entries are not encrypted")).rewrap();
  }

  @Override
  public int destroy(String subject) {
    int destroyed = store.destroy(subject);
    keys.ifPresent(own -> own.forget(subject));
    return destroyed;
  }

  private static NonTransientPersistenceException off(String what, String why) {
    return new NonTransientPersistenceException(
        DataError.MISCONFIGURED, what + ": " + why + "; set PersistenceConfig.encryption");
  }
}
