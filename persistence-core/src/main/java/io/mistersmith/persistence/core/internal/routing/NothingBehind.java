package io.mistersmith.persistence.core.internal.routing;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.StateStore;
import io.mistersmith.persistence.spi.StoredKey;
import io.mistersmith.persistence.spi.StoredState;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is behind a bucket whose entries live in KV alone. */
public final class NothingBehind implements StateStore {

  @Override
  public Optional<StoredState> find(StateKey key) {
    return Optional.empty();
  }

  @Override
  public Map<StateKey, StoredState> findAll(Collection<StateKey> keys) {
    return Map.of();
  }

  @Override
  public List<StoredState> findByAgent(String agent, String prefix) {
    return List.of();
  }

  @Override
  public List<StoredKey> keys(String agent, String prefix) {
    return List.of();
  }

  @Override
  public Map<StateKey, String> checksums(Collection<StateKey> keys) {
    return Map.of();
  }

  @Override
  public List<StateKey> orphans(int limit) {
    return List.of();
  }

  @Override
  public int removeOrphans(Collection<StateKey> keys) {
    return 0;
  }

  @Override
  public long count() {
    return 0;
  }

  @Override
  public int sweep(Duration retention) {
    return 0;
  }
}
