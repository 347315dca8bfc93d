package io.mistersmith.persistence.core.internal.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.codec.Sealing.Part;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.security.EncryptionConfig;
import io.mistersmith.persistence.security.EncryptionConfig.Mode;
import io.mistersmith.persistence.security.KeyProvider;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.DataKeyStore;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EntrySealingTest {

  private static final byte[] JSON = "{\"a\":1}".getBytes(StandardCharsets.UTF_8);
  private static final AgentId OWNER = AgentId.external("user 7");

  private final ManualClock clock = ManualClock.create();
  private final Stores stores =
      new InMemoryStores().open(PersistenceConfig.inMemory().clock(clock).build());
  private final DataKeyStore rows = stores.sql().dataKeys();

  @AfterEach
  void close() {
    stores.close();
  }

  private EntrySealing sealing(DataType type, Mode mode) {
    EncryptionConfig config =
        EncryptionConfig.builder(KeyProvider.inMemory(Map.of("m", new byte[32])), "m")
            .keyOfEachOwner()
            .mode(mode)
            .build();
    return new EntrySealing(config, new DataKeys(config, rows, clock), new Binding("s", type));
  }

  private static void assertUnreadable(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            NonTransientPersistenceException.class,
            e -> {
              assertThat(e.error()).isEqualTo(DataError.UNREADABLE);
              assertThat(e.getMessage()).contains("user 7");
            });
  }

  @Test
  void twoWritesOfOneValueAreDifferent() {
    EntrySealing sealing = sealing(DataType.AGENT_STATE, Mode.STRICT);
    StateKey key = StateKey.of(OWNER, "k");
    byte[] one = sealing.seal(key, JSON);

    assertThat(sealing.seal(key, JSON)).isNotEqualTo(one);
    assertThat(sealing.open(key, one)).isEqualTo(JSON);
  }

  @Test
  void ownersThatAreNobodyShareAKey() {
    byte[] unusedResult =
        sealing(DataType.QUERY_CACHE, Mode.STRICT).seal(StateKey.of(OWNER, "k"), JSON);
    byte[] unusedCopy =
        sealing(DataType.SESSION_DATA, Mode.STRICT)
            .seal(new StateKey(OWNER, "_session", "copy"), JSON);
    assertThat(rows.newest(OWNER.toString())).isEmpty();
    assertThat(rows.newest(EncryptionConfig.SHARED)).isPresent();

    byte[] unusedState =
        sealing(DataType.SESSION_DATA, Mode.STRICT).seal(StateKey.of(OWNER, "k"), JSON);
    assertThat(rows.newest(OWNER.toString())).isPresent();
  }

  @Test
  void descriptionsOfLargeValuesStayReadable() {
    StateKey key = StateKey.of(OWNER, "k").withType(StateKey.LARGE);
    EntrySealing sealing = sealing(DataType.AGENT_STATE, Mode.STRICT);

    assertThat(sealing.seal(key, JSON)).isEqualTo(JSON);
    assertThat(sealing.open(key, JSON)).isEqualTo(JSON);
  }

  @Test
  void aPartStandsForNoOther() {
    StateKey key = StateKey.of(OWNER, "k");
    EntrySealing strict = sealing(DataType.AGENT_STATE, Mode.STRICT);
    UUID content = UUID.randomUUID();
    byte[] first = strict.sealPart(key, new Part(content, 0, false), JSON);

    assertThat(first).hasSize(JSON.length + strict.partOverhead());
    assertThat(strict.openPart(key, new Part(content, 0, false), first)).isEqualTo(JSON);
    assertUnreadable(() -> strict.openPart(key, new Part(content, 1, false), first));
    assertUnreadable(() -> strict.openPart(key, new Part(content, 0, true), first));
    assertUnreadable(() -> strict.openPart(key, new Part(content, 0, false), JSON));
    EntrySealing migrating = sealing(DataType.AGENT_STATE, Mode.MIGRATION);
    assertThat(migrating.openPart(key, new Part(content, 0, false), JSON)).isEqualTo(JSON);
    assertUnreadable(() -> migrating.openPart(key, new Part(content, 1, false), first));
  }
}
