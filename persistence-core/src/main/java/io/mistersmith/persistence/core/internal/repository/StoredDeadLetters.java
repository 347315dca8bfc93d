package io.mistersmith.persistence.core.internal.repository;

import io.mistersmith.persistence.repository.DeadLetter;
import io.mistersmith.persistence.repository.DeadLetters;
import io.mistersmith.persistence.spi.DeadLetterStore;
import java.util.List;
import java.util.UUID;

/** The dead letters of the durable store. */
public final class StoredDeadLetters implements DeadLetters {

  private final DeadLetterStore store;

  /** Those of {@code store}. */
  public StoredDeadLetters(DeadLetterStore store) {
    this.store = store;
  }

  @Override
  public List<DeadLetter> open(int limit) {
    return store.open(limit);
  }

  @Override
  public long count() {
    return store.count();
  }

  @Override
  public boolean replay(UUID id) {
    return store.replay(id);
  }
}
