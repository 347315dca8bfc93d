package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.operations.Advice.IndexFinding;
import io.mistersmith.persistence.operations.Advice.MissingIndex;
import io.mistersmith.persistence.operations.Advice.SlowStatement;
import java.util.List;
import java.util.UUID;

/**
 * What the database's statistics say about indexes and statements. Where the set of migrations is
 * not applied that a call needs, it fails as {@code MISCONFIGURED}. Thread-safe unless it is bound
 * to a unit. See {@link io.mistersmith.persistence.operations.Advice}.
 */
public interface AdviceStore {

  /** Returns indexes that cost more than they help, the largest first. */
  @SqlAccess.Read
  List<IndexFinding> indexes();

  /** Adds recommendations of what is missing now, and retires those that are no longer needed. */
  void recommend();

  /** Returns the pending recommendations, the oldest first. */
  @SqlAccess.Read
  List<MissingIndex> missing();

  /**
   * Builds a recommended index while others write, and keeps the outcome. Does nothing where it is
   * built. May take hours.
   *
   * @return the index's name, in its table's schema
   * @throws IllegalStateException in a unit: an index is not built within a transaction
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code NOT_FOUND}
   *     when there is no such recommendation, or it was rejected
   */
  String implement(UUID recommendation);

  /**
   * Rejects a recommendation.
   *
   * @return false when it is not pending
   */
  boolean reject(UUID recommendation);

  /**
   * Returns the statements that take longest on average, the slowest first.
   *
   * @param most how many at most
   */
  @SqlAccess.Read
  List<SlowStatement> slowStatements(int most);
}
