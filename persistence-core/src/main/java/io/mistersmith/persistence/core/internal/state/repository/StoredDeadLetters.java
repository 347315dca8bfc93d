package io.mistersmith.persistence.core.internal.state.repository;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.operations.DeadLetters;
import io.mistersmith.persistence.operations.DeadLetters.DeadLetter;
import io.mistersmith.persistence.spi.sql.DeadLetterStore;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The dead letters of the durable store. */
public final class StoredDeadLetters implements DeadLetters {

  private static final int PAGE = 200;

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
  public Replay replayAll(Filter filter) {
    long replayed = 0;
    long refused = 0;
    Optional<PersistenceException> first = Optional.empty();
    List<DeadLetter> page = store.page(filter, Optional.empty(), PAGE);
    while (!page.isEmpty()) {
      List<UUID> ids = page.stream().map(DeadLetter::id).toList();
      for (DataResult<Boolean> result : store.replayAll(ids).values()) {
        PersistenceException failure = result.failure().orElse(null);
        if (failure == null) {
          replayed += result.orElseThrow() ? 1 : 0;
        } else if (failure.error() != DataError.NOT_FOUND) {
          refused++;
          first = first.or(() -> Optional.of(failure));
        }
      }
      page = store.page(filter, Optional.of(page.get(page.size() - 1)), PAGE);
    }
    return new Replay(replayed, refused, first);
  }

  @Override
  public boolean replay(UUID id) {
    return store.replay(id);
  }
}
