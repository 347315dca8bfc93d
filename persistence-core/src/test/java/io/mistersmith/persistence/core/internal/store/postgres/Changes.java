package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.spi.StateChange;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** Makes changes for tests. */
final class Changes {

  static final Instant WRITTEN = Instant.parse("2026-03-01T10:00:00.123456Z");

  private Changes() {}

  static StateChange put(UUID agent, String key, String json, long epoch, long sequence) {
    return put(StateKey.of(agent, key), json.getBytes(StandardCharsets.UTF_8), epoch, sequence);
  }

  static StateChange put(StateKey key, byte[] value, long epoch, long sequence) {
    return new StateChange(
        "$KV.TEST." + key.agent() + "." + key.key(),
        Optional.of(key),
        Operation.PUT,
        value,
        new Revision(epoch, sequence),
        WRITTEN,
        Optional.empty());
  }

  static StateChange delete(UUID agent, String key, long epoch, long sequence) {
    StateKey stateKey = StateKey.of(agent, key);
    return new StateChange(
        "$KV.TEST." + stateKey.agent() + "." + stateKey.key(),
        Optional.of(stateKey),
        Operation.DELETE,
        new byte[0],
        new Revision(epoch, sequence),
        WRITTEN,
        Optional.empty());
  }
}
