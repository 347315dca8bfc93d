package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.security.Encryption;
import io.mistersmith.persistence.security.Encryption.Rotation;
import io.mistersmith.persistence.security.EncryptionConfig;
import io.mistersmith.persistence.security.EncryptionConfig.Mode;
import io.mistersmith.persistence.security.KeyProvider;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How entries are encrypted, from the first key to the destruction of one. */
class EncryptionTest {

  private static final Logger LOG = LoggerFactory.getLogger(EncryptionTest.class);

  @TempDir Path directory;

  private void makeKey() throws IOException {
    byte[] key = new byte[32];
    new SecureRandom().nextBytes(key);
    Path file =
        Files.writeString(directory.resolve("main.key"), Base64.getEncoder().encodeToString(key));
    Path unused = Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  /** Encrypts what was written before, in one runtime with the mode MIGRATION. */
  static Rotation encryptAll(Persistence persistence) {
    Encryption encryption = persistence.operations().encryption();
    return encryption.rotate(
        Rotation.ofPlaintext(),
        progress -> LOG.info("{} entries, {} rewritten", progress.seen(), progress.rewritten()));
  }

  @Test
  void encryptsWhatWasWrittenBefore() throws IOException {
    makeKey();
    InMemoryStores stores = new InMemoryStores();
    PersistenceConfig.Builder config = PersistenceConfig.inMemory();
    StateKey key = StateKey.of(AgentId.external("user 7"), "notes");
    try (Persistence before = Persistence.open(config.build(), stores)) {
      before.states(String.class).save(key, "secret", SaveOptions.unconditional());
    }

    KeyProvider keys = KeyProvider.ofFiles(directory);
    EncryptionConfig.Builder encryption = EncryptionConfig.builder(keys, "main").keyOfEachOwner();
    config.encryption(encryption.mode(Mode.MIGRATION).build());
    try (Persistence migrating = Persistence.open(config.build(), stores)) {
      assertThat(encryptAll(migrating).rewritten()).isEqualTo(1);
    }

    config.encryption(encryption.mode(Mode.STRICT).build());
    try (Persistence strict = Persistence.open(config.build(), stores)) {
      StateRepository<String> states = strict.states(String.class);
      assertThat(states.find(key).orElseThrow().value()).isEqualTo("secret");
      int destroyed = strict.operations().encryption().destroy(key.agent().toString());
      assertThat(destroyed).isEqualTo(1);
    }
  }
}
