package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;

/** Makes changes for tests. */
final class Changes {

  static final Instant WRITTEN = Instant.parse("2026-03-01T10:00:00.123456Z");

  private Changes() {}

  static StateChange put(AgentId agent, String key, String json, long epoch, long sequence) {
    return put(StateKey.of(agent, key), json.getBytes(StandardCharsets.UTF_8), epoch, sequence);
  }

  static StateChange put(StateKey key, byte[] value, long epoch, long sequence) {
    return new StateChange(
        "$KV.TEST." + key.agent() + "." + key.key(),
        Optional.of(key),
        Operation.PUT,
        value,
        new Revision.OfJournal(epoch, sequence),
        WRITTEN,
        Optional.empty());
  }

  static StateChange delete(AgentId agent, String key, long epoch, long sequence) {
    StateKey stateKey = StateKey.of(agent, key);
    return new StateChange(
        "$KV.TEST." + stateKey.agent() + "." + stateKey.key(),
        Optional.of(stateKey),
        Operation.DELETE,
        new byte[0],
        new Revision.OfJournal(epoch, sequence),
        WRITTEN,
        Optional.empty());
  }
}
