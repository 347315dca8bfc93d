package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.operations.Advice;
import io.mistersmith.persistence.spi.sql.AdviceStore;
import java.util.List;
import java.util.UUID;

/** The advice of the durable store. */
public final class StoredAdvice implements Advice {

  private final AdviceStore store;

  /** The advice of {@code store}. */
  public StoredAdvice(AdviceStore store) {
    this.store = store;
  }

  @Override
  public List<IndexFinding> indexes() {
    return store.indexes();
  }

  @Override
  public List<MissingIndex> missingIndexes() {
    store.recommend();
    return store.missing();
  }

  @Override
  public String implement(UUID recommendation) {
    return store.implement(recommendation);
  }

  @Override
  public void reject(UUID recommendation) {
    if (!store.reject(recommendation)) {
      throw new NonTransientPersistenceException(
          DataError.NOT_FOUND,
          "reject recommendation "
              + recommendation
              + ": it is not pending; missingIndexes() lists those that are");
    }
  }

  @Override
  public List<SlowStatement> slowStatements(int most) {
    if (most < 1) {
      throw new IllegalArgumentException("most is " + most + ": use 1 or more");
    }
    return store.slowStatements(most);
  }
}
